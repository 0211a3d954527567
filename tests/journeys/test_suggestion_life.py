"""An employee sees what is wrong in a playbook, and a week later everybody reads it right, with her name beside it."""

from datetime import timedelta

from django.utils import timezone

from hub.letter import letter_for
from tests.journeys.browser import Browser
from tests.playbooks.factories import make_playbook, make_published, section


def test_from_a_phone_to_every_reader(cast):
    text = "Call the press desk.\n\n- [ ] Called\n- [ ] Note written"
    first = make_playbook(cast=cast, title="A journalist calls", owner=cast.rita)
    make_published(cast=cast, playbook=first, sections=[section("Call", key="call", body=text)])
    page = "/playbooks/a-journalist-calls/"

    # Otto, who uses it, knows better. He says so without signing up for anything, and sees what he changes.
    otto = Browser(cast.otto).open(page)
    otto.follow(f"{page}suggest/call/").submit(
        body="Call the press desk, day or night.\n\n- [ ] Called\n- [ ] Note written",
        reason="People wait for the morning, and the desk is there all night.",
        do="save",
    )
    assert "Only you see this" in otto.text and "day or night" in otto.text
    otto.submit("send/")
    assert "you get an answer" in otto.text

    # It waits for Rita, the owner, who is no member of the hub; nobody else is asked.
    assert "A suggestion for A journalist calls" not in Browser(cast.hana).open("/").text
    rita = Browser(cast.rita).open("/")
    assert "A suggestion for A journalist calls: Call" in rita.text
    rita.open(otto.url.partition("?")[0])
    assert "People wait for the morning" in rita.text
    rita.submit("accept/", answer="You are right, thank you.")
    assert "Accepted into revision 2" in rita.text
    assert "day or night" not in Browser(cast.emma).open(page).text

    # Paul submits it; Otto could not approve his own words, were he of the hub; Hana reads and publishes.
    editor = f"/admin/playbooks/playbook/{first.pk}/edit/"
    paul = Browser(cast.paul).open(editor)
    paul.submit(change_note="The press desk answers at night too.", do="save")
    revision = first.revisions.open().get()
    paul.submit("submit/", lock=revision.lock)
    Browser(cast.hana).open(editor).submit("publish/", lock=revision.lock)

    # Everybody reads it, with thanks; Otto's steps are still his ticks; his letter thanks him.
    emma = Browser(cast.emma).open(page)
    assert "day or night" in emma.text
    assert "Suggested by" in emma.text and "Otto" in emma.text[emma.text.index("Suggested by") :]
    assert "suggested by Otto" in emma.follow(f"{page}history/").text
    assert "Thank you: what you suggested is now in" in Browser(cast.otto).open("/").text
    letter = letter_for(cast.otto, timezone.now() - timedelta(days=7), timezone.now())
    assert "Thank you: what you suggested is now in" in str(letter.news)
    assert "You are right, thank you." in Browser(cast.otto).open("/suggestions/").follow(rita.url).text
