"""Somebody outside the company reads one draft by a link, and comments on it; nothing else of the portal is hers."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from coe_portal.log import WithoutTokens
from hub import mail, signed_links
from hub.exceptions import Invalid, NotAllowed
from hub.models import AuditEvent, OutboxMessage
from policies import actions
from policies.emails import OUTSIDE
from policies.models import OutsideReview, ReviewComment
from policies.views.outside import LIMITS
from tests.policies.factories import clause, days, make_draft, make_policy, make_published

PRIVATE = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "strict-origin",
}


@pytest.fixture
def draft(cast):
    return make_draft(
        cast=cast,
        title="Our rules",
        clauses=[clause("Ask first", key="ask", body="You must ask."), clause("Be kind", key="kind", body="Always.")],
    )


def invite(version, *, by, **fields):
    values = {"name": "Noor Haddad", "email": "noor@counsel.example", "until": days(14), **fields}
    return actions.invite_outside(version=version, by=by, **values)


def link(invitation, *more):
    path = reverse("outside:read", args=[signed_links.open_token(OUTSIDE, about=invitation.pk)])
    return path + "".join(f"{one}/" for one in more)


def publish(version, cast):
    for comment in version.comments.open():
        actions.answer_comment(comment=comment, state="done", by=cast.paul)
    version.refresh_from_db()
    actions.publish_without_approval(version=version, lock=version.lock, reason="Fire.", by=cast.hana)


# --- Inviting --------------------------------------------------------------------------------------------------------


def test_an_invitation_is_one_message_with_the_link(cast, draft):
    invitation = invite(draft, by=cast.paul, name="  Noor\nHaddad ", email="Noor@Counsel.example")
    assert (invitation.name, invitation.email, invitation.invited_by) == (
        "Noor Haddad",
        "noor@counsel.example",
        cast.paul,
    )
    [message] = OutboxMessage.objects.filter(kind="outside_review")
    assert (message.recipient, message.to_address) == (None, "noor@counsel.example")
    assert link(invitation) in message.text and link(invitation) in message.html
    assert "Paul asks you to read a draft: Our rules" in message.subject
    event = AuditEvent.objects.get(verb="invited from outside")
    assert event.details == {
        "name": "Noor Haddad",
        "email": "noor@counsel.example",
        "until": days(14).isoformat(),
    }


def test_inviting_again_gives_the_new_day_and_sends_the_link_once_more(cast, draft):
    invitation = invite(draft, by=cast.paul)
    actions.finish_outside(invitation=invitation)
    again = invite(draft, by=cast.hana, until=days(30))
    assert (again.pk, again.until, again.invited_by, again.done_at) == (invitation.pk, days(30), cast.hana, None)
    assert OutboxMessage.objects.filter(kind="outside_review").count() == 2
    actions.end_invitation(invitation=again, by=cast.paul)
    assert invite(draft, by=cast.paul).pk != invitation.pk


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"until": "yesterday"}, "until"),
        ({"until": "too late"}, "until"),
    ],
)
def test_what_cannot_be_sent_is_refused(cast, draft, fields, field):
    words = {"yesterday": days(-1), "too late": days(61)}
    fields = {name: words.get(value, value) for name, value in fields.items()}
    with pytest.raises(Invalid) as refused:
        invite(draft, by=cast.paul, **fields)
    assert refused.value.field == field
    assert not OutsideReview.objects.exists()
    assert not OutboxMessage.objects.filter(kind="outside_review").exists()


def test_the_longest_is_sixty_days(cast, draft):
    assert invite(draft, by=cast.paul, until=days(60)).until == days(60)
    assert invite(draft, by=cast.paul, until=days(0)).until == days(0)


def test_whoever_works_here_is_asked_by_name(cast, draft):
    with pytest.raises(Invalid, match="works here"):
        invite(draft, by=cast.paul, email=cast.emma.email.upper())


def test_twenty_read_at_a_time(cast, draft):
    for number in range(20):
        invite(draft, by=cast.paul, email=f"reader{number}@counsel.example")
    with pytest.raises(Invalid, match="20"):
        invite(draft, by=cast.paul, email="one.more@counsel.example")
    invite(draft, by=cast.paul, email="reader3@counsel.example")
    OutsideReview.objects.filter(email="reader0@counsel.example").update(until=days(-1))
    invite(draft, by=cast.paul, email="one.more@counsel.example")


@pytest.mark.parametrize("name", ["emma", "rita", "sam", "audra"])
def test_only_staff_invite_and_end(cast, draft, name):
    invitation = invite(draft, by=cast.paul)
    person = getattr(cast, name)
    with pytest.raises(NotAllowed):
        invite(draft, by=person, email="other@counsel.example")
    with pytest.raises(NotAllowed):
        actions.end_invitation(invitation=invitation, by=person)


def test_a_published_version_is_not_sent_out(cast):
    with pytest.raises(NotAllowed):
        invite(make_published(cast=cast), by=cast.paul)


def test_the_database_holds_one_running_invitation_an_address(cast, draft):
    invitation = invite(draft, by=cast.paul)
    values = {"version": draft, "name": "x", "until": days(1), "invited_by": cast.paul, "invited_at": timezone.now()}
    with pytest.raises(IntegrityError), transaction.atomic():
        OutsideReview.objects.create(email=invitation.email, **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        OutsideReview.objects.create(email="x@y.example", ended_at=timezone.now(), **values)


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_the_link_shows_the_draft_and_her_own_comments_only(client, cast, draft):
    actions.comment(version=draft, text="Between us: too soft.", clause_key="ask", by=cast.paul)
    invitation = invite(draft, by=cast.paul)
    other = invite(draft, by=cast.paul, email="other@counsel.example", name="Ada")
    actions.comment_outside(invitation=other, text="What Ada says.", clause_key="ask")
    actions.comment_outside(invitation=invitation, text="Whom?", clause_key="ask")
    answer = client.get(link(invitation))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "You must ask." in page and "Whom?" in page and "Noor Haddad" in page
    assert "Between us" not in page and "What Ada says" not in page and "counsel.example" not in page
    assert {name: answer[name] for name in PRIVATE} == PRIVATE
    assert '<meta name="robots" content="noindex, nofollow">' in page
    for elsewhere in ("/search/", "/policies/", "/admin/", "/desk/"):
        assert f'href="{elsewhere}' not in page and f'action="{elsewhere}' not in page


@pytest.mark.parametrize("path", ["/", "/policies/", "/policies/our-rules/", "/search/?q=ask", "/requests/"])
def test_whoever_has_a_link_has_nothing_else(client, cast, draft, path):
    client.get(link(invite(draft, by=cast.paul)))
    assert client.get(path)["Location"].startswith("/accounts/login/")


def test_looking_changes_nothing(client, cast, draft):
    invitation = invite(draft, by=cast.paul)
    before = AuditEvent.objects.count(), vars(OutsideReview.objects.get()) | {"_state": None}
    for act in ("", "comment", "done"):
        answer = client.get(link(invitation, *filter(None, [act])))
        assert answer.status_code == (405 if act else 200)
    assert (AuditEvent.objects.count(), vars(OutsideReview.objects.get()) | {"_state": None}) == before
    assert ReviewComment.objects.count() == 0


@pytest.mark.parametrize("token", ["x", "W10:abc:def", "a.b.c"])
def test_a_token_that_we_did_not_sign_opens_nothing(client, db, token):
    assert client.get(f"/outside/{token}/").status_code == 404


def test_tokens_of_other_purposes_and_of_what_is_gone_open_nothing(client, cast, draft):
    invitation = invite(draft, by=cast.paul)
    for token in (
        signed_links.open_token("playbooks.still-true", about=invitation.pk),
        signed_links.token_for(OUTSIDE, person=cast.paul, about=invitation.pk),
        signed_links.open_token(OUTSIDE, about=invitation.pk + 1),
    ):
        assert client.get(f"/outside/{token}/").status_code == 404


def test_whoever_works_here_reads_under_her_own_name(client, cast, draft):
    invitation = invite(draft, by=cast.paul)
    for person in (cast.emma, cast.audra, cast.paul):
        client.force_login(person)
        assert client.get(link(invitation)).status_code == 403
        assert client.post(link(invitation, "comment"), {"text": "As Noor."}).status_code == 403
    assert ReviewComment.objects.count() == 0


# --- Saying something ------------------------------------------------------------------------------------------------


def test_a_comment_is_hers_and_must_be_answered_as_any(client, cast, draft):
    invitation = invite(draft, by=cast.paul)
    answer = client.post(link(invitation, "comment"), {"text": "Whom <b>do</b> I ask?", "part": "ask"})
    comment = ReviewComment.objects.get()
    assert answer["Location"] == f"{link(invitation)}#comment-{comment.pk}"
    assert (comment.said_by, comment.author, comment.outside, comment.heading) == (
        "Noor Haddad",
        cast.paul,
        invitation,
        "Ask first",
    )
    event = AuditEvent.objects.get(verb="commented")
    assert (event.by, event.details) == (None, {"clause": "ask", "outside": "Noor Haddad"})
    actions.submit(version=draft, lock=draft.lock, by=cast.paul)
    with pytest.raises(NotAllowed, match="1 comment"):
        actions.approve(version=draft, lock=draft.lock, by=cast.hana)
    actions.answer_comment(comment=comment, state="done", answer="The hub.", by=cast.paul)
    assert "The hub." in client.get(link(invitation)).content.decode()
    client.force_login(cast.paul)
    page = client.get(f"/admin/policies/policy/{draft.policy_id}/review/").content.decode()
    assert "<bdi>Noor Haddad</bdi> (outside), invited by" in page
    assert "Whom &lt;b&gt;do&lt;/b&gt; I ask?" in page


def test_what_cannot_be_stored_is_kept_on_the_page(client, cast, draft):
    invitation = invite(draft, by=cast.paul)
    answer = client.post(link(invitation, "comment"), {"text": "Lost?", "part": "gone"})
    assert answer.status_code == 422
    assert "Lost?" in answer.content.decode()
    assert f'action="{link(invitation, "comment")}"' in answer.content.decode()
    assert {name: answer[name] for name in PRIVATE} == PRIVATE
    assert client.post(link(invitation, "comment"), {"text": " "}).status_code == 422


def test_she_says_that_she_has_read_it(client, cast, draft):
    invitation = invite(draft, by=cast.paul)
    for _twice in range(2):
        assert client.post(link(invitation, "done"))["Location"] == link(invitation)
    page = client.get(link(invitation)).content.decode()
    assert "You have read it" in page and "The authors see that you have read it" in page
    assert AuditEvent.objects.filter(verb="read for review").count() == 1


# --- The end ---------------------------------------------------------------------------------------------------------


def ends(how, invitation, cast):
    if how == "ended":
        actions.end_invitation(invitation=invitation, by=cast.hana)
        actions.end_invitation(invitation=invitation, by=cast.paul)
    elif how == "published":
        publish(invitation.version, cast)
    else:
        OutsideReview.objects.update(until=days(-1))


@pytest.mark.parametrize("how", ["ended", "published", "expired"])
def test_a_link_that_is_over_shows_nothing_and_loses_nothing_typed(client, cast, draft, how):
    invitation = invite(draft, by=cast.paul)
    actions.comment_outside(invitation=invitation, text="Said before.")
    ends(how, invitation, cast)
    answer = client.get(link(invitation))
    page = answer.content.decode()
    assert answer.status_code == 410
    assert "This link is over" in page
    for hidden in ("You must ask", "Our rules", "Said before"):
        assert hidden not in page
    assert {name: answer[name] for name in PRIVATE} == PRIVATE
    answer = client.post(link(invitation, "comment"), {"text": "Typed <i>just</i> now."})
    assert answer.status_code == 410
    assert "Typed &lt;i&gt;just&lt;/i&gt; now." in answer.content.decode()
    assert client.post(link(invitation, "done")).status_code == 410
    with pytest.raises(NotAllowed):
        actions.comment_outside(invitation=invitation, text="Late.")
    assert ReviewComment.objects.count() == 1
    message = OutboxMessage.objects.get(kind="outside_review")
    assert mail.is_still_true(message) is False


def test_who_ended_it_is_recorded_once(cast, draft):
    invitation = invite(draft, by=cast.paul)
    ends("ended", invitation, cast)
    invitation.refresh_from_db()
    assert invitation.ended_by == cast.hana
    assert AuditEvent.objects.filter(verb="ended an invitation").count() == 1


def test_it_works_until_the_end_of_its_day(client, cast, draft):
    invitation = invite(draft, by=cast.paul, until=days(0))
    assert client.get(link(invitation)).status_code == 200
    assert mail.is_still_true(OutboxMessage.objects.get(kind="outside_review"))
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert client.get(link(invitation)).status_code == 410


def test_ended_while_she_writes(client, cast, draft, monkeypatch):
    """The link ends between the look at it and the lock."""
    invitation = invite(draft, by=cast.paul)
    monkeypatch.setattr("policies.views.outside.refusal", lambda *given: "")
    actions.end_invitation(invitation=invitation, by=cast.paul)
    answer = client.post(link(invitation, "comment"), {"text": "Just now."})
    assert answer.status_code == 410
    assert "Just now." in answer.content.decode()


# --- What must not get out -------------------------------------------------------------------------------------------


def test_the_token_is_in_no_audit_line_and_no_log(client, cast, draft, caplog):
    invitation = invite(draft, by=cast.paul)
    client.post(link(invitation, "comment"), {"text": "Hm."})
    actions.end_invitation(invitation=invitation, by=cast.paul)
    token = signed_links.open_token(OUTSIDE, about=invitation.pk)
    assert not [event for event in AuditEvent.objects.all() if token[:10] in str(event.details)]
    caplog.handler.addFilter(WithoutTokens())
    with caplog.at_level(logging.INFO):
        assert client.get(link(invitation)).status_code == 410
    assert "/outside/…/" in caplog.text
    assert token not in caplog.text


def test_a_line_that_cannot_be_written_breaks_nobody():
    record = logging.LogRecord("any", logging.INFO, __file__, 1, "%d people", ("many",), None)
    assert WithoutTokens().filter(record)


@pytest.mark.parametrize("who", ["reader", "writer", "stranger"])
def test_too_often_is_too_often(client, cast, draft, who):
    invitation = invite(draft, by=cast.paul)
    most = int(LIMITS[who].partition("/")[0])
    ask = {
        "reader": lambda: client.get(link(invitation)),
        "writer": lambda: client.post(link(invitation, "done")),
        "stranger": lambda: client.get("/outside/guess/"),
    }[who]
    assert 429 not in {ask().status_code for _time in range(most)}
    assert ask().status_code == 429
    if who == "reader":  # another invitation has its own count
        other = invite(draft, by=cast.paul, email="other@counsel.example")
        assert client.get(link(other)).status_code == 200


def test_forms_are_refused_without_their_token(cast, draft):
    invitation = invite(draft, by=cast.paul)
    assert Client(enforce_csrf_checks=True).post(link(invitation, "done")).status_code == 403


# --- The desk --------------------------------------------------------------------------------------------------------


def desk(version, *more):
    return "/".join(["/admin/policies/policy", str(version.policy_id), "review", *map(str, more)]) + "/"


def test_staff_invite_and_end_on_the_review_page(client, cast, draft):
    client.force_login(cast.paul)
    assert "Nobody outside the company has a link" in client.get(desk(draft)).content.decode()
    sent = {"name": "Noor", "email": "noor@counsel.example", "until": days(9).isoformat()}
    client.post(desk(draft, "outside"), sent)
    invitation = OutsideReview.objects.get()
    page = client.get(desk(draft)).content.decode()
    assert "Noor gets a link by mail." in page and "End the link of Noor" in page
    assert signed_links.open_token(OUTSIDE, about=invitation.pk)[:12] not in page
    client.post(desk(draft, "outside", invitation.pk, "end"))
    page = client.get(desk(draft)).content.decode()
    assert "Link ended" in page and "End the link of" not in page


def test_a_refused_invitation_keeps_what_was_typed(client, cast, draft):
    client.force_login(cast.paul)
    sent = {"name": "Noor", "email": cast.emma.email, "until": days(99).isoformat()}
    answer = client.post(desk(draft, "outside"), sent)
    assert answer.status_code == 422
    assert 'value="Noor"' in answer.content.decode() and "works here" in answer.content.decode()
    assert client.post(desk(draft, "outside"), {}).status_code == 422


def test_history_leaves_a_draft_that_somebody_outside_reads(cast):
    policy = make_policy(cast=cast)
    invite(policy.versions.get(), by=cast.paul)
    with pytest.raises(NotAllowed, match="being worked on"):
        actions.record_history(
            policy=policy,
            clauses=[clause("One")],
            change_note="x",
            significance="material",
            written_by=cast.paul,
            approved_by=cast.hana,
            publish_on=days(-9),
            effective_on=days(-9),
            by=cast.hana,
        )
