from .announcements import publish_announcement
from .catalogue import save_calendar, save_service, save_topic
from .documents import (
    discard_document,
    keep_document,
    make_draft,
    prepared_document,
    prune_documents,
    upload_document,
)
from .feeds import end_feed_token, renew_feed_token
from .following import follow, unfollow
from .people import (
    add_person,
    change_person,
    deactivate_person,
    lock_person,
    reactivate_person,
    set_own_details,
    set_preference,
    set_role,
    set_scheme,
)
from .schedules import change_schedule
from .searches import (
    answer_gap,
    ask_to_be_told,
    count_searches,
    forget_searches,
    merge_gaps,
    reopen_gap,
    set_gap_aside,
)
from .synonyms import delete_synonym, save_synonym

__all__ = [
    "add_person",
    "answer_gap",
    "ask_to_be_told",
    "change_person",
    "change_schedule",
    "count_searches",
    "deactivate_person",
    "delete_synonym",
    "discard_document",
    "end_feed_token",
    "follow",
    "forget_searches",
    "keep_document",
    "lock_person",
    "make_draft",
    "merge_gaps",
    "prepared_document",
    "prune_documents",
    "publish_announcement",
    "reactivate_person",
    "renew_feed_token",
    "reopen_gap",
    "save_calendar",
    "save_service",
    "save_synonym",
    "save_topic",
    "set_gap_aside",
    "set_own_details",
    "set_preference",
    "set_role",
    "set_scheme",
    "unfollow",
    "upload_document",
]
