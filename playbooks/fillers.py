"""What playbooks and questions tell the rest of the portal, through the hub's slots."""

from datetime import date, datetime, timedelta

from django.db.models import Count, F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub import slots
from hub.prepared import prepared
from hub.presence import may_have
from hub.slots import Feed, NewsItem, Panel, Presence, SearchSource, Touched, Use, WaitingItem
from hub.text.markdown import plain
from playbooks import tasks, workflow
from playbooks.models import (
    Adaptation,
    AdaptedSection,
    Answer,
    CaseStudy,
    Citation,
    Playbook,
    Question,
    Report,
    Revision,
    RevisionComment,
    RevisionReview,
    Run,
    RunStep,
    Suggestion,
)
from playbooks.querysets import faded_before
from policies import clock
from policies.models import Policy
from spokes.models import SocialAccount

MOST_WAITING = 10
MOST_NEWS = 20
MOST_CASES = 12
SOON = timedelta(days=14)
STEP_SOON = timedelta(days=7)
MOST_RUNS = 10


@slots.search_documents.fill
def search_sources():
    yield SearchSource(tasks.PLAYBOOK, tasks.playbook_documents, tasks.playbook_document)
    yield SearchSource(tasks.QUESTION, tasks.question_documents, tasks.question_document)
    yield SearchSource(tasks.CASE, tasks.case_documents, tasks.case_document)
    yield SearchSource(tasks.EXTERNAL, tasks.external_documents, tasks.external_document)


@slots.audience_changed.fill
def questions_follow(thing):
    """A question is found by nobody who may no longer read what it is about."""
    if isinstance(thing, Policy):
        yield tasks.reindex_questions_about, "policy", thing.pk


@slots.where_used.fill
def sections_that_cite(thing, reader):
    """The playbook sections that rest on a policy's clauses, as far as the reader may see them."""
    if not isinstance(thing, Policy):
        return
    for cite in _citing(policy=thing, reader=reader):
        url = cite.playbook.section_url(cite.section_key)
        yield Use(tasks.PLAYBOOK, cite.playbook.title, url, part=cite.clause_key)


@slots.where_used.fill
def playbooks_about(thing, reader):
    """The playbooks for an account's platform that are for the reader."""
    if isinstance(thing, SocialAccount):
        for playbook in _about_platform(platform=thing.platform, reader=reader):
            yield Use(tasks.PLAYBOOK, playbook.title, playbook.get_absolute_url(), note=playbook.duration)


@prepared(shape=lambda platform, reader: (reader.reads_all, faded_before()))
def _about_platform(platform, reader):
    playbooks = Playbook.objects.published().trusted().for_audience_of(reader).filter(platforms__platform=platform)
    return playbooks.only("title", "slug", "minutes").order_by("title", "pk")


@slots.department_panels.fill
def cases_of(spoke, reader):
    """What a department, and those below it, tried and told."""
    cases = CaseStudy.objects.published().for_audience_of(reader).filter(spoke__path__startswith=spoke.path)
    lines = tuple(
        Use(tasks.CASE, case.title, case.get_absolute_url(), note=str(case.year))
        for case in cases.only("title", "slug", "year").order_by("-year", "title", "pk")[:MOST_CASES]
    )
    if lines:
        yield Panel(_("Case studies"), "cases", lines)


@slots.touched.fill
def playbooks_touched(policy, keys):
    """Published playbooks with a section that rests on one of these clauses; their owner and deputy should look."""
    cites = Citation.objects.filter(policy=policy, clause_key__in=keys, playbook__in=Playbook.objects.published())
    found = {}
    for cite in cites.select_related("playbook__owner", "playbook__deputy").order_by("playbook__title", "clause_key"):
        found.setdefault(cite.playbook, []).append(cite.clause_key)
    for playbook, parts in found.items():
        people = tuple(one for one in (playbook.owner, playbook.deputy) if one is not None and one.is_active)
        yield Touched(
            kind=tasks.PLAYBOOK,
            title=playbook.title,
            url=playbook.get_absolute_url(),
            about=f"playbooks.playbook:{playbook.pk}",
            parts=tuple(dict.fromkeys(parts)),
            people=people,
        )


@prepared(shape=lambda policy, reader: reader.reads_all)
def _citing(policy, reader):
    readable = Playbook.objects.published().for_audience_of(reader)
    cites = Citation.objects.filter(policy=policy, playbook__in=readable).select_related("playbook")
    return cites.only("section_key", "clause_key", "playbook__title", "playbook__slug").order_by(
        "playbook__title", "section_key"
    )


@slots.presence.fill
def present(person):
    yield Presence("verifications", Playbook.objects.looked_after_by(person))
    yield Presence("cases", _cases_waiting(person))
    yield Presence("questions", Question.objects.open())
    if person.is_coe_staff:
        yield Presence("reports", Report.objects.awaiting(person))
    if not person.only_reads:
        yield Presence("suggestions", Suggestion.objects.awaiting(person))
    if person.is_coe_staff:
        yield Presence("revision_comments", RevisionComment.objects.awaiting(person))
    yield Presence("thanks", Suggestion.objects.filter(suggested_by=person, status=workflow.SuggestionStatus.ACCEPTED))
    yield Presence("revision_reviews", RevisionReview.objects.awaiting(person))
    yield Presence("answers", Answer.objects.filter(question__asked_by=person).exclude(answered_by=person))
    yield Presence("run_steps", RunStep.objects.open().filter(assignee=person))
    yield Presence(
        "adaptations",
        AdaptedSection.objects.filter(is_behind=True, adaptation__in=Adaptation.objects.kept_by(person)),
    )
    yield Presence("runs", Run.objects.active().kept_by(person))


@slots.waiting_items.fill
def waiting(person):
    yield from _texts(person)
    if may_have(person, "revision_reviews"):
        yield from _reviews(person)
    if may_have(person, "suggestions") and not person.only_reads:
        yield from _suggestions(person)
    if may_have(person, "verifications"):
        yield from _verifications(person)
    if may_have(person, "questions"):
        yield from _questions(person)
    if may_have(person, "reports"):
        yield from _reports(person)
    if may_have(person, "run_steps"):
        yield from _steps(person)
    if may_have(person, "runs"):
        yield from _runs(person)
    if may_have(person, "adaptations"):
        yield from _adaptations(person)
    if may_have(person, "cases"):
        yield from _cases(person)


def _texts(person):
    if not person.is_coe_staff:
        return
    for row in _to_answer_to(person) if may_have(person, "revision_comments") else ():
        yield WaitingItem(
            kind="comments",
            title=_("Answer what readers say about %(title)s") % {"title": row["revision__playbook__title"]},
            url=reverse("admin:playbooks_playbook_review", args=[row["revision__playbook"]]),
            detail=ngettext("%(n)d comment", "%(n)d comments", row["count"]) % {"n": row["count"]},
        )
    for revision in Revision.objects.waiting_for(person).select_related("playbook", "submitted_by")[:MOST_WAITING]:
        title = revision.playbook.title
        is_returned = revision.status == workflow.RevisionStatus.DRAFT
        yield WaitingItem(
            kind=tasks.PLAYBOOK,
            title=_("Given back: %(title)s") % {"title": title} if is_returned else title,
            url=f"/admin/playbooks/playbook/{revision.playbook_id}/edit/",
            detail=revision.returned_comment
            if is_returned
            else _("%(name)s asks for your approval") % {"name": revision.submitted_by.name},
        )


def _to_answer_to(person):
    """How many comments wait for this person, by playbook."""
    rows = RevisionComment.objects.awaiting(person).values("revision__playbook", "revision__playbook__title")
    return rows.annotate(count=Count("pk")).order_by("revision__playbook__title")


def _reviews(person):
    day = clock.today()
    for review in _to_read(person=person):
        playbook = review.revision.playbook
        yield WaitingItem(
            kind="review_asked",
            title=_("Read and comment: %(title)s") % {"title": playbook.title},
            url=reverse("playbooks:review", args=[playbook.slug, review.revision.number]),
            detail=_("Asked by %(name)s") % {"name": review.asked_by.name},
            due_on=review.due_on,
            is_urgent=review.due_on < day,
        )


@prepared()
def _to_read(person):
    return RevisionReview.objects.awaiting(person).select_related("revision__playbook", "asked_by")[:MOST_WAITING]


def _suggestions(person):
    for suggestion in _to_decide(person=person):
        about = {"title": suggestion.playbook.title, "heading": suggestion.heading}
        yield WaitingItem(
            kind="suggestion_made",
            title=_("A suggestion for %(title)s: %(heading)s") % about,
            url=suggestion.get_absolute_url(),
            detail=_("%(name)s suggests it") % {"name": suggestion.suggested_by.name},
        )


@prepared(shape=lambda person: (person.is_coe_staff, person.is_lead, person.only_reads))
def _to_decide(person):
    waiting = Suggestion.objects.awaiting(person).select_related("playbook", "suggested_by")
    return waiting.order_by("sent_at")[:MOST_WAITING]


def _verifications(person):
    for playbook in _to_verify(person=person, until=clock.today() + SOON):
        yield WaitingItem(
            kind=tasks.PLAYBOOK,
            title=playbook.title,
            url=f"{playbook.get_absolute_url()}#verify",
            detail=_("Is it still true?"),
            due_on=playbook.verified_until,
            is_urgent=not playbook.is_verified,
        )


@prepared()
def _to_verify(person, until):
    due = Playbook.objects.looked_after_by(person).verification_due(until)
    return due.order_by("verified_until", "pk")[:MOST_WAITING]


@prepared(shape=lambda person: person.is_coe_staff)
def _to_answer(person):
    awaiting = Question.objects.awaiting(person).select_related("asked_by")
    return awaiting.order_by("asked_at")[:MOST_WAITING]


def _questions(person):
    for question in _to_answer(person=person):
        yield WaitingItem(
            kind=tasks.QUESTION,
            title=question.title,
            url=question.get_absolute_url(),
            detail=_("%(name)s asks") % {"name": question.asked_by.name},
        )


def _reports(person):
    number = Report.objects.awaiting(person).aggregate(number=Count("about", distinct=True))["number"]
    if number:
        yield WaitingItem(
            kind="report",
            title=ngettext("%(n)d text was reported", "%(n)d texts were reported", number) % {"n": number},
            url=reverse("playbooks:reports"),
            detail=_("Hide it, or let it stand"),
        )


@prepared(shape=lambda person, until: person.reads_all)
def _steps_of(person, until):
    steps = RunStep.objects.awaiting(person, until).select_related("run__spoke").defer("html", "note")
    return steps.order_by(F("due_on").asc(nulls_last=True), "run", "number")[:MOST_WAITING]


def _steps(person):
    day = clock.today()
    for step in _steps_of(person=person, until=day + STEP_SOON):
        yield WaitingItem(
            kind="run",
            title=plain(step.text),
            url=f"{step.run.get_absolute_url()}#step-{step.pk}",
            detail=step.run.name,
            due_on=step.due_on,
            is_urgent=step.due_on is not None and step.due_on < day,
        )


@prepared(shape=lambda person: person.reads_all)
def _runs_of(person):
    return Run.objects.awaiting(person).select_related("spoke").order_by("ends_on", "pk")[:MOST_WAITING]


def _runs(person):
    for run in _runs_of(person=person):
        is_done = run.done_count == run.step_count
        yield WaitingItem(
            kind="run",
            title=run.name,
            url=run.get_absolute_url(),
            detail=_("Every step is done: finish the run")
            if is_done
            else _("A run past its last day: finish or move it"),
            due_on=run.ends_on,
        )


@prepared(shape=lambda person: person.reads_all)
def _behind(person):
    rows = Adaptation.objects.awaiting(person).select_related("playbook", "spoke")
    return rows.order_by("playbook__title", "pk")[:MOST_WAITING]


def _adaptations(person):
    for row in _behind(person=person):
        yield WaitingItem(
            kind=tasks.PLAYBOOK,
            title=row.playbook.title,
            url=row.get_absolute_url(),
            detail=ngettext(
                "%(n)d section of %(department)s's version: the playbook has changed there",
                "%(n)d sections of %(department)s's version: the playbook has changed there",
                row.behind,
            )
            % {"n": row.behind, "department": row.spoke.name},
        )


@slots.department_panels.fill
def adaptations_of_a_department(spoke, reader):
    """The playbooks that a department does in its own way."""
    rows = Adaptation.objects.published().filter(spoke=spoke).visible_to(reader).select_related("playbook", "spoke")
    lines = [Use("playbook", row.playbook.title, row.get_absolute_url()) for row in rows.order_by("playbook__title")]
    if lines:
        yield Panel(title=_("Playbooks in its own words"), anchor="adaptations", lines=tuple(lines))


def _cases_waiting(person):
    """Case studies that somebody proposed; for others than staff their own drafts, some of which were given back."""
    if person.is_coe_staff:
        return CaseStudy.objects.open()
    return CaseStudy.objects.open().filter(contributors=person)


def _cases(person):
    for case in CaseStudy.objects.awaiting(person).select_related("proposed_by").order_by("proposed_at")[:MOST_WAITING]:
        yield WaitingItem(
            kind=tasks.CASE,
            title=case.title,
            url=case.get_absolute_url(),
            detail=_("%(name)s proposes this case study") % {"name": case.proposed_by.name},
        )
    for case in CaseStudy.objects.returned_to(person).order_by("pk")[:MOST_WAITING]:
        yield WaitingItem(
            kind=tasks.CASE,
            title=_("Given back: %(title)s") % {"title": case.title},
            url=reverse("playbooks:case_edit", args=[case.pk]),
            detail=case.returned_comment,
        )


@slots.letter_items.fill
def new_cases(person, since):
    """Case studies that are new for this person; on the pages they are at the top of their own list."""
    cases = CaseStudy.objects.published().for_audience_of(person).filter(published_at__gt=since)
    for case in cases.order_by("-published_at", "-pk")[:MOST_NEWS]:
        yield news_of_case(case)


def news_of_case(case):
    return NewsItem(
        kind=tasks.CASE,
        title=_("New case study: %(title)s") % {"title": case.title},
        url=case.get_absolute_url(),
        at=case.published_at,
        detail=case.summary,
    )


@prepared(shape=lambda person, since: person.reads_all)
def _published(person, since):
    readable = Playbook.objects.for_audience_of(person)
    published = Revision.objects.readable().filter(published_at__gt=since, playbook__in=readable)
    return published.select_related("playbook").order_by("-published_at")[:MOST_NEWS]


@prepared()
def _thanks_to(person, since):
    """Suggestions of this person that readers have had since."""
    mine = Suggestion.objects.filter(suggested_by=person, accepted_into__published_at__gt=since)
    return mine.select_related("playbook", "accepted_into").order_by("-accepted_into__published_at")[:MOST_NEWS]


@prepared()
def _answers_to(person, since):
    answers = Answer.objects.shown().filter(question__asked_by=person, answered_at__gt=since)
    answers = answers.exclude(answered_by=person)
    return answers.select_related("question", "answered_by").order_by("-answered_at")[:MOST_NEWS]


@slots.news_items.fill
def news(person, since):
    for revision in _published(person=person, since=since):
        yield NewsItem(
            kind=tasks.PLAYBOOK,
            title=revision.playbook.title,
            url=revision.playbook.get_absolute_url(),
            at=revision.published_at,
            detail=revision.change_note,
        )
    for suggestion in _thanks_to(person=person, since=since) if may_have(person, "thanks") else ():
        yield NewsItem(
            kind=tasks.PLAYBOOK,
            title=_("Thank you: what you suggested is now in “%(title)s”") % {"title": suggestion.playbook.title},
            url=suggestion.playbook.section_url(suggestion.section_key),
            at=suggestion.accepted_into.published_at,
            detail=suggestion.heading,
        )
    for answer in _answers_to(person=person, since=since) if may_have(person, "answers") else ():
        yield NewsItem(
            kind=tasks.QUESTION,
            title=answer.question.title,
            url=f"{answer.question.get_absolute_url()}#answer-{answer.pk}",
            at=answer.answered_at,
            detail=_("%(name)s answered you") % {"name": answer.answered_by.name},
        )


@slots.letter_items.fill
def runs_of_her_playbooks(person, since):
    """To who looks after a playbook: a department has finished a run of it."""
    runs = Run.objects.finished().filter(closed_at__gt=since)
    runs = runs.filter(playbook__in=Playbook.objects.looked_after_by(person)).exclude(closed_by=person)
    runs = runs.saying_whether_visible_to(person).select_related("playbook", "spoke")
    for run in runs.order_by("-closed_at", "-pk")[:MOST_RUNS]:
        told = {"department": run.spoke.name, "days": run.days, "done": run.done_count, "steps": run.step_count}
        yield NewsItem(
            kind="run",
            title=_("%(department)s has run “%(title)s”") % (told | {"title": run.playbook.title}),
            url=run.get_absolute_url()
            if run.is_visible
            else reverse("playbooks:playbook_runs", args=[run.playbook.slug]),
            at=run.closed_at,
            detail=_("%(done)d of %(steps)d steps done; days: %(days)d") % told,
        )


@slots.department_panels.fill
def runs_of_a_department(spoke, reader):
    """What a department and those below it have under way; who may not open a run reads the playbook's name alone."""
    found = {}
    for run in _under_way(path=spoke.path, reader=reader):
        if run.is_visible:
            told = _("%(done)d of %(steps)d steps") % {"done": run.done_count, "steps": run.step_count}
            note = told if run.spoke_id == spoke.pk else f"{run.spoke.name}: {told}"
            found[run.pk] = Use("run", run.name, run.get_absolute_url(), note=note)
        else:
            url = reverse("playbooks:playbook_runs", args=[run.playbook.slug])
            found.setdefault(f"playbook {run.playbook_id}", Use("playbook", run.playbook.title, url))
    if found:
        yield Panel(title=_("Playbooks under way"), anchor="runs", lines=tuple(found.values()))


def _under_way(path, reader):
    readable = Playbook.objects.for_audience_of(reader)
    runs = Run.objects.active().filter(spoke__path__startswith=path, starts_on__lte=clock.today())
    runs = runs.filter(playbook__in=readable).saying_whether_visible_to(reader)
    return runs.select_related("playbook", "spoke").order_by("-starts_on", "-pk")[:MOST_RUNS]


@slots.feeds.fill
def feeds(token):
    yield Feed(
        label=_("Your steps of playbooks in your calendar"),
        how=_("For your calendar too: the days on which your steps in your department's runs are due."),
        path=reverse("playbooks:runs_calendar", args=[token]),
    )


@slots.still_true.fill
def still_true(message):
    """Nothing is said to whom there is nothing left to do."""
    kind, _dot, number = message.about.rpartition(":")
    if message.kind == "question_asked":
        yield Question.objects.open().filter(pk=number).exists()
    elif message.kind == "question_answered" and message.period.isdecimal():
        yield Answer.objects.shown().filter(pk=message.period).exists()
    elif message.kind == "text_hidden":
        texts = Answer if kind == Answer._meta.label_lower else Question
        yield texts.objects.filter(pk=number, hidden_at=datetime.fromisoformat(message.period)).exists()
    elif message.kind == "verification_due":
        until = message.period.partition(":")[0]
        yield Playbook.objects.filter(pk=number, verified_until=until).exists()
    elif message.kind in {"run_step_assigned", "run_step_due"}:
        hers = RunStep.objects.open().in_active_runs().of_people_who_are_here()
        hers = hers.filter(run=number, assignee=message.recipient_id)
        if message.kind == "run_step_due":
            hers = hers.filter(due_on=date.fromisoformat(message.period))
        yield hers.exists()
    elif message.kind == "approval_waiting" and kind == "playbooks.revision":
        yield Revision.objects.filter(pk=number, status=workflow.RevisionStatus.IN_REVIEW).exists()
    elif message.kind == "suggestion_made":
        yield Suggestion.objects.waiting().filter(pk=number).exists()
    elif message.kind == "review_asked" and kind == "playbooks.revision":
        day = message.period.partition(" ")[0]
        yield RevisionReview.objects.awaiting(message.recipient).filter(revision=number, due_on=day).exists()
    elif message.kind == "approval_waiting" and kind == "playbooks.casestudy":
        yield CaseStudy.objects.proposed().filter(pk=number).exists()
