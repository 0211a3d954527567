"""Verbs of case studies."""

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub import audit
from hub.actions.common import made_once, refused_as
from hub.actions.documents import save_at_free_address
from hub.exceptions import Conflict, Invalid, NotAllowed
from hub.models import OldSlug
from hub.tasks import deliver_outbox
from hub.text import markdown
from hub.wake import wake
from playbooks import emails
from playbooks.models import CaseChannel, CaseMeasure, CaseStudy
from playbooks.models.case import PARTS
from playbooks.permissions import (
    check_can_curate_cases,
    check_can_publish_case,
    check_can_tell_case,
    check_can_tell_for,
    check_can_write_case,
)
from playbooks.tasks import CASE, reindex_case
from playbooks.workflow import CASE_TRANSITIONS, CaseStatus
from policies import clock
from spokes.models import Platform

LINES = {"title": 160, "summary": 400, "organisation": 120, "licence": 80, "author": 200, "source_url": 400}
MEASURE = {"what": 120, "before": 40, "after": 40, "unit": 40, "period": 60}
LONGEST_TEXT = 20_000
MOST_MEASURES = 12
OLDEST_YEAR = 1990
# What stands beside the text: staff put it right at any time. The text itself changes only while nobody reads it.
PLAIN = {"title", "summary", "topic", "year", "language", "spoke", "organisation", "source_url", "licence", "author"}
TEXT = {*PARTS, "measures"}
SETS = {"playbooks", "platforms", "audiences"}
# An address that the pages themselves use.
RESERVED = {"new"}


@transaction.atomic
def create_case(*, title, slug="", form_token=None, text_of=(), propose=False, by, **fields):
    """A new draft. `fields` are as in `save_case`; `text_of` are others whose text it is, who do not publish it either.

    The same `form_token` again writes to the draft that it made. `propose` hands it to the hub at once.
    """
    check_can_tell_case(by)
    case, is_new = made_once(
        lambda: _told_before(form_token, by),
        lambda: _create(title, slug, form_token, text_of, propose, fields, by),
    )
    if is_new:
        return case
    case = _locked(case)
    return save_case(case=case, lock=case.lock, title=title, by=by, **fields)


def _told_before(form_token, by):
    return CaseStudy.objects.filter(form_token=form_token, created_by=by).first() if form_token else None


def _create(title, slug, form_token, text_of, propose, fields, by):
    case = CaseStudy(created_by=by, form_token=form_token)
    fields = {"year": clock.today().year, **fields, "title": title}
    _fill(case, fields)
    if fields.get("spoke") is not None:
        check_can_tell_for(by, fields["spoke"])
    if slug:
        _check_address(case, slug)
        _save_at(case, slug)
    else:
        save_at_free_address(case, _address(case.title), kind=CASE)
    _store_rows(case, fields)
    case.contributors.add(by, *text_of)
    audit.record("created", case, by=by)
    return propose_case(case=case, lock=case.lock, by=by) if propose else case


def _address(title):
    wanted = slugify(title)[:100].strip("-_") or "case"
    return f"{wanted}-case" if wanted in RESERVED else wanted


@transaction.atomic
def save_case(*, case, lock, by, **fields):
    """Writes to a draft: any plain field, challenge, approach and results as Markdown, and whole lists:

    `measures` (dicts with what, before, after, unit, period), `playbooks`, `platforms`, and for staff `audiences`.
    What was proposed goes back to its authors with this. Raises Conflict if somebody saved since `lock`.
    """
    case = _locked(case)
    check_can_write_case(by, case)
    if case.lock != lock:
        raise Conflict(
            _("Somebody else saved this case study while you were writing. Nothing of yours is lost: it is below."),
            theirs=case,
        )
    if fields.get("spoke") is not None and fields["spoke"] != case.spoke:
        check_can_tell_for(by, fields["spoke"])
    if "audiences" in fields:
        check_can_curate_cases(by)
    _fill(case, fields)
    voided = case.status == CaseStatus.PROPOSED
    if voided:
        _back_to_draft(case)
    case.lock += 1
    case.save()
    _store_rows(case, fields)
    case.contributors.add(by)
    audit.record("saved", case, by=by, **({"voided": "proposed"} if voided else {}))
    return case


@transaction.atomic
def change_case(*, case, slug=None, by, **changes):
    """Staff put right what stands beside the text, also while it is read. A renamed address goes on leading here."""
    check_can_curate_cases(by)
    if changes.keys() - PLAIN - SETS:
        raise TypeError(f"not beside the text of a case study: {sorted(changes.keys() - PLAIN - SETS)}")
    case = _locked(case)
    before = _plain_values(case)
    _fill(case, changes)
    if not case.is_open:
        _check_is_complete(case)
    if slug and slug != case.slug:
        _check_address(case, slug)
        OldSlug.objects.filter(kind=CASE, slug=slug).delete()
        OldSlug.objects.create(kind=CASE, slug=case.slug, object_id=case.pk)
    _save_at(case, slug or case.slug)
    _store_rows(case, changes)
    after = _plain_values(case)
    details = {name: [before[name], value] for name, value in after.items() if value != before[name]}
    if details:
        audit.record("changed", case, by=by, **details)
        wake(reindex_case, case.pk)
    return case


def _plain_values(case):
    values = {name: str(getattr(case, name)) for name in [*PLAIN, "slug"]}
    values["platforms"] = sorted(case.channels.values_list("platform", flat=True))
    return values | {name: sorted(map(str, getattr(case, name).all())) for name in ("playbooks", "audiences")}


@transaction.atomic
def propose_case(*, case, lock, by):
    """Hands it to the hub; those who may publish it get a message."""
    case = _locked(case)
    check_can_write_case(by, case)
    _check_moves(case, CaseStatus.PROPOSED)
    _check_lock(case, lock)
    _check_is_complete(case)
    case.status, case.proposed_by, case.proposed_at = CaseStatus.PROPOSED, by, timezone.now()
    case.save()
    case.contributors.add(by)
    audit.record("proposed", case, by=by)
    emails.case_proposed(case)
    wake(deliver_outbox)
    return case


@transaction.atomic
def return_case(*, case, comment, by):
    """Gives it back to its authors, with what should change."""
    check_can_curate_cases(by)
    case = _locked(case)
    if case.status != CaseStatus.PROPOSED:
        raise NotAllowed(_standing(case))
    comment = markdown.clean(comment or "").strip()
    if not comment:
        raise Invalid(_("Say what should change, so that the authors can go on."), field="comment")
    _back_to_draft(case)
    case.save()
    audit.record("returned", case, by=by, comment=comment)
    return case


@transaction.atomic
def publish_case(*, case, lock, by):
    """A second pair of eyes; readers get it at once. `lock` is that of the text that was read."""
    case = _locked(case)
    _check_moves(case, CaseStatus.PUBLISHED)
    if case.status != CaseStatus.PROPOSED:
        raise NotAllowed(_standing(case))
    check_can_publish_case(by, case)
    _check_lock(case, lock)
    _check_is_complete(case)
    case.status, case.published_by, case.published_at = CaseStatus.PUBLISHED, by, timezone.now()
    case.save()
    audit.record("published", case, by=by)
    wake(reindex_case, case.pk)
    return case


@transaction.atomic
def retire_case(*, case, reason, by):
    """It leaves the lists and the search; its address says why, and still shows it."""
    check_can_curate_cases(by)
    case = _locked(case)
    _check_moves(case, CaseStatus.RETIRED)
    reason = " ".join(markdown.clean(reason or "").split())
    if not reason:
        raise Invalid(_("Say why, for those who come by an old link."), field="reason")
    if len(reason) > 400:
        raise Invalid(_("Say it in at most 400 characters."), field="reason")
    case.status, case.retired_reason = CaseStatus.RETIRED, reason
    case.save()
    audit.record("retired", case, by=by, reason=reason)
    wake(reindex_case, case.pk)
    return case


@transaction.atomic
def bring_back_case(*, case, by):
    """A retired one is shown again, with the text that was published."""
    check_can_curate_cases(by)
    case = _locked(case)
    if case.status != CaseStatus.RETIRED:
        raise NotAllowed(_standing(case))
    case.status, case.retired_reason = CaseStatus.PUBLISHED, ""
    case.save()
    audit.record("brought back", case, by=by)
    wake(reindex_case, case.pk)
    return case


@transaction.atomic
def rewrite_case(*, case, by):
    """Takes it from the readers, back to a draft: its text can change, and is published again by somebody else."""
    check_can_curate_cases(by)
    case = _locked(case)
    if case.is_open:
        raise NotAllowed(_standing(case))
    _back_to_draft(case)
    case.retired_reason = ""
    case.published_by = case.published_at = None
    case.save()
    audit.record("taken back", case, by=by)
    wake(reindex_case, case.pk)
    return case


@transaction.atomic
def record_case(*, title, slug, written_by, published_by, published_at, by, **fields):
    """Enters a case study that was published before the portal held it; `published_at` is an instant."""
    check_can_curate_cases(by)
    case = CaseStudy(created_by=written_by)
    _fill(case, {"title": title, **fields})
    _check_address(case, slug)
    _save_at(case, slug)
    _store_rows(case, fields)
    case.contributors.add(written_by)
    check_can_publish_case(published_by, case)
    _check_is_complete(case)
    case.status, case.published_by, case.published_at = CaseStatus.PUBLISHED, published_by, published_at
    case.proposed_by, case.proposed_at = written_by, published_at
    case.save()
    CaseStudy.objects.filter(pk=case.pk).update(created_at=published_at)
    audit.record("entered from before", case, by=by, published_at=published_at.isoformat())
    wake(reindex_case, case.pk)
    return case


def _locked(case):
    return CaseStudy.objects.select_for_update(of=("self",)).select_related("spoke", "topic").get(pk=case.pk)


def _back_to_draft(case):
    case.status = CaseStatus.DRAFT
    case.proposed_by = case.proposed_at = None


def _check_moves(case, status):
    if status not in CASE_TRANSITIONS[case.status]:
        raise NotAllowed(_standing(case))


def _check_lock(case, lock):
    if case.lock != lock:
        raise Conflict(_("The text changed while you were looking at it. Please look again."), theirs=case)


def _standing(case):
    return {
        CaseStatus.DRAFT: _("This case study is a draft. Its authors have not proposed it yet."),
        CaseStatus.PROPOSED: _("This case study has been proposed already."),
        CaseStatus.PUBLISHED: _("This case study has been published already."),
        CaseStatus.RETIRED: _("This case study has been retired."),
    }[case.status]


def _fill(case, fields):
    """Puts values in, cleaned and checked. A draft may lack anything but its title."""
    if fields.keys() - PLAIN - TEXT - SETS:
        raise TypeError(f"A case study has no field {sorted(fields.keys() - PLAIN - TEXT - SETS)}")
    for name in PLAIN & fields.keys():
        value = fields[name]
        value = " ".join(markdown.clean(value).split()) if isinstance(value, str) else value
        if isinstance(value, str) and len(value) > LINES.get(name, 12):
            raise Invalid(_("At most %(n)d characters, please.") % {"n": LINES.get(name, 12)}, field=name)
        setattr(case, name, value)
    for name in PARTS.keys() & fields.keys():
        text = markdown.clean(fields[name] or "").strip()
        if len(text) > LONGEST_TEXT:
            raise Invalid(_("This is very long. Keep it under 20,000 characters."), field=name)
        setattr(case, name, text)
        setattr(case, f"{name}_html", part_html(name, text))
    _check_plain(case)


def _check_plain(case):
    if not case.title:
        raise Invalid(_("Give it a title: what was done, and what came of it."), field="title")
    if case.year is not None and not OLDEST_YEAR <= case.year <= clock.today().year:
        raise Invalid(
            _("Choose a year from %(first)d to %(last)d.") % {"first": OLDEST_YEAR, "last": clock.today().year},
            field="year",
        )
    if not case.language:
        raise Invalid(_("Say in which language it is written."), field="language")
    if case.spoke is not None and case.organisation:
        raise Invalid(
            _("It is either a department's of ours or another organisation's. Leave one of them out."),
            field="organisation",
        )
    if case.source_url and not case.source_url.startswith(("https://", "http://")):
        raise Invalid(_("An address begins with https://."), field="source_url")


def _check_is_complete(case):
    """Refuses what is not ready for other eyes."""
    if not case.summary:
        raise Invalid(_("Say in a sentence or two what was tried, and what came of it."), field="summary")
    if case.topic_id is None:
        raise Invalid(_("Choose a topic, so that others find it."), field="topic")
    if case.year is None:
        raise Invalid(_("Say in which year it was."), field="year")
    if case.spoke_id is None and not case.organisation:
        raise Invalid(_("Say whose experience it is: a department, or another organisation."), field="spoke")
    if case.organisation and not case.source_url:
        raise Invalid(_("Say where it was published, so that readers can look for themselves."), field="source_url")
    if case.organisation and not case.licence:
        raise Invalid(
            _("Say under which licence, or “link only” where you wrote the summary yourself."), field="licence"
        )
    missing = next((name for name in PARTS if not getattr(case, name)), None)
    if missing:
        sentences = {
            "challenge": _("Say what the difficulty was."),
            "approach": _("Say what you did about it."),
            "results": _("Say what came of it, also if it did not work."),
        }
        raise Invalid(sentences[missing], field=missing)


def part_html(name, text):
    return markdown.render(text, heading_level=3, anchor_prefix=f"in-{name}") if text else ""


def checked_measures(rows):
    """The rows that say something, cleaned. Raises Invalid, whose `field` is "measure-<n>-<part>"."""
    found = []
    for number, row in enumerate(rows, start=1):
        row = {name: " ".join(markdown.clean(row.get(name) or "").split()) for name in MEASURE}
        if not any(row.values()):
            continue
        for name, longest in MEASURE.items():
            if len(row[name]) > longest:
                sentence = _("At most %(n)d characters, please.") % {"n": longest}
                raise Invalid(sentence, field=f"measure-{number}-{name}")
        if not row["what"]:
            raise Invalid(_("Say what was measured."), field=f"measure-{number}-what")
        if not row["after"]:
            raise Invalid(_("Say how much it was afterwards."), field=f"measure-{number}-after")
        found.append(row)
    if len(found) > MOST_MEASURES:
        raise Invalid(_("At most %(n)d measures: choose those that tell most.") % {"n": MOST_MEASURES})
    return found


def _store_rows(case, fields):
    if fields.get("measures") is not None:
        rows = checked_measures(fields["measures"])
        case.measures.all().delete()
        CaseMeasure.objects.bulk_create(CaseMeasure(case=case, number=n, **row) for n, row in enumerate(rows, start=1))
    if fields.get("platforms") is not None:
        unknown = set(fields["platforms"]) - set(Platform.values)
        if unknown:
            raise Invalid(_("There is no channel “%(name)s”.") % {"name": sorted(unknown)[0]}, field="platforms")
        case.channels.all().delete()
        CaseChannel.objects.bulk_create(
            CaseChannel(case=case, platform=one) for one in sorted(set(fields["platforms"]))
        )
    for name in ("playbooks", "audiences"):
        if fields.get(name) is not None:
            getattr(case, name).set(fields[name])


def _save_at(case, slug):
    """Stores it; whoever takes an address at the same moment as somebody else reads that it is taken."""
    case.slug = slug
    with refused_as(lambda: _check_address(case, slug)):
        case.save()


def _check_address(case, slug):
    if slug != slugify(slug) or slug in RESERVED:
        raise Invalid(_("An address holds small letters, figures and hyphens only."), field="slug")
    taken = CaseStudy.objects.filter(slug=slug).exclude(pk=case.pk).exists()
    if taken or OldSlug.objects.filter(kind=CASE, slug=slug).exclude(object_id=case.pk or 0).exists():
        raise Invalid(_("Another case study has, or had, this address. Choose another."), field="slug")
