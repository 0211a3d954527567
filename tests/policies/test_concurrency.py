"""Two people press at once: one succeeds, the other reads why not. Needs row locks, so PostgreSQL."""

import threading

import pytest
from django.db import connection

from hub.actions import upload_document
from hub.exceptions import Conflict, HubError, Invalid
from hub.models import ImportedDocument
from policies import actions
from policies.actions.imported import baseline
from policies.actions.text import content_hash
from policies.models import (
    Acknowledgement,
    Guide,
    GuideCount,
    GuideGap,
    OutsideReview,
    Policy,
    PolicyVersion,
    ReviewComment,
)
from tests.factories import make_cast, make_topic
from tests.policies.factories import (
    clause,
    days,
    guide_text,
    make_approved,
    make_draft,
    make_guide,
    make_policy,
    make_published,
    make_published_guide,
    make_submitted,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def at_once(*acts):
    """Runs the acts in threads that begin together; returns their results, exceptions included, in order."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            start.wait(10)
            results[place] = act()
        except HubError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_the_same_address_at_once_is_taken_by_one():
    cast = make_cast()
    make_topic()
    results = at_once(*[lambda: make_policy(cast=cast, title="Rules")] * 4)
    refused = [result for result in results if isinstance(result, Invalid)]
    assert [refusal.field for refusal in refused] == ["slug"] * 3
    assert Policy.objects.count() == 1


def test_two_policies_move_to_the_same_address_at_once():
    cast = make_cast()
    policies = [make_policy(cast=cast) for _n in range(3)]
    results = at_once(
        *[lambda policy=policy: actions.change_policy(policy=policy, slug="rules", by=cast.paul) for policy in policies]
    )
    refused = [result for result in results if isinstance(result, Invalid)]
    assert [refusal.field for refusal in refused] == ["slug"] * 2
    assert Policy.objects.filter(slug="rules").count() == 1


def test_two_leads_publish_at_once():
    cast = make_cast()
    version = make_approved(cast=cast)
    results = at_once(*[lambda by=by: actions.publish(version=version, by=by) for by in (cast.hana, cast.lena)])
    refused = [result for result in results if isinstance(result, HubError)]
    assert [str(error) for error in refused] == ["This version has been published already."]
    assert PolicyVersion.objects.get().status == "in_force"


def test_two_people_start_a_version_at_once():
    cast = make_cast()
    policy = make_published(cast=cast).policy
    results = at_once(*[lambda by=by: actions.start_version(policy=policy, by=by) for by in (cast.hana, cast.paul)])
    assert sum(isinstance(result, HubError) for result in results) == 1
    assert policy.versions.count() == 2


def test_two_people_import_at_once():
    cast = make_cast()
    policy = make_published(cast=cast).policy
    files = [
        upload_document(
            filename="rules.md",
            data=f"# Rules\n\n## Rule of {person.name}\n\nText.\n".encode(),
            owner=person,
            target="policy",
            version_of=policy.pk,
            by=person,
        )
        for person in (cast.hana, cast.paul)
    ]
    base = content_hash(baseline(policy))
    results = at_once(
        *[
            lambda file=file: actions.import_version(
                policy=policy, document=file, clauses=[clause(file.owner.name)], base=base, by=file.owner
            )
            for file in files
        ]
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert policy.versions.count() == 2
    assert ImportedDocument.objects.filter(status="taken").count() == 1


def test_one_file_is_taken_once_although_two_press():
    cast = make_cast()
    policy = make_published(cast=cast).policy
    file = upload_document(
        filename="rules.md",
        data=b"# R\n\n## A\n\nx\n",
        owner=cast.paul,
        target="policy",
        version_of=policy.pk,
        by=cast.paul,
    )
    base = content_hash(baseline(policy))
    press = lambda: actions.import_version(  # noqa: E731
        policy=policy, document=file, clauses=[clause("A")], base=base, by=cast.paul
    )
    results = at_once(press, press)
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert policy.versions.count() == 2


def test_two_editors_save_at_once():
    cast = make_cast()
    version = make_submitted(cast=cast)
    results = at_once(
        *[
            lambda by=by: actions.save_draft(version=version, clauses=[clause(by.name)], lock=version.lock, by=by)
            for by in (cast.hana, cast.paul)
        ]
    )
    assert sum(isinstance(result, HubError) for result in results) == 1
    assert version.clauses.count() == 1


def test_signing_while_a_new_text_is_published():
    cast = make_cast()
    old = make_published(cast=cast, must_sign=True)
    new = make_approved(cast=cast, policy=old.policy, clauses=[clause("Unseen")], significance="material")
    people = [cast.emma, cast.rita, cast.otto, cast.dora]

    def sign(by):
        return lambda: actions.sign(version=old, content_hash=old.content_hash, by=by)

    at_once(*map(sign, people), lambda: actions.publish(version=new, by=cast.hana))
    assert set(Acknowledgement.objects.values_list("version", flat=True)) <= {old.pk}
    for person in people:
        assert list(Policy.objects.awaiting_signature_of(person)) == [old.policy]


def test_one_person_presses_sign_twice():
    cast = make_cast()
    version = make_published(cast=cast, must_sign=True)
    press = lambda: actions.sign(version=version, content_hash=version.content_hash, by=cast.emma)  # noqa: E731
    results = at_once(press, press, press)
    assert len(set(results)) == 1
    assert Acknowledgement.objects.count() == 1


def test_people_who_sign_at_once_are_each_counted_and_each_once():
    cast = make_cast()
    version = make_published(cast=cast, must_sign=True)
    [key] = version.clauses.values_list("key", flat=True)
    question = actions.save_question(
        policy=version.policy, text="Who?", choices=["We", "They"], right=0, clause_key=key, by=cast.paul
    )

    def sign(by, missed=()):
        return lambda: actions.sign(
            version=version, content_hash=version.content_hash, answers={question.pk: 0}, missed=missed, by=by
        )

    at_once(sign(cast.emma), sign(cast.emma), sign(cast.rita, {question.pk}), sign(cast.otto), sign(cast.dora))
    question.refresh_from_db()
    assert (question.answered, question.right_at_first) == (4, 3)


def test_the_same_person_outside_invited_at_once_has_one_invitation():
    cast = make_cast()
    version = make_draft(cast=cast)

    def invite(by):
        return lambda: actions.invite_outside(
            version=version, name="Noor", email="noor@counsel.example", until=days(9), by=by
        )

    results = at_once(invite(cast.paul), invite(cast.hana), invite(cast.lena))
    assert len({result.pk for result in results}) == 1
    assert OutsideReview.objects.count() == 1


def test_a_link_that_ends_while_she_comments():
    """Either her comment was first and is kept, or it is refused; nothing comes after the end."""
    cast = make_cast()
    version = make_draft(cast=cast)
    invitation = actions.invite_outside(
        version=version, name="Noor", email="noor@counsel.example", until=days(9), by=cast.paul
    )
    results = at_once(
        lambda: actions.comment_outside(invitation=invitation, text="One."),
        lambda: actions.end_invitation(invitation=invitation, by=cast.hana),
        lambda: actions.comment_outside(invitation=invitation, text="Two."),
    )
    ended_at = OutsideReview.objects.get().ended_at
    said = list(ReviewComment.objects.values_list("at", flat=True))
    assert len(said) == sum(not isinstance(result, HubError) for result in results) - 1
    assert all(at < ended_at for at in said)


def test_two_editors_of_a_guide_save_at_once():
    cast = make_cast()
    guide = make_guide(cast=cast)
    questions, _rows = guide_text()

    def save():
        return actions.save_guide(guide=guide, questions=questions, rows=[], lock=guide.lock, by=cast.paul)

    results = at_once(save, save, save)
    assert len([result for result in results if isinstance(result, Conflict)]) == 2
    guide.refresh_from_db()
    assert (guide.lock, guide.questions.count()) == (2, 2)


def test_many_are_answered_at_once_and_each_is_counted():
    cast = make_cast()
    guide = make_published_guide(cast=cast)
    path = {"people": "no", "music": "song"}

    def ask():
        actions.count_answer(guide=guide, path=path, by=cast.emma)

    assert at_once(*[ask] * 6) == [None] * 6
    assert (GuideCount.objects.get().number, GuideGap.objects.get().number) == (6, 6)


def test_the_same_address_of_a_guide_at_once_is_taken_by_one():
    cast = make_cast()
    topic = make_topic()

    def create():
        return actions.create_guide(title="May I?", intro="For pictures.", topic=topic, by=cast.paul)

    results = at_once(*[create] * 4)
    assert [refusal.field for refusal in results if isinstance(refusal, Invalid)] == ["slug"] * 3
    assert Guide.objects.count() == 1
