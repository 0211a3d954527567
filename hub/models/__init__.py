from .announcement import Announcement
from .audit import AuditEvent
from .calendar import WorkCalendar
from .feed_token import FeedToken
from .follow import Follow
from .imported_document import ImportedDocument, ImportStatus
from .jobs import JobRun
from .letter import LetterRun
from .outbox import OutboxMessage, Preference
from .part_change import ChangeKind, PartChange
from .redline import StoredRedline
from .review import CommentState, DraftComment, DraftReview
from .search import SearchAudience, SearchEntry, SearchSynonym, SearchWord
from .searches import SearchCount, SearchGap, SearchWish
from .service import Mode, Service
from .topic import OldSlug, Topic
from .user import Role, User

__all__ = [
    "Announcement",
    "AuditEvent",
    "ChangeKind",
    "CommentState",
    "DraftComment",
    "DraftReview",
    "FeedToken",
    "Follow",
    "ImportStatus",
    "ImportedDocument",
    "JobRun",
    "LetterRun",
    "Mode",
    "OldSlug",
    "OutboxMessage",
    "PartChange",
    "Preference",
    "Role",
    "SearchAudience",
    "SearchCount",
    "SearchEntry",
    "SearchGap",
    "SearchSynonym",
    "SearchWish",
    "SearchWord",
    "Service",
    "StoredRedline",
    "Topic",
    "User",
    "WorkCalendar",
]
