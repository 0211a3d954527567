"""Slots: how a low app shows what only a higher app knows, without importing it.

The low app declares a slot here; a higher app fills it in `AppConfig.ready()`:

    from hub import slots
    slots.where_used.fill(playbooks_that_cite)

and whoever shows the answer gathers it: `slots.where_used.gather(clause)`. Fillers answer in the order in which
they were filled, which is the order of INSTALLED_APPS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from hub.models import User
    from hub.search import Document

T = TypeVar("T")
Filler = Callable[..., Iterable[T]]


class Slot(Generic[T]):
    """A question that higher apps answer. Each filler takes the slot's arguments and gives items of `returns`."""

    def __init__(self, name: str, *, returns: type[T], doc: str) -> None:
        self.name = name
        self.returns = returns
        self.doc = doc
        self._fillers: list[Filler[T]] = []

    def __repr__(self) -> str:
        return f"<Slot {self.name}: {len(self._fillers)} fillers>"

    def fill(self, function: Filler[T]) -> Filler[T]:
        """Add a filler; usable as a decorator. Raises ValueError if this function is there already."""
        if any(_address(function) == _address(filler) for filler in self._fillers):
            raise ValueError(f"{_address(function)} already fills the slot {self.name}")
        self._fillers.append(function)
        return function

    def gather(self, *args, **kwargs) -> list[T]:
        """Everything every filler gives. Raises TypeError for an item of another type than the slot's."""
        items: list[T] = []
        for filler in self._fillers:
            for item in filler(*args, **kwargs):
                if not isinstance(item, self.returns):
                    raise TypeError(
                        f"{_address(filler)} gave {type(item).__name__} to the slot {self.name}, "
                        f"which holds {self.returns.__name__}"
                    )
                items.append(item)
        return items

    @contextmanager
    def only(self, *functions: Filler[T]) -> Iterator[None]:
        """For tests: within the block these are the only fillers."""
        kept, self._fillers = self._fillers, []
        try:
            for function in functions:
                self.fill(function)
            yield
        finally:
            self._fillers = kept


def _address(function: Callable) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@dataclass(frozen=True)
class SearchSource:
    """One kind of thing that search knows.

    `documents()` gives all that can be found now; `document(object_id)` gives one, or None when it is not
    (or no longer) for readers.
    """

    kind: str
    documents: Callable[[], Iterable[Document]]
    document: Callable[[int], Document | None]


@dataclass(frozen=True)
class Use:
    """A place where a thing is used. `kind` is a word of the glossary, such as "playbook".

    `part` is the permanent key of the clause or section that is used, blank for the thing as a whole.
    """

    kind: str
    title: str
    url: str
    note: str = ""
    part: str = ""


@dataclass(frozen=True)
class Touched:
    """Something that a change of a policy's clauses touches, and who should look at it.

    `about` names it as the outbox does ("playbooks.playbook:12"); `people` are those who answer for it.
    """

    kind: str
    title: str
    url: str
    about: str
    parts: tuple[str, ...]
    people: tuple[User, ...] = ()


@dataclass(frozen=True)
class Panel:
    """A section of a lower app's page that a higher app writes: a heading and lines; `anchor` is its address there."""

    title: str
    anchor: str
    lines: tuple[Use, ...]


@dataclass(frozen=True)
class Presence:
    """A panel that can hold something for a person only if there are such rows. `name` is one word, unique.

    The rows may be more than the panel shows; what matters is that asking for them is cheap, to plan and to run.
    """

    name: str
    rows: QuerySet


@dataclass(frozen=True)
class WaitingItem:
    """Something that waits for one person."""

    kind: str
    title: str
    url: str
    detail: str = ""
    due_on: date | None = None
    is_urgent: bool = False


@dataclass(frozen=True)
class NewsItem:
    """Something new for one person: a line on the home page and in the weekly letter."""

    kind: str
    title: str
    url: str
    at: datetime
    detail: str = ""


@dataclass(frozen=True)
class Followable:
    """A kind of thing that people can follow: what it is called, and those that a reader may see.

    `things(reader)` is a queryset; each has a `get_absolute_url()`, unless `address(thing)` says where it is.
    """

    kind: str
    label: str
    things: Callable[[User], QuerySet]
    address: Callable[[Model], str] | None = None


@dataclass(frozen=True)
class DocumentTarget:
    """A kind of thing that a document from outside can become.

    `likeness(document)` says how much a stored document looks like one (a number, the highest wins);
    `force_of(text)` proposes how strongly a part binds, None where parts have no force; `create` takes title, slug,
    summary, language, topic, owner, parts (dicts with key, heading, body and force), change_note, brought_by (who
    brought the file: a writer of its text, so no second pair of eyes) and by, and returns the new draft's thing;
    where `keeps_comments`, parts may have comments, `create` takes `on_whole` too (see `hub.actions.margin`), and the
    thing says as `brought` how many came along;
    `check_can` raises NotAllowed; `edit_url(pk)` is where its text is written.

    Where a document can also become a new version of what is there, `version_of(pk)` gives that thing's title (None
    if there is no such thing) and `version_url(pk, document_pk)` is where the two texts are brought together.
    """

    kind: str
    label: str
    most_parts: int
    likeness: Callable[[dict], float]
    force_of: Callable[[str], str] | None
    create: Callable[..., Model]
    check_can: Callable[[User], None]
    edit_url: Callable[[int], str]
    version_of: Callable[[int], str | None] | None = None
    version_url: Callable[[int, int], str] | None = None
    keeps_comments: bool = False


@dataclass(frozen=True)
class Feed:
    """Something to subscribe to: its `path` holds the reader's token, `how` says in a sentence how to add it."""

    label: str
    how: str
    path: str


@dataclass(frozen=True)
class AudienceName:
    """What people call a group that an audience can name. `depth` is how far it stands in, in a tree."""

    group_id: int
    label: str
    depth: int = 0


search_documents: Slot[SearchSource] = Slot(
    "search_documents", returns=SearchSource, doc="What search can find. No arguments; one SearchSource a kind."
)
where_used: Slot[Use] = Slot(
    "where_used",
    returns=Use,
    doc="Where a thing (a policy, a playbook, a service) is used. Arguments: the thing, the reader.",
)
touched: Slot[Touched] = Slot(
    "touched",
    returns=Touched,
    doc="What a change of a policy's clauses touches, for staff. Arguments: the policy, the permanent keys.",
)
department_panels: Slot[Panel] = Slot(
    "department_panels",
    returns=Panel,
    doc="What a department's page shows of higher apps. Arguments: the department, the reader; no panel without lines.",
)
presence: Slot[Presence] = Slot(
    "presence", returns=Presence, doc="What a person's panels are known by; see hub.presence. Argument: the person."
)
waiting_items: Slot[WaitingItem] = Slot(
    "waiting_items", returns=WaitingItem, doc="What waits for a person. Argument: the person (hub.User)."
)
news_items: Slot[NewsItem] = Slot(
    "news_items", returns=NewsItem, doc="What is new for a person. Arguments: the person, since when (an instant)."
)
letter_items: Slot[NewsItem] = Slot(
    "letter_items",
    returns=NewsItem,
    doc="News that only the weekly letter tells, as elsewhere it has a page of its own. Arguments: the person, since "
    "when (an instant).",
)
followables: Slot[Followable] = Slot(
    "followables", returns=Followable, doc="What people can follow. No arguments; one a kind."
)
followed_items: Slot[NewsItem] = Slot(
    "followed_items",
    returns=NewsItem,
    doc="What is new about what a person follows, as far as she may read it now; for her weekly letter. Arguments: the "
    "person, since when (an instant).",
)
still_true: Slot[bool] = Slot(
    "still_true",
    returns=bool,
    doc="Whether a message's cause still holds, asked again just before it is sent. Argument: the OutboxMessage; "
    "a filler answers only for its own kinds and otherwise gives nothing.",
)
audience_changed: Slot[tuple] = Slot(
    "audience_changed",
    returns=tuple,
    doc="What follows a change of a thing's audience, such as what else search must write anew. Argument: the thing; "
    "a filler gives (task, its arguments...), and the task is woken after the transaction.",
)
audience_names: Slot[AudienceName] = Slot(
    "audience_names", returns=AudienceName, doc="The audiences there are, in the order to choose from. No arguments."
)
document_targets: Slot[DocumentTarget] = Slot(
    "document_targets", returns=DocumentTarget, doc="What an imported document can become. No arguments; one a kind."
)
feeds: Slot[Feed] = Slot("feeds", returns=Feed, doc="What a person can subscribe to. Argument: her token.")
