"""A policy from its first draft to its withdrawal, as readers and authors see it."""

from policies import actions
from policies.models import Policy
from tests.journeys.browser import Browser
from tests.policies.factories import clause, make_draft, make_published


def test_from_draft_to_withdrawal(cast, published):
    text = [clause("Say where you work", key="say-so", body="Say it in the profile.")]
    draft = make_draft(cast=cast, title="Disclosure", must_sign=True, clauses=text, note="First version.")
    policy = draft.policy
    emma = Browser(cast.emma)

    # A draft is nobody's business.
    emma.open("/policies/disclosure/", status=404)
    assert "Disclosure" not in emma.open("/policies/").text

    # Paul submits; Lena, who wrote no word of it, finds it on her home page and approves; Hana publishes.
    draft = actions.submit(version=draft, lock=draft.lock, by=cast.paul)
    lena = Browser(cast.lena).open("/")
    assert "Approve: Disclosure, version 1" in lena.text
    assert "Approve: Disclosure" not in Browser(cast.paul).open("/").text
    draft = actions.approve(version=draft, lock=draft.lock, by=cast.lena)
    actions.publish(version=draft, by=cast.hana)
    published(policy)
    assert "Say it in the profile" in emma.open("/policies/disclosure/").text
    assert "New policy: Disclosure" in emma.open("/").text
    assert "/policies/disclosure/#c-say-so" in emma.open("/search/?q=profile").links
    emma.open("/policies/disclosure/sign/").submit()

    # The rule changes: Emma is asked again and sees what changed.
    text = [clause("Say where you work", key="say-so", body="Say it in the post itself.")]
    make_published(cast=cast, policy=policy, clauses=text, significance="material", note="The profile is not enough.")
    published(policy)
    assert "Sign: Disclosure" in emma.open("/").text
    emma.open("/policies/disclosure/sign/")
    assert "The profile is not enough." in emma.text
    assert "<del" in emma.page.content.decode() and "<ins" in emma.page.content.decode()
    emma.submit()
    assert "Sign: Disclosure" not in emma.open("/").text

    # The old text keeps its address, and the clause its own.
    assert "Say it in the profile" in emma.open("/policies/disclosure/versions/1/").text
    assert 'id="c-say-so"' in emma.open("/policies/disclosure/").page.content.decode()

    # It is renamed and withdrawn: old links lead there, and readers see that it holds no more.
    policy = actions.change_policy(policy=policy, slug="say-who-you-are", by=cast.paul)
    assert emma.open("/policies/disclosure/").url == "/policies/say-who-you-are/"
    actions.withdraw(version=Policy.objects.get().current, reason="obsolete", by=cast.hana)
    published(policy)
    emma.open("/policies/say-who-you-are/")
    assert "Withdrawn" in emma.text and "Say it in the post itself" in emma.text
    assert "Sign" not in [form["action"] for form in emma.forms]
