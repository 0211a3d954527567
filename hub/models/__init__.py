from .announcement import Announcement
from .audit import AuditEvent
from .calendar import WorkCalendar
from .feed_token import FeedToken
from .imported_document import ImportedDocument, ImportStatus
from .jobs import JobRun
from .letter import LetterRun
from .outbox import OutboxMessage, Preference
from .search import SearchAudience, SearchEntry, SearchWord
from .service import Mode, Service
from .topic import OldSlug, Topic
from .user import Role, User

__all__ = [
    "Announcement",
    "AuditEvent",
    "FeedToken",
    "ImportStatus",
    "ImportedDocument",
    "JobRun",
    "LetterRun",
    "Mode",
    "OldSlug",
    "OutboxMessage",
    "Preference",
    "Role",
    "SearchAudience",
    "SearchEntry",
    "SearchWord",
    "Service",
    "Topic",
    "User",
    "WorkCalendar",
]
