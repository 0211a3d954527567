"""The text of a new version from a document that was brought along."""

from django.db import transaction
from django.utils.translation import gettext as _

from hub.actions.documents import keep_text, read_and_locked, take
from hub.exceptions import Conflict, Invalid
from hub.models import User
from policies.models import Clause
from policies.permissions import check_can_curate_policies
from policies.tasks import KIND

from .common import locked
from .review import bring_comments
from .text import content_hash
from .version import save_draft, start_version


def baseline(policy):
    """The clauses whose keys a new text may continue: those readers have, and those of a version being written.

    A clause that both have is the readers' one, so that what was published never gets another key. Three queries.
    """
    published = policy.versions.baseline()
    writing = policy.versions.open().first()
    clauses = list(
        Clause.objects.filter(version__in=[one for one in (published, writing) if one]).with_groups().order_by("number")
    )
    if published is None:
        return clauses
    found = [clause for clause in clauses if clause.version_id == published.pk]
    keys, before = [clause.key for clause in found], None
    for clause in clauses:
        if clause.version_id == published.pk:
            continue
        if clause.key not in keys:
            place = keys.index(before) + 1 if before in keys else 0
            found.insert(place, clause)
            keys.insert(place, clause.key)
        before = clause.key
    return found


@transaction.atomic
def import_version(*, policy, document, clauses, base, lock=None, change_note=None, on_whole=(), by):
    """A document that was read becomes the text of a new draft, or takes the place of what the open version says.

    `clauses` are dicts with key, force, heading, body, audiences where it is a text of our own that was kept, and the
    file's comments that come along with them, as those `on_whole` do (see `hub.actions.margin`); what came of them the
    version says as `brought`. `base` is `content_hash(baseline(policy))` of the clauses they were matched to; `lock` is
    that of the open version whose text it shall replace, None where none was open. A text that is replaced is kept for
    a week as if it had been uploaded. Whoever brought the file is one of the version's writers; so is, when a kept
    text comes back, everybody who had written that.

    Raises Conflict when the policy's text changed meanwhile, or a version is open and `lock` does not name its text;
    Invalid; NotAllowed.
    """
    check_can_curate_policies(by)
    policy = locked(policy.pk)
    document = read_and_locked(document)
    if not clauses:
        raise Invalid(_("Take at least one part."))
    if content_hash(baseline(policy)) != base:
        raise Conflict(_("The policy's text changed while you were choosing. Please look again."))
    version = policy.versions.open().first()
    if version is not None and version.lock != lock:
        raise Conflict(
            _("Somebody started a new version or saved it while you were choosing. Please look again.")
            if lock is not None or version.clauses.exists()
            else _("A new version is open already. Say whether its text shall be replaced."),
            theirs=version,
        )
    if version is None:
        version = start_version(policy=policy, by=by)
    elif version.clauses.exists():
        _keep(policy, version, by)
    version = save_draft(
        version=version,
        clauses=clauses,
        lock=version.lock,
        change_note=change_note,
        text_of=[document.uploaded_by, *User.objects.filter(pk__in=document.document.get("written_by", []))],
        by=by,
    )
    version.brought = bring_comments(version=version, drafts=clauses, on_whole=on_whole, by=by)
    take(document, KIND, policy, by=by)
    return version


def _keep(policy, version, by):
    parts = [
        {
            "key": clause.key,
            "heading": clause.heading,
            "body": clause.body,
            "level": 2,
            "carried_key": clause.key,
            "force": clause.force,
            "audiences": [group.pk for group in clause.groups],
        }
        for clause in version.clauses.with_groups()
    ]
    text = {
        "title": policy.title,
        "summary": policy.summary,
        "language": policy.language,
        "kind": "markdown",
        "front_matter": {"slug": policy.slug},
        "written_by": list(version.contributors.order_by("pk").values_list("pk", flat=True)),
        "warnings": [
            _("This is the text that version %(n)d had before another file replaced it.") % {"n": version.number}
        ],
        "parts": parts,
    }
    name = _("%(title)s, version %(n)d before it was replaced") % {"title": policy.title, "n": version.number}
    keep_text(name=name, text=text, target=KIND, version_of=policy.pk, by=by)
