"""One of everything, for every address: and words that only some may ever see."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)

from engagements import actions as requests
from engagements.answers import PREFIX
from engagements.workflow import Status
from hub import actions as hub_actions
from hub import mail, signed_links
from hub.models import AuditEvent, JobRun, OutboxMessage, SearchGap, SearchSynonym, Topic, User, WorkCalendar
from playbooks import actions as playbooks
from playbooks.emails import STILL_TRUE
from playbooks.models import Playbook, Revision, RunStep, Suggestion
from policies import actions as policies
from policies import clock
from policies.actions.imported import baseline
from policies.actions.text import content_hash
from policies.emails import OUTSIDE
from policies.models import Policy, PolicyVersion
from spokes import actions as spokes
from spokes.actions import uploads
from spokes.jobs import work_on_import
from tests.engagements import factories as of_requests
from tests.factories import PASSWORD, Cast, make_cast, make_person
from tests.playbooks import case_factories as of_cases
from tests.playbooks import factories as of_playbooks
from tests.policies import factories as of_policies

# Everybody in the table, in the order of its columns.
ROLES = "anon emma rita otto paul hana audra sam root".split()

# word: who may see it. Each stands in the title and in the text of something with the word "lantern".
CANARIES = {
    "quokkacare": {"emma", "paul", "hana", "audra", "root"},  # policy, playbook, question, announcement of Care
    "wombatretail": {"rita", "paul", "hana", "audra", "root"},  # Retail's requests
    "numbatdraft": {"rita"},  # Rita's draft
    "dingonote": {"paul", "hana", "audra", "root"},  # the hub's private note in Retail's request
    "possumwriting": {"paul", "hana", "audra", "root"},  # texts that nobody has published
    "wombatreading": {"rita", "paul", "hana", "audra", "root"},  # a draft that she was asked to read
    "bilbyoutside": {"anon", "paul", "hana", "audra", "root"},  # a draft that somebody outside has a link to
    "potoroorun": {"rita", "paul", "hana", "audra", "root"},  # what is in a run of Retail's
    "echidnawaiver": {"rita", "paul", "hana", "audra", "root"},  # why Retail is released from a clause
    "gliderletter": {"paul", "hana", "audra", "root"},  # somebody else's mail
}


@dataclass
class World:
    cast: Cast
    # name of an object in the table: the values of its address
    objects: dict
    # (route, object): what is posted to it; else POST[route], else nothing
    posts: dict

    def person(self, role):
        return getattr(self.cast, role)


def make_world():
    cast = make_cast()
    User.objects.update(password=make_password(PASSWORD))
    for person in [cast.root, *cast.everybody().values()]:
        person.refresh_from_db()
    # Two-sided things are made by root's colleagues, so that everybody in the table could still do them.
    objects = {"": {}}
    objects |= _policies(cast) | _playbooks(cast) | _cases(cast) | _questions(cast) | _requests(cast)
    objects |= _runs(cast) | _adaptations(cast)
    objects |= _departments(cast) | _hub(cast) | _libraries(cast)
    call_command("rebuild_search", verbosity=0)
    return World(cast=cast, objects=objects, posts=_posts(cast, objects))


def _policies(cast):
    old = of_policies.make_superseded(cast=cast, title="Signed policy", must_sign=True)
    signed = old.policy
    care = of_policies.make_published(
        cast=cast,
        title="Lantern quokkacare policy",
        slug="for-care",
        summary="Lantern quokkacare in a sentence.",
        clauses=[of_policies.clause(body="Lantern quokkacare text.", key="lantern")],
        audiences=[cast.care.group],
        must_sign=True,
    )
    policies.set_platforms(policy=care.policy, clause_key="lantern", platforms=["instagram"], by=cast.lena)
    hidden = {
        "title": "Lantern possumwriting",
        "summary": "Lantern possumwriting in a sentence.",
        "clauses": [of_policies.clause(body="Lantern possumwriting text.", key="lantern")],
    }
    draft = of_policies.make_draft(cast=cast, slug="possum-draft", **hidden)
    review = of_policies.make_submitted(cast=cast, slug="possum-review", **hidden)
    approved = of_policies.make_approved(cast=cast, slug="possum-approved", **hidden)
    unlooked = of_policies.make_submitted(cast=cast, title="Published in a hurry")
    unlooked = policies.publish_without_approval(version=unlooked, lock=unlooked.lock, reason="fire", by=cast.lena)
    # A new version of what is in force, being written.
    writing = policies.start_version(policy=signed, by=cast.paul)
    of_policies.write(
        version=writing, clauses=[of_policies.clause(body="Lantern possumwriting text.", key="x")], by=cast.paul
    )
    # Rita was asked to read this draft, and said something.
    asked = of_policies.make_draft(
        cast=cast,
        title="Lantern wombatreading",
        slug="wombat-asked",
        clauses=[of_policies.clause(body="Lantern wombatreading text.", key="lantern")],
    )
    [review_of_rita] = policies.ask_for_review(
        version=asked, people=[cast.rita], due_on=of_policies.days(3), by=cast.lena
    )
    said = policies.comment(version=asked, text="Lantern wombatreading comment.", clause_key="lantern", by=cast.rita)
    shared = of_policies.make_draft(
        cast=cast,
        title="Lantern bilbyoutside",
        slug="bilby-outside",
        clauses=[of_policies.clause(body="Lantern bilbyoutside text.", key="lantern")],
    )
    outside = policies.invite_outside(
        version=shared, name="Noor", email="noor@counsel.example", until=of_policies.days(3), by=cast.lena
    )
    question = policies.save_question(
        policy=shared.policy, text="Who?", choices=["We", "They"], right=0, clause_key="lantern", by=cast.lena
    )
    pack = policies.ask_for_pack(policy=signed, day=date.today(), by=cast.lena)
    policies.make_pack(pk=pack.pk)
    waiver = of_policies.make_waiver(
        cast=cast, version=signed.current, reason="Lantern echidnawaiver.", mitigation="Lantern echidnawaiver instead."
    )
    running = of_policies.make_running(cast=cast, version=signed.current, starts_on=clock.today())
    policies.exempt_person(campaign=running, person=cast.dora, reason="On leave.", by=cast.lena)
    planned = of_policies.make_campaign(cast=cast, version=unlooked, by=cast.lena)
    obligation = of_policies.make_obligation(cast=cast, clauses=[(signed, "say-where-you-work")])
    retired = policies.retire_obligation(obligation=of_policies.make_obligation(cast=cast), by=cast.lena)
    today = date.today().isoformat()

    def values(version, number=None):
        policy = version.policy
        return {
            "slug": policy.slug,
            "pk": policy.pk,
            "object_id": policy.pk,
            "number": number or version.number,
            "older": 1,
            "newer": 2,
            "day": today,
            "format": "md",
        }

    # What is published for everybody, for Care alone, and not yet; each rests on a clause of Care's policy.
    cites = {"cites": ["for-care:lantern"]}
    guides = {
        "guide-open": of_policies.make_published_guide(cast=cast, slug="guide-open", **cites),
        "guide-care": of_policies.make_published_guide(
            cast=cast, title="Lantern quokkacare guide", slug="guide-care", audiences=[cast.care.group], **cites
        ),
        "guide-draft": of_policies.make_guide(
            cast=cast, title="Lantern possumwriting guide", slug="guide-draft", **cites
        ),
    }

    file = hub_actions.upload_document(
        filename="rules.md",
        data=b"# Lantern possumwriting\n\n## Ask first\n\nLantern possumwriting: you must ask.\n",
        owner=cast.lena,
        target="policy",
        version_of=unlooked.policy_id,
        by=cast.lena,
    )
    return {
        **{name: {"slug": one.slug, "pk": one.pk, "object_id": one.pk} for name, one in guides.items()},
        "policy": values(old, 2),
        "policy-word": values(old, 2) | {"format": "docx"},
        "policy-import": values(unlooked) | {"document": file.pk},
        "policy-writing": values(writing),
        "policy-care": values(care) | {"newer": 1},
        "policy-draft": values(draft),
        "policy-review": values(review),
        "policy-asked": values(asked) | {"review": review_of_rita.pk, "comment": said.pk},
        "policy-outside": values(shared)
        | {"invitation": outside.pk, "question": question.pk}
        | {"token": signed_links.open_token(OUTSIDE, about=outside.pk)},
        "policy-approved": values(approved),
        "policy-unlooked": values(unlooked),
        "policy-pack": {"pk": signed.pk, "number": pack.pk},
        "campaign": {"pk": running.pk, "object_id": running.pk, "person": cast.dora.pk},
        "campaign-planned": {"pk": planned.pk, "object_id": planned.pk},
        "obligation": {"pk": obligation.pk, "object_id": obligation.pk},
        "obligation-retired": {"pk": retired.pk, "object_id": retired.pk},
        "waiver": {"pk": waiver.pk, "object_id": waiver.pk},
        "signature": {"object_id": of_policies.sign(person=cast.dora, version=signed.current).pk},
    }


def _playbooks(cast):
    first = of_playbooks.make_published(cast=cast, title="Open playbook")
    of_playbooks.make_published(cast=cast, playbook=first.playbook)
    writing = of_playbooks.make_draft(
        cast=cast, playbook=first.playbook, sections=[of_playbooks.section(body="Lantern possumwriting.")]
    )
    care = of_playbooks.make_published(
        cast=cast,
        title="Lantern quokkacare playbook",
        slug="for-care",
        summary="Lantern quokkacare in a sentence.",
        sections=[of_playbooks.section(key="ours", heading="Lantern quokkacare", body="Lantern quokkacare text.")],
        audiences=[cast.care.group],
        owner=cast.paul,
    )
    # What leads from what everybody may open to what only some may read.
    playbooks.change_playbook(
        playbook=care.playbook,
        platforms=["instagram"],
        tags=["Lantern quokkacare"],
        related=[first.playbook],
        by=cast.paul,
    )
    unhelpful = of_playbooks.make_published(cast=cast, title="Playbook that helped nobody")
    for name in ("emma", "rita", "otto", "paul", "hana", "sam", "root"):
        playbooks.vote(playbook=unhelpful.playbook, helpful=False, by=getattr(cast, name))
    template = playbooks.save_template(name="Steps", summary="Short.", text="## First\n\nDo it.", by=cast.lena)
    link = signed_links.token_for(
        STILL_TRUE,
        person=cast.emma,
        about=first.playbook_id,
        state=Playbook.objects.get(pk=first.playbook_id).verified_until.isoformat(),
    )
    draft = of_playbooks.make_draft(cast=cast, title="Lantern possumwriting playbook", slug="possum-draft")
    review = of_playbooks.make_submitted(cast=cast, title="Lantern possumwriting, submitted", slug="possum-review")
    plain = of_playbooks.make_published(cast=cast, title="Playbook with nothing open")
    # Otto suggests a change of Emma's playbook, and is writing another; Emma one of the playbook of Care.
    sent = of_playbooks.make_suggestion(playbook=first.playbook, by=cast.otto)
    kept = of_playbooks.make_suggestion(playbook=first.playbook, by=cast.otto, sent=False)
    of_care = of_playbooks.make_suggestion(
        playbook=care.playbook, key="ours", body="Lantern quokkacare suggestion.", by=cast.emma
    )
    # Rita was asked to read this draft, and said something.
    asked = of_playbooks.make_draft(
        cast=cast,
        title="Lantern wombatreading playbook",
        slug="wombat-asked",
        sections=[of_playbooks.section(key="lantern", body="Lantern wombatreading text.")],
    )
    [review_of_rita] = playbooks.ask_for_review(
        revision=asked, people=[cast.rita], due_on=of_policies.days(3), by=cast.lena
    )
    said = playbooks.comment(revision=asked, text="Lantern wombatreading comment.", section_key="lantern", by=cast.rita)

    def values(revision, number=None):
        playbook = revision.playbook
        return {
            "slug": playbook.slug,
            "pk": playbook.pk,
            "object_id": playbook.pk,
            "number": number or revision.number,
            "older": 1,
            "newer": 2,
            "key": revision.sections.first().key,
        }

    return {
        "playbook": values(first),
        "playbook-writing": values(writing),
        "playbook-care": values(care) | {"newer": 1},
        "playbook-draft": values(draft),
        "playbook-review": values(review),
        "playbook-plain": values(plain),
        "playbook-unhelpful": values(unhelpful),
        "still-true": {"token": link},
        "template": {"object_id": template.pk},
        "goal": {"object_id": of_playbooks.make_goal("reach").pk},
        "playbook-asked": values(asked) | {"review": review_of_rita.pk, "comment": said.pk},
        "suggestion": {"pk": sent.pk},
        "suggestion-kept": {"pk": kept.pk},
        "suggestion-care": {"pk": of_care.pk},
    }


def _runs(cast):
    """Runs of Retail's: under way behind a newer text, planned on behalf of the hub, finished, given up."""
    playbook = of_playbooks.make_published(
        cast=cast, title="Playbook that is run", slug="run-often", sections=[of_playbooks.steps("One", "Two")]
    ).playbook
    words = {"name": "Lantern potoroorun", "goal": "Lantern potoroorun goal", "playbook": playbook, "by": cast.root}

    def make():
        run = of_playbooks.make_run(cast=cast, **words)
        step = run.steps.first()
        playbooks.write_step(step=step, note="Lantern potoroorun note.", seen="", by=cast.root)
        return run

    running, finished, abandoned = make(), make(), make()
    playbooks.finish_run(run=finished, helped="Lantern potoroorun.", points=["Lantern potoroorun."], by=cast.root)
    playbooks.abandon_run(run=abandoned, reason="Lantern potoroorun.", by=cast.root)
    of_playbooks.make_published(cast=cast, playbook=playbook, sections=[of_playbooks.steps("One", "Two", "Three")])

    def values(run):
        point = run.points.first()
        return {
            "pk": run.pk,
            "object_id": run.pk,
            "slug": playbook.slug,
            "step_pk": run.steps.first().pk,
            "point_pk": point.pk if point else 0,
        }

    return {"run-under-way": values(running), "run-finished": values(finished), "run-given-up": values(abandoned)}


def _adaptations(cast):
    """Versions of Retail's: published and behind the playbook, a draft; and one of Care's of a playbook of its own."""
    playbook = of_playbooks.make_published(
        cast=cast, title="Playbook done differently", slug="adapted", sections=[of_playbooks.section(key="first")]
    ).playbook
    other = of_playbooks.make_published(cast=cast, slug="adapting", sections=[of_playbooks.section(key="first")])
    care = Playbook.objects.get(slug="for-care")
    word = "Lantern potoroorun words."

    def make(playbook, spoke, body, is_published=True):
        section = playbook.current.sections.first()
        made = playbooks.start_adaptation(playbook=playbook, spoke=spoke, by=cast.root)
        playbooks.adapt_section(
            adaptation=made, key=section.key, heading=section.heading, body=body, seen=1, lock=0, by=cast.root
        )
        if is_published:
            playbooks.publish_adaptation(adaptation=made, by=cast.root)
        return {"slug": playbook.slug, "spoke": spoke.slug, "key": section.key}

    found = {
        "adaptation": make(playbook, cast.retail, "Our own words."),
        "adaptation-draft": make(other.playbook, cast.retail, word, is_published=False),
        "adaptation-care": make(care, cast.care, "Lantern quokkacare words."),
    }
    of_playbooks.make_published(
        cast=cast, playbook=playbook, sections=[of_playbooks.section(key="first", body="Other words.")]
    )
    return found


def _cases(cast):
    """Retail's, which everybody reads; Care's own; Emma's draft; what Paul proposed; one retired; a link to others."""

    def words(canary):
        text = f"Lantern {canary} text."
        return {
            "title": f"Lantern {canary} case",
            "summary": text,
            "challenge": text,
            "approach": text,
            "results": text,
        }

    of_care = {"spoke": cast.care, **words("quokkacare")}
    cases = {
        "case": of_cases.make_published(cast=cast, title="Open case", by=cast.rita),
        "case-care": of_cases.make_published(
            cast=cast, slug="for-care", by=cast.paul, audiences=[cast.care.group], **of_care
        ),
        "case-draft": of_cases.make_case(cast=cast, slug="emmas-draft", by=cast.emma, **of_care),
        "case-proposed": of_cases.make_proposed(cast=cast, slug="possum", by=cast.paul, **words("possumwriting")),
        "case-retired": playbooks.retire_case(
            case=of_cases.make_published(cast=cast, title="Retired case"), reason="Old.", by=cast.lena
        ),
    }
    others = of_cases.make_external(
        cast=cast, title="Their policy", text="## One\n\nText.", may_keep_text=True, licence="CC0"
    )
    hidden = of_cases.make_external(cast=cast, slug="hidden", title="Lantern possumwriting link", is_shown=False)
    return {
        **{name: {"slug": case.slug, "pk": case.pk, "object_id": case.pk} for name, case in cases.items()},
        **{
            name: {"slug": one.slug, "pk": one.pk, "object_id": one.pk, "topic": one.topics.get().slug}
            for name, one in {"external": others, "external-hidden": hidden}.items()
        },
    }


def _questions(cast):
    """One of everybody's; one that only Care may read, because of what it is about; each with an answer."""
    open_to_all = of_playbooks.make_question(cast=cast, title="May I post the menu?", by=cast.otto)
    answered = of_playbooks.make_answer(cast=cast, question=open_to_all)
    care = of_playbooks.make_question(
        cast=cast,
        title="Lantern quokkacare question",
        body="Lantern quokkacare in full.",
        by=cast.emma,
        policy=policy_of_care(),
    )
    about_care = of_playbooks.make_answer(cast=cast, question=care, body="Lantern quokkacare answer.")
    fresh = of_playbooks.make_question(cast=cast, title="Unanswered so far", by=cast.otto)
    for text in (fresh, care, answered, about_care):
        playbooks.report(text=text, reason="astray", by=cast.lena)
    hidden = of_playbooks.make_question(cast=cast, title="Nobody sees it", by=cast.otto)
    playbooks.hide(text=hidden, reason="astray", sentence="Not here.", by=cast.lena)
    rude = of_playbooks.make_answer(cast=cast, body="Rude.")
    playbooks.hide(text=rude, reason="unkind", sentence="Be kind.", by=cast.lena)

    def values(question, answer=None):
        return {
            "pk": question.pk,
            "number": question.pk,
            "object_id": question.pk,
            "answer_pk": answer.pk if answer else 0,
        }

    return {
        "question": values(open_to_all, answered),
        "question-care": values(care, about_care),
        "question-fresh": values(fresh),
        "question-hidden": values(hidden),
        "answer-hidden": values(rude.question, rude),
        "followed": {"kind": "question", "pk": open_to_all.pk},
        "followed-care": {"kind": "question", "pk": care.pk},
    }


def policy_of_care():
    return Policy.objects.get(title="Lantern quokkacare policy")


def _requests(cast):
    words = {"title": "Lantern wombatretail", "answers": {"goal": "Lantern wombatretail goal", "claims": "no"}}
    of_requests.make_offer(cast=cast)
    objects = {"service": {"slug": "campaign-review", "number": 0, "object_id": 0}}
    for name, status in {
        "sent": Status.SUBMITTED,
        "accepted": Status.ACCEPTED,
        "started": Status.IN_PROGRESS,
        "waiting": Status.WAITING,
        "delivered": Status.DELIVERED,
        "closed": Status.CLOSED,
    }.items():
        request = of_requests.make_in(status, cast=cast, **words)
        requests.note(request=request, text="Lantern dingonote: handle with care.", by=cast.lena)
        objects[f"request-{name}"] = {"number": request.pk, "object_id": request.pk}
    urgent = of_requests.make_request(cast=cast, **words)
    requests.set_urgent(request=urgent, reason="Tomorrow.", by=cast.lena)
    requests.snooze(request=urgent, until=timezone.now() + timedelta(days=3), by=cast.lena)
    objects["request-urgent"] = {"number": urgent.pk, "object_id": urgent.pk}
    draft = of_requests.make_draft(cast=cast, title="Lantern numbatdraft", answers={"goal": "Lantern numbatdraft"})
    objects["request-draft"] = {"number": draft.pk, "object_id": draft.pk}
    objects["service"] |= {"number": draft.service_id, "object_id": draft.service_id}
    return objects


def _departments(cast):
    account = spokes.add_account(
        platform="instagram", handle="larkfield.retail", spoke=cast.retail, owner=cast.rita, by=cast.root
    )
    empty = spokes.create_spoke(name="Empty", slug="empty", parent=cast.company, by=cast.root)
    closed = spokes.create_spoke(name="Closed", slug="closed", parent=cast.company, by=cast.root)
    spokes.close_spoke(spoke=closed, by=cast.root)
    left = make_person(name="Left", by=cast.root)
    spokes.say_goodbye(person=left, by=cast.root)
    upload = uploads.upload_table(
        kind="departments", filename="departments.csv", data=b"name,parent\nNew one,\n", by=cast.lena
    )
    work_on_import(upload.pk)
    people = uploads.upload_table(
        kind="people", filename="people.csv", data=b"email,name\nnew@larkfield.example,New Person\n", by=cast.lena
    )
    work_on_import(people.pk)
    return {
        "account": {"pk": account.pk, "object_id": account.pk},
        "department": {"slug": "retail", "pk": cast.retail.pk, "object_id": cast.retail.pk},
        "department-empty": {"slug": "empty", "pk": empty.pk, "object_id": empty.pk},
        "department-closed": {"slug": "closed", "pk": closed.pk, "object_id": closed.pk},
        "term": {"object_id": cast.rita.terms.get().pk},
        "person": {"pk": cast.dora.pk, "object_id": cast.dora.pk},
        "person-left": {"pk": left.pk, "object_id": left.pk},
        "upload": {"pk": upload.pk, "object_id": upload.pk},
        "upload-people": {"pk": people.pk, "object_id": people.pk},
    }


def _hub(cast):
    letter = mail.post_raw(
        kind="announcement",
        to=cast.dora,
        address=cast.dora.email,
        about="x",
        period="1",
        subject="Lantern gliderletter",
        text="Lantern gliderletter text.",
        html="<p>Lantern gliderletter text.</p>",
    )
    given_up = mail.post_raw(
        kind="announcement", to=cast.dora, address=cast.dora.email, about="x", period="2", subject="Lost", text="Lost"
    )
    OutboxMessage.objects.filter(pk=given_up.pk).update(state=OutboxMessage.State.GIVEN_UP)
    announcement = hub_actions.publish_announcement(
        title="Lantern quokkacare announcement",
        body="Lantern quokkacare news.",
        audiences=[cast.care.group],
        by=cast.lena,
    )
    hub_actions.count_searches(
        rows=[("airship", "airship", 1, 1, 0), ("moon", "moon", 1, 1, 0), ("sea", "sea", 1, 1, 0)]
    )
    gap, _other, settled = SearchGap.objects.order_by("pk")
    hub_actions.set_gap_aside(gap=settled, by=cast.lena)
    document = hub_actions.upload_document(
        filename="rules.md",
        data=b"# Lantern possumwriting\n\nWhy.\n\n## Ask first\n\nYou must ask.\n",
        owner=cast.paul,
        target="policy",
        by=cast.lena,
    )
    # Emma's own, to end; and Otto's, who may read the least, in the address of a feed.
    hub_actions.renew_feed_token(by=cast.emma)
    ended = hub_actions.renew_feed_token(by=cast.otto)
    run = JobRun.objects.create(job="hub.sweep_outbox", started_at=timezone.now())
    return {
        "letter": {"pk": letter.pk, "object_id": letter.pk},
        "letter-lost": {"pk": given_up.pk, "object_id": given_up.pk},
        "announcement": {"object_id": announcement.pk},
        "document": {"pk": document.pk, "object_id": document.pk, "batch": document.batch},
        "topic": {"object_id": Topic.objects.first().pk, "slug": Topic.objects.first().slug},
        "gap": {"pk": gap.pk},
        "gap-settled": {"pk": settled.pk},
        "synonym": {"object_id": SearchSynonym.objects.first().pk},
        "calendar": {"object_id": WorkCalendar.objects.first().pk},
        "audit": {"object_id": AuditEvent.objects.first().pk},
        "run": {"object_id": run.pk, "name": "hub.deliver_outbox"},
        "feed": {"token": hub_actions.renew_feed_token(by=cast.otto)},
        "feed-ended": {"token": ended},
        "guide": {"page": "form"},
        "sample": {"pk": cast.emma.pk},
        "link": {
            "content_type_id": ContentType.objects.get_for_model(policy_of_care()).pk,
            "object_id": policy_of_care().pk,
        },
        "app": {"app_label": "hub", "url": "hub/nothing/"},
        "mail-key": {"key": "abc", "uidb36": "1"},
    }


def _libraries(cast):
    """Tables of libraries, which only superusers open."""
    every, _ = IntervalSchedule.objects.get_or_create(every=1, period="days")
    cron, _ = CrontabSchedule.objects.get_or_create(minute="5")
    at, _ = ClockedSchedule.objects.get_or_create(clocked_time=timezone.now())
    sun, _ = SolarSchedule.objects.get_or_create(event="sunset", latitude=52, longitude=13)
    job = "hub.prune_documents"
    task = PeriodicTask.objects.create(name=job, task=job, description="Lets them go", interval=every)
    PeriodicTasks.update_changed()
    address = EmailAddress.objects.create(user=cast.dora, email="dora.second@larkfield.example", verified=True)
    step = Authenticator.objects.create(user=cast.dora, type="totp", data={"secret": "x"})
    session = UserSession.objects.create(user=cast.dora, ip="127.0.0.1", session_key=uuid.uuid4().hex, user_agent="x")
    return {
        "beat_periodictask": {"object_id": task.pk},
        "beat_clockedschedule": {"object_id": at.pk},
        "beat_crontabschedule": {"object_id": cron.pk},
        "beat_solarschedule": {"object_id": sun.pk},
        "beat_intervalschedule": {"object_id": every.pk},
        "emailaddress": {"object_id": address.pk},
        "authenticator": {"object_id": step.pk},
        "usersession": {"object_id": session.pk},
        "group": {"object_id": Group.objects.create(name="Spare").pk},
    }


def _posts(cast, objects):
    """What makes each act possible for whoever may do it, so that a refusal is about the person and nothing else."""
    tomorrow = (date.today() + timedelta(days=1)).isoformat()
    version = objects["policy"]
    adaptation = "playbooks/<slug:slug>/for/<slug:spoke>/"
    token = str(uuid.uuid4())
    demand = {
        "title": "Records",
        "kind": "law",
        "source": "An act",
        "demands": "Keep them.",
        "look_on": tomorrow,
        "clause-0": f"{version['slug']}:say-where-you-work",
    }
    plan = {
        "name": "Autumn round",
        "starts_on": date.today().isoformat(),
        "due_on": (date.today() + timedelta(days=30)).isoformat(),
        "remind_before": 7,
        "remind_after": 7,
    }
    request_form = {
        "form_token": token,
        "title": "Summer shears",
        "spoke": str(cast.retail.pk),
        f"{PREFIX}-goal": "They try them",
        f"{PREFIX}-claims": "no",
    }
    # Otto's draft stands already: his page has seen it.
    kept = Suggestion.objects.get(pk=objects["suggestion-kept"]["pk"])
    suggestion = {
        "heading": "Ask",
        "body": "Ask.",
        "reason": "So.",
        "base": 1,
        "form_token": token,
        "seen_token": str(kept.form_token),
        "do": "save",
    }
    return {
        "search/tell-me/": {"q": "airship"},
        "desk/gaps/merge/": {"gap": list(SearchGap.objects.filter(state="open").values_list("pk", flat=True))},
        "desk/gaps/<int:pk>/answer/": {"address": f"/policies/{version['slug']}/"},
        "policies/<slug:slug>/sign/": {"version": version["number"], "text": _hash(version)},
        "playbooks/<slug:slug>/vote/": {"helpful": "yes"},
        "playbooks/<slug:slug>/why/": {"reason": "missing", "sentence": "The telephone number."},
        "playbooks/<slug:slug>/suggest/<slug:key>/": suggestion,
        "playbooks/<slug:slug>/suggest/<slug:key>/autosave/": suggestion,
        "suggestions/preview/": {"text": "# Hello"},
        "suggestions/<int:pk>/accept/": {
            "heading": "Ask first",
            "body": "Ask.",
            "lock": _lock("playbook-writing", objects),
        },
        "suggestions/<int:pk>/decline/": {"answer": "It is right as it is."},
        "playbooks/<slug:slug>/revisions/<int:number>/review/comment/": {"text": "Careful."},
        "admin/playbooks/playbook/<int:pk>/review/ask/": {
            "people": cast.dora.email,
            "due_on": of_policies.days(3).isoformat(),
        },
        "admin/playbooks/playbook/<int:pk>/review/comments/<int:comment>/answer/": {"state": "done"},
        "admin/playbooks/playbook/<int:pk>/significance/": _judgement("playbook-writing", objects),
        "cases/new/": {"title": "What we tried", "language": "en"},
        "cases/<int:pk>/edit/": {"title": "What we tried", "language": "en", "lock": 0},
        "cases/<int:pk>/publish/": {"lock": 0},
        "cases/<int:pk>/return/": {"comment": "Figures, please."},
        "cases/<int:pk>/retire/": {"reason": "The tool is no more."},
        "questions/ask/": {"title": "May I repost this?", "body": "A colleague's picture.", "form_token": token},
        "questions/<int:pk>/change/": {"title": "May I, please?"},
        "questions/<int:pk>/report/": {"reason": "astray"},
        "questions/<int:pk>/hide/": {"reason": "astray", "sentence": "Not here."},
        "questions/<int:pk>/answers/<int:answer_pk>/change/": {"body": "No."},
        "questions/<int:pk>/answers/<int:answer_pk>/report/": {"reason": "astray"},
        "questions/<int:pk>/answers/<int:answer_pk>/hide/": {"reason": "astray", "sentence": "Not here."},
        "questions/<int:pk>/answer/": {"body": "Yes, with the photographer's name."},
        "services/<slug:slug>/request/": request_form,
        "services/<slug:slug>/request/draft/": request_form,
        "requests/<int:number>/accept/": {"mode": "review"},
        "requests/<int:number>/deliver/": {"summary": "One page."},
        "requests/<int:number>/reopen/": {"reason": "One thing is missing."},
        "requests/<int:number>/assign/": {"to": cast.lena.pk},
        "requests/<int:number>/advise-against/": {"reason": "Too early.", "alternative": "In spring."},
        "requests/<int:number>/mark-duplicate/": {"of": objects["request-closed"]["number"]},
        "requests/<int:number>/urgent/": {"reason": "Tomorrow."},
        "requests/<int:number>/snooze/": {"until": tomorrow},
        "requests/<int:number>/withdraw/": {"reason": "No longer needed."},
        "requests/<int:number>/go-ahead/": {"reason": "We cannot wait."},
        "requests/<int:number>/reply/": {"text": "Here it is."},
        "requests/<int:number>/answer/": {"text": "Here it is."},
        "requests/<int:number>/ask/": {"text": "Which one?"},
        "requests/<int:number>/note/": {"text": "Careful."},
        "questions/<int:number>/request/": {"service": objects["service"]["object_id"]},
        "desk/queue/act/": {"act": "take", "request": objects["request-sent"]["number"]},
        "register/add/": {"account": "https://www.instagram.com/larkfield.new", "spoke": "retail"},
        "register/<int:pk>/edit/": {"account": "https://www.instagram.com/larkfield.retail", "spoke": "retail"},
        "register/<int:pk>/review/": {"review-still_ours": "on", "review-owner_right": "on"},
        "register/<int:pk>/move/": {"to": "active"},
        "playbooks/<slug:slug>/adaptations/start/": {"spoke": "stores"},
        f"{adaptation}add/": {"heading": "Ours", "body": "Words."},
        f"{adaptation}introduce/": {"intro": "Shorter."},
        f"{adaptation}sections/<slug:key>/": {"lock": 1, "seen": 1, "heading": "Ours", "body": "Other words."},
        f"{adaptation}sections/<slug:key>/leave-out/": {"reason": "Not here.", "seen": 1, "lock": 1},
        f"{adaptation}sections/<slug:key>/follow/": {"lock": 1},
        f"{adaptation}sections/<slug:key>/keep/": {"seen": 1},
        "playbooks/<slug:slug>/runs/start/": {
            "form_token": token,
            "spoke": "retail",
            "name": "Autumn",
            "starts_on": date.today().isoformat(),
        },
        "runs/<int:pk>/change/": {"name": "Autumn", "starts_on": tomorrow},
        "runs/<int:pk>/assign/": {
            "act": "give",
            "person": cast.dora.pk,
            "step": objects["run-under-way"]["step_pk"],
        },
        "runs/<int:pk>/finish/": {"helped": "The list."},
        "runs/<int:pk>/give-up/": {"reason": "No time."},
        "runs/<int:pk>/steps/<int:step_pk>/": _note(objects["run-under-way"]["step_pk"]),
        "runs/<int:pk>/steps/<int:step_pk>/tick/": {"done": "yes"},
        "settings/": {"title": "Gardener", "bio": "", "time_zone": ""},
        "settings/appearance/": {"scheme": "dark"},
        "settings/following/<slug:kind>/<int:pk>/": {"follow": "yes"},
        "settings/reminders/": {"announcement": "letter"},
        "welcome/": {"department": "retail"},
        "admin/playbooks/playbook/<int:pk>/return/": {"comment": "Please add the steps."},
        "admin/playbooks/playbook/<int:pk>/publish/": {"lock": _lock("playbook-review", objects)},
        "admin/policies/policy/<int:pk>/return/": {"comment": "Please say whom it concerns."},
        "admin/policies/policy/<int:pk>/publish-now/": {
            "now-reason": "A crisis.",
            "lock": _lock("policy-review", objects),
        },
        "policies/<slug:slug>/versions/<int:number>/review/comment/": {"text": "Careful."},
        "admin/policies/policy/<int:pk>/review/ask/": {
            "people": cast.dora.email,
            "kind": "review",
            "due_on": of_policies.days(3).isoformat(),
        },
        "admin/policies/policy/<int:pk>/review/answer/<int:comment>/": {"state": "done"},
        "admin/policies/policy/<int:pk>/review/outside/": {
            "name": "Ada",
            "email": "ada@counsel.example",
            "until": of_policies.days(3).isoformat(),
        },
        "outside/<str:token>/comment/": {"text": "Careful."},
        **{
            f"admin/policies/policy/<int:pk>/quiz/{which}": {
                "text": "When?",
                "clause_key": "lantern",
                "choice_1": "Now",
                "choice_2": "Never",
                "right": "1",
            }
            for which in ("", "<int:question>/")
        },
        "admin/policies/policy/<int:pk>/follow-ups/": {"lock": _lock("policy-writing", objects)},
        "admin/policies/policy/<int:pk>/significance/": _judgement("policy-writing", objects),
        "admin/policies/policy/<int:pk>/submit/": {"lock": _lock("policy-draft", objects)},
        "admin/policies/policy/<int:pk>/approve/": {"lock": _lock("policy-review", objects)},
        "admin/playbooks/playbook/<int:pk>/submit/": {"lock": _lock("playbook-draft", objects)},
        "admin/policies/policy/<int:pk>/withdraw/<int:number>/": {"reason": "obsolete"},
        "admin/policies/policy/<int:pk>/proof/": {"day": date.today().isoformat()},
        "admin/policies/acknowledgement/proof/": {"policy": version["pk"], "day": date.today().isoformat()},
        "admin/policies/policy/platforms/": {"clause": f"{version['slug']}:say-where-you-work", "platforms": ["x"]},
        "admin/policies/policy/preview/": {"text": "# Hello"},
        "may-i-post/<slug:slug>/": {"change": "music", "people": "no", "music": "song"},
        "admin/policies/guide/<int:pk>/edit/": {"lock": 1, "act": "save", "qcount": 0, "rcount": 0},
        "admin/policies/guide/<int:pk>/preview/": {"change": "music", "people": "no", "music": "song"},
        "admin/policies/guide/<int:pk>/publish/": {"lock": 1},
        "admin/policies/policy/<int:pk>/import/<int:document>/": {
            "base": content_hash(baseline(Policy.objects.get(pk=objects["policy-import"]["pk"]))),
            "count": 1,
            "choice-0": "new",
            "force-0": "must",
        },
        "admin/policies/campaign/add/": {**plan, "policy": version["pk"]},
        "admin/policies/campaign/<path:object_id>/change/": plan,
        "admin/policies/campaign/<int:pk>/close/": {"close-reason": "Done."},
        "admin/policies/campaign/<int:pk>/exempt/": {
            "exempt-person": cast.emma.email,
            "exempt-reason": "On leave.",
        },
        "admin/policies/obligation/add/": {**demand, "title": "Adverts are marked"},
        "admin/policies/obligation/<path:object_id>/change/": demand,
        "admin/policies/waiver/add/": {
            "clause": f"{version['slug']}:say-where-you-work",
            "spoke": cast.care.pk,
            "reason": "Tills.",
            "mitigation": "Signs.",
            "ends_on": tomorrow,
        },
        "admin/policies/waiver/<int:pk>/prolong/": {
            "prolong-ends_on": (date.today() + timedelta(days=90)).isoformat(),
            "prolong-reason": "Late.",
        },
        "admin/policies/waiver/<int:pk>/end/": {"end-reason": "Enough."},
        "admin/spokes/term/<path:object_id>/change/": {"ends_on": "2099-12-31"},
        "admin/django_celery_beat/periodictask/<path:object_id>/change/": {
            "enabled": "on",
            "every": "2",
            "unit": "hours",
            "timezone": "UTC",
        },
        "admin/playbooks/playbook/preview/": {"text": "# Hello"},
    }


def _hash(values):
    return PolicyVersion.objects.get(policy=values["pk"], number=values["number"]).content_hash


def _note(step):
    return {f"s{step}-note": "Done by Friday.", f"s{step}-seen": RunStep.objects.get(pk=step).note}


def _lock(name, objects):
    pk = objects[name]["pk"]
    if name.startswith("policy"):
        return PolicyVersion.objects.open().get(policy=pk).lock
    return Revision.objects.open().get(playbook=pk).lock


def _judgement(name, objects):
    """Each change of an open version judged another way than proposed."""
    if name.startswith("policy"):
        changes = PolicyVersion.objects.open().get(policy=objects[name]["pk"]).clause_changes.all()
    else:
        changes = Revision.objects.open().get(playbook=objects[name]["pk"]).section_changes.all()
    other = {"material": "clarifying", "clarifying": "material", "editorial": "material"}
    chosen = {f"significance-{change.key}": other[change.significance] for change in changes}
    return {"lock": _lock(name, objects), **chosen}
