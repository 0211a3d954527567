"""The pages of runs: what each person sees and can do there."""

import csv
import io
import re
import uuid
from datetime import timedelta

import pytest
from django.utils.html import escape

from hub import actions as hub_actions
from playbooks import actions
from playbooks.models import Run, RunStep, Suggestion
from playbooks.workflow import RunStatus
from policies import clock
from spokes import actions as spoke_actions
from tests.factories import make_person
from tests.playbooks.factories import make_published, make_run, section, steps


@pytest.fixture
def nia(cast):
    return make_person(name="Nia", email="nia@larkfield.example", spoke=cast.stores, by=cast.root)


def text(response):
    return response.content.decode()


def step_of(run, words):
    return run.steps.get(text=words)


def url(run, rest=""):
    return f"/runs/{run.pk}/{rest}"


# --- Starting ---------------------------------------------------------------------------------------------------------


def test_whoever_may_start_one_finds_the_button_on_the_playbook(cast, as_):
    playbook = make_published(cast=cast, sections=[steps("One")]).playbook
    for person, is_there in [
        (cast.rita, True),
        (cast.dora, True),
        (cast.paul, True),
        (cast.emma, False),
        (cast.audra, False),
        (cast.sam, False),
    ]:
        page = text(as_(person).get(playbook.get_absolute_url()))
        assert (f"{playbook.get_absolute_url()}runs/start/" in page) == is_there, person


def test_starting_one_takes_one_short_form(cast, as_):
    playbook = make_published(cast=cast, sections=[steps("One", "Two")]).playbook
    client = as_(cast.otto)
    page = text(client.get(f"/playbooks/{playbook.slug}/runs/start/"))
    assert "For Operations, with 2 steps." in page
    sent = {"name": "Spring", "goal": "", "starts_on": clock.today().isoformat(), "ends_on": ""}
    sent["form_token"] = str(uuid.uuid4())
    for _press in range(2):
        response = client.post(f"/playbooks/{playbook.slug}/runs/start/", sent)
        run = Run.objects.get()
        assert response.headers["Location"] == url(run)
    assert (run.spoke, run.started_by) == (cast.operations, cast.otto)
    # The next one sees that one is under way.
    assert "Under way already" in text(client.get(f"/playbooks/{playbook.slug}/runs/start/"))


def test_who_speaks_for_several_departments_chooses(cast, as_):
    playbook = make_published(cast=cast, sections=[steps("One")]).playbook
    client, address = as_(cast.rita), f"/playbooks/{playbook.slug}/runs/start/"
    sent = {"name": "Spring", "starts_on": clock.today().isoformat(), "form_token": str(uuid.uuid4())}
    response = client.post(address, sent)
    assert (response.status_code, "Choose the department." in text(response)) == (422, True)
    assert client.post(address, sent | {"spoke": "operations"}).status_code == 422
    assert client.post(address, sent | {"spoke": "stores"}).status_code == 302
    assert Run.objects.get().spoke == cast.stores


def test_a_playbook_without_steps_says_what_to_do(cast, as_):
    playbook = make_published(cast=cast, sections=[section(body="Words.")]).playbook
    page = text(as_(cast.rita).get(f"/playbooks/{playbook.slug}/runs/start/"))
    assert "no steps to tick off yet" in page
    assert f"/questions/ask/?playbook={playbook.slug}" in page


def test_a_refused_day_comes_back_with_what_was_typed(cast, as_):
    playbook = make_published(cast=cast, sections=[steps("One")]).playbook
    sent = {"name": "Spring", "starts_on": "9999-12-31", "form_token": str(uuid.uuid4()), "spoke": "retail"}
    response = as_(cast.rita).post(f"/playbooks/{playbook.slug}/runs/start/", sent)
    assert response.status_code == 422
    assert "A run starts within a year" in text(response)
    assert 'value="9999-12-31"' in text(response)


# --- Who sees what ----------------------------------------------------------------------------------------------------


def test_a_run_is_seen_by_its_department_and_the_hub_and_by_nobody_else(cast, as_, nia):
    run = make_run(cast=cast)
    for person in [cast.rita, cast.dora, nia, cast.paul, cast.audra]:
        assert as_(person).get(url(run)).status_code == 200, person
    for person in [cast.otto, cast.emma, cast.sam]:
        assert as_(person).get(url(run)).status_code == 404, person


def test_a_run_of_the_department_above_is_not_for_those_beside(cast, as_, nia):
    run = make_run(cast=cast, spoke=cast.stores)
    retail = make_person(name="Graham", spoke=cast.retail, by=cast.root)
    assert as_(nia).get(url(run)).status_code == 200
    assert as_(retail).get(url(run)).status_code == 404
    assert as_(cast.rita).get(url(run)).status_code == 200  # she speaks for what is below Retail, too


def test_a_playbook_that_is_no_longer_hers_takes_its_runs_along(cast, as_):
    run = make_run(cast=cast)
    actions.change_playbook(playbook=run.playbook, audiences=[cast.care.group], by=cast.paul)
    assert as_(cast.rita).get(url(run)).status_code == 404
    assert as_(cast.paul).get(url(run)).status_code == 200


def test_others_read_counts_and_the_name_of_the_department(cast, as_):
    run = make_run(cast=cast, name="Secret name", goal="Secret goal")
    for step in run.steps.all()[:2]:
        actions.tick(step=step, done=True, by=cast.rita)
    actions.finish_run(run=run, helped="Secret help", by=cast.rita)
    playbook = run.playbook
    make_run(cast=cast, playbook=playbook, spoke=cast.operations, by=cast.otto, name="Ours")
    given_up = make_run(cast=cast, playbook=playbook, name="Secret too")
    actions.abandon_run(run=given_up, reason="Secret reason", by=cast.rita)
    page = text(as_(cast.otto).get(playbook.get_absolute_url()))
    assert "Run 2 times, by 2 departments; median 1 day, 67 % of steps done" in page
    assert "Ours" in page
    page += text(as_(cast.otto).get(f"{playbook.get_absolute_url()}runs/"))
    assert "Retail" in page
    assert "Secret" not in page
    page = text(as_(cast.rita).get(f"{playbook.get_absolute_url()}runs/"))
    assert "Secret name" in page
    assert "Ours" not in page


def test_what_each_finds_on_the_run(cast, as_, nia):
    run = make_run(cast=cast)
    actions.assign_steps(run=run, steps=[step_of(run, "One").pk], person=nia, by=cast.rita)
    page = text(as_(nia).get(url(run)))
    assert page.count('class="tick" name="done"') == 1
    assert "Add a note<" in page
    assert "Give it up" not in page
    page = text(as_(cast.dora).get(url(run)))
    assert page.count('class="tick" name="done"') == 3
    assert "Give it up" in page
    page = text(as_(cast.audra).get(url(run)))
    assert 'name="done"' not in page
    assert "Give it up" not in page


# --- Ticks, notes, names ----------------------------------------------------------------------------------------------


def test_ticking_is_one_press_and_so_is_taking_it_back(cast, as_, nia):
    run = make_run(cast=cast)
    step = step_of(run, "One")
    actions.assign_steps(run=run, steps=[step.pk], person=nia, by=cast.rita)
    client, address = as_(nia), url(run, f"steps/{step.pk}/tick/")
    response = client.post(address, {"done": "yes"})
    assert response.headers["Location"] == f"{url(run)}#step-{step.pk}"
    assert RunStep.objects.get(pk=step.pk).done_by == nia
    assert "done by" in text(client.get(url(run)))
    client.post(address, {"done": "no"})
    assert not RunStep.objects.get(pk=step.pk).is_done
    assert client.post(address, {"done": "maybe"}).status_code == 404
    other = step_of(run, "Two")
    assert client.post(url(run, f"steps/{other.pk}/tick/"), {"done": "yes"}).status_code == 403


def test_a_step_of_another_run_is_not_found(cast, as_):
    run, other = make_run(cast=cast), make_run(cast=cast, spoke=cast.operations, by=cast.otto)
    address = url(run, f"steps/{step_of(other, 'One').pk}/tick/")
    assert as_(cast.rita).post(address, {"done": "yes"}).status_code == 404


def test_two_notes_at_once_are_both_shown(cast, as_):
    run = make_run(cast=cast)
    step = step_of(run, "One")
    actions.write_step(step=step, note="Hers <b>", seen="", by=cast.dora)
    client, address = as_(cast.rita), url(run, f"steps/{step.pk}/")
    name = f"s{step.pk}"
    response = client.post(address, {f"{name}-note": "Mine", f"{name}-seen": "", f"{name}-due_on": ""})
    assert response.status_code == 409
    page = text(response)
    assert "Mine" in page
    assert escape("Hers <b>") in page
    assert "Hers <b>" not in page
    assert f'name="{name}-seen" value="{escape("Hers <b>")}"' in page
    sent = {f"{name}-note": "Mine and hers", f"{name}-seen": "Hers <b>", f"{name}-due_on": clock.today().isoformat()}
    assert client.post(address, sent).status_code == 302
    step.refresh_from_db()
    assert (step.note, step.due_on) == ("Mine and hers", clock.today())


def test_giving_steps_finds_people_by_name_or_address_and_keeps_what_was_ticked(cast, as_, nia):
    run = make_run(cast=cast)
    one, two = step_of(run, "One"), step_of(run, "Two")
    client, address = as_(cast.rita), url(run, "assign/")
    page = text(client.get(f"{address}?step={one.pk}"))
    assert f'name="step" value="{one.pk}" checked' in page
    assert "nia@" not in page
    for words in ["nia", "NIA@lark"]:
        page = text(client.post(address, {"act": "find", "q": words, "step": [one.pk, two.pk]}))
        assert f'name="person" value="{nia.pk}" checked' in page
        assert f'name="step" value="{two.pk}" checked' in page
    assert "Nobody in Retail" in text(client.post(address, {"act": "find", "q": "emma"}))
    assert client.post(address, {"act": "find", "q": "ni\0a"}).status_code == 200
    assert not RunStep.objects.exclude(assignee=None).exists()
    response = client.post(address, {"act": "give", "person": nia.pk, "step": [one.pk, two.pk]}, follow=True)
    assert "Nia has 2 steps more." in text(response)
    assert run.steps.filter(assignee=nia).count() == 2
    assert client.post(address, {"act": "give", "step": [one.pk]}).status_code == 422
    assert client.post(address, {"act": "give", "step": [one.pk], "person": cast.emma.pk}).status_code == 422
    assert client.post(address, {"act": "give", "person": nia.pk}).status_code == 422
    assert client.post(address, {"act": "give", "step": ["9" * 30, "x"], "person": "9" * 30}).status_code == 422
    client.post(address, {"act": "give", "person": "nobody", "step": [one.pk]})
    assert run.steps.filter(assignee=nia).count() == 1


def test_who_left_is_shown_and_her_step_has_nobody(cast, as_, nia):
    run = make_run(cast=cast)
    actions.assign_steps(run=run, steps=[step_of(run, "One").pk], person=nia, by=cast.rita)
    page = text(as_(cast.rita).get(url(run)))
    assert "was with" not in page
    spoke_actions.say_goodbye(person=nia, by=cast.root)
    page = text(as_(cast.rita).get(url(run)))
    assert "1 step was with somebody who no longer works here" in page
    assert "was with" in page


# --- A newer text, the end --------------------------------------------------------------------------------------------


def test_a_newer_text_is_told_and_taken_over(cast, as_, nia):
    run = make_run(cast=cast, texts=["One {#one}", "Two {#two}"])
    client = as_(cast.rita)
    assert "changed since you began" not in text(client.get(url(run)))
    texts = ("One {#one}", "Two {#two}", "Three", "Four")
    make_published(cast=cast, playbook=run.playbook, sections=[steps(*texts)])
    page = text(client.get(url(run)))
    assert "The playbook changed since you began" in page
    assert "2 new steps." in page
    assert "Take the changes over" not in text(as_(nia).get(url(run)))
    client = as_(cast.rita)
    client.post(url(run, "take-over/"))
    assert run.steps.count() == 4
    assert "changed since you began" not in text(client.get(url(run)))


def test_a_new_text_with_the_same_steps_says_nothing(cast, as_):
    run = make_run(cast=cast, texts=["One {#one}"])
    body = "More words.\n\n- [ ] One {#one}"
    sections = [section(key="do-it", heading="Do it", body=body)]
    make_published(cast=cast, playbook=run.playbook, sections=sections)
    assert "changed since you began" not in text(as_(cast.rita).get(url(run)))


def test_finishing_asks_four_questions_and_sends_points(cast, as_):
    run = make_run(cast=cast, goal="Fewer typos")
    client = as_(cast.rita)
    page = text(client.get(url(run, "finish/")))
    assert "The goal was: Fewer typos" in page
    assert "0 of 3 steps are done." in page
    sent = {"helped": "The list", "hindered": "", "result": "None", "points": "- Say who\n\nShorter"}
    assert client.post(url(run, "finish/"), sent).status_code == 302
    run.refresh_from_db()
    assert run.status == RunStatus.FINISHED
    page = text(client.get(url(run)))
    assert page.count("Suggest it") == 2
    point = run.points.first()
    response = client.post(url(run, f"points/{point.pk}/send/"), {"section": "gone"}, follow=True)
    assert "not in the playbook any more" in text(response)
    response = client.post(url(run, f"points/{point.pk}/send/"), {"section": "do-it"}, follow=True)
    assert "Sent to Emma" in text(response)
    suggestion = Suggestion.objects.get()
    assert f'href="/suggestions/{suggestion.pk}/"' in text(response)
    assert text(client.get(url(run))).count("Suggest it") == 1
    # A colleague who may not open it reads how it stands.
    page = text(as_(cast.dora).get(url(run)))
    assert "Suggested: Waiting for an answer" in page
    assert f'href="/suggestions/{suggestion.pk}/"' not in page
    client = as_(cast.rita)
    assert client.get(url(run, "finish/")).status_code == 302
    client.post(url(run, "reopen/"))
    assert "Shorter" in text(client.get(url(run, "finish/")))


def test_too_long_a_point_comes_back_with_everything(cast, as_):
    run = make_run(cast=cast)
    response = as_(cast.rita).post(url(run, "finish/"), {"helped": "The list", "points": "x" * 501})
    assert response.status_code == 422
    assert "The list" in text(response)
    run.refresh_from_db()
    assert run.is_active


def test_giving_up_needs_a_reason_and_can_be_undone(cast, as_):
    run = make_run(cast=cast)
    client = as_(cast.rita)
    response = client.post(url(run, "give-up/"), {"reason": ""})
    assert (response.status_code, "Please fill this in." in text(response)) == (422, True)
    assert client.post(url(run, "give-up/"), {"reason": "No time <i>"}).status_code == 302
    page = text(client.get(url(run)))
    assert escape("No time <i>") in page
    assert "Reopen the run" in page
    client.post(url(run, "reopen/"))
    run.refresh_from_db()
    assert run.is_active


def test_name_goal_and_days_can_be_changed(cast, as_):
    run = make_run(cast=cast)
    client, day = as_(cast.rita), clock.today()
    sent = {"name": "New", "goal": "G", "starts_on": day.isoformat(), "ends_on": (day - timedelta(1)).isoformat()}
    assert client.post(url(run, "change/"), sent).status_code == 422
    assert client.post(url(run, "change/"), sent | {"ends_on": ""}).status_code == 302
    run.refresh_from_db()
    assert (run.name, run.goal) == ("New", "G")


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_the_lists_hold_hers_and_her_departments(cast, as_, nia):
    run = make_run(cast=cast, name="Retail's")
    stores = make_run(cast=cast, name="Of the shops", spoke=cast.stores, by=cast.dora)
    make_run(cast=cast, name="Of Operations", spoke=cast.operations, by=cast.otto)

    def names(person, query=""):
        page = text(as_(person).get(f"/runs/{query}"))
        return {one for one in ["Retail&#x27;s", "Of the shops", "Of Operations"] if one in page}

    assert names(cast.rita) == {"Retail&#x27;s"}
    assert names(cast.rita, "?tab=department") == {"Retail&#x27;s", "Of the shops"}
    assert names(cast.rita, "?tab=all") == {"Retail&#x27;s"}  # not hers to ask for
    assert names(nia) == set()
    actions.assign_steps(run=run, steps=[step_of(run, "One").pk], person=nia, by=cast.rita)
    assert names(nia) == {"Retail&#x27;s"}
    assert names(cast.paul, "?tab=all") == {"Retail&#x27;s", "Of the shops", "Of Operations"}
    assert names(cast.paul, "?tab=all&q=shops") == {"Of the shops"}
    assert names(cast.paul, "?tab=all&department=retail") == {"Retail&#x27;s", "Of the shops"}
    assert names(cast.paul, "?tab=all&department=x%00&state=y&q=%00") != {"Of Operations"}
    actions.finish_run(run=stores, by=cast.dora)
    assert names(cast.paul, "?tab=all&state=finished") == {"Of the shops"}
    assert names(cast.paul, "?tab=all&state=overdue") == set()
    assert names(cast.emma, "?tab=department") == set()


@pytest.mark.parametrize("sort", ["name", "-name", "due", "-due", "started", "-started"])
def test_pages_go_on_by_key_in_every_order(cast, as_, sort, monkeypatch):
    monkeypatch.setattr("playbooks.views.run_lists.PER_PAGE", 2)
    playbook = make_published(cast=cast, sections=[steps("One")]).playbook
    day = clock.today()
    for number in range(5):
        ends_on = day + timedelta(number) if number % 2 else None
        make_run(cast=cast, playbook=playbook, name=f"Run {number}.", ends_on=ends_on)
    client, address, seen = as_(cast.rita), f"/runs/?sort={sort}", []
    for _page in range(3):
        page = text(client.get(address))
        seen += [f"Run {n}." for n in range(5) if f"Run {n}." in page]
        address = "/runs/" + page.partition('rel="next"')[0].rpartition('href="')[2].rstrip('" ').replace("&amp;", "&")
    assert sorted(seen) == [f"Run {n}." for n in range(5)]


def test_sorting_begins_at_the_first_page(cast, as_):
    make_run(cast=cast)
    page = text(as_(cast.rita).get("/runs/?after=abc&tab=mine"))
    assert "?after=abc&amp;tab=mine&amp;sort" not in page
    assert "?tab=mine&amp;sort=name" in page


def test_the_export_holds_the_same_rows_and_no_formula(cast, as_):
    make_run(cast=cast, name="=cmd()", goal="+1")
    make_run(cast=cast, spoke=cast.operations, by=cast.otto, name="Hidden")
    response = as_(cast.rita).get("/runs/export/?tab=department")
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content))
    assert (row["name"], row["goal"], row["department"], row["steps"]) == ("'=cmd()", "'+1", "retail", "3")


def test_the_hub_sees_which_steps_are_left_out(cast, as_):
    playbook = make_published(cast=cast, title="Often run", sections=[steps("One", "Two", "Three")]).playbook
    for done in [["One"], ["One", "Three"]]:
        run = make_run(cast=cast, playbook=playbook)
        for words in done:
            actions.tick(step=step_of(run, words), done=True, by=cast.rita)
        actions.finish_run(run=run, by=cast.rita)
    actions.abandon_run(run=make_run(cast=cast, playbook=playbook), reason="No.", by=cast.rita)
    for person in [cast.paul, cast.audra]:
        page = text(as_(person).get("/desk/runs/"))
        assert "Two (2); Three (1)" in page
        assert "50 %" in page
    assert "Two (2)" in text(as_(cast.paul).get("/desk/runs/?since=90"))
    for person in [cast.emma, cast.rita, cast.sam]:
        assert as_(person).get("/desk/runs/").status_code == 403


def test_the_calendar_holds_her_open_steps_with_days(cast, client, nia):
    run = make_run(cast=cast, texts=["One (day +1)", "Two (day +2)", "Three"])
    ids = list(run.steps.values_list("pk", flat=True))
    actions.assign_steps(run=run, steps=ids, person=nia, by=cast.rita)
    actions.tick(step=step_of(run, "Two"), done=True, by=nia)
    token = hub_actions.renew_feed_token(by=nia)
    body = client.get(f"/runs/feeds/{token}/steps.ics").content.decode()
    assert body.count("BEGIN:VEVENT") == 1
    assert "SUMMARY:One" in body
    assert step_of(run, "One").due_on.strftime("DTSTART;VALUE=DATE:%Y%m%d") in body
    assert client.get("/runs/feeds/wrong/steps.ics").status_code == 404
    spoke_actions.move_home(person=nia, spoke=cast.care, by=cast.root)
    assert "VEVENT" not in client.get(f"/runs/feeds/{token}/steps.ics").content.decode()


def test_the_admin_looks_only(cast, as_):
    run = make_run(cast=cast)
    client = as_(cast.paul)
    assert "Spring run" in text(client.get("/admin/playbooks/run/"))
    assert client.post(f"/admin/playbooks/run/{run.pk}/change/", {"name": "x"}).status_code == 403


def test_a_note_leaves_the_day_that_a_colleague_has_set_meanwhile(cast, as_):
    run = make_run(cast=cast)
    step = step_of(run, "One")
    tomorrow = clock.today() + timedelta(1)
    page = as_(cast.rita).get(url(run))
    assert f'name="s{step.pk}-seen_due_on"' in text(page)
    actions.write_step(step=step, note="", seen="", due_on=tomorrow, by=cast.dora)
    name = f"s{step.pk}"
    sent = {f"{name}-note": "Asked", f"{name}-seen": "", f"{name}-due_on": "", f"{name}-seen_due_on": ""}
    assert as_(cast.rita).post(url(run, f"steps/{step.pk}/"), sent).status_code == 302
    step.refresh_from_db()
    assert (step.note, step.due_on) == ("Asked", tomorrow)
    sent |= {f"{name}-seen": "Asked", f"{name}-seen_due_on": tomorrow.isoformat()}
    as_(cast.rita).post(url(run, f"steps/{step.pk}/"), sent)
    step.refresh_from_db()
    assert step.due_on is None


def test_whoever_finishes_second_keeps_what_she_wrote(cast, as_):
    run = make_run(cast=cast)
    actions.finish_run(run=run, helped="The list", by=cast.dora)
    answer = as_(cast.rita).post(url(run, "finish/"), {"helped": "The phone", "points": "Shorter"})
    assert answer.status_code == 409
    assert "ended already" in text(answer)
    assert "The phone" in text(answer) and "Shorter" in text(answer)
    run.refresh_from_db()
    assert run.helped == "The list"


def test_the_playbook_thanks_the_departments_that_finished_a_run(cast, as_):
    run = make_run(cast=cast)
    page = text(as_(cast.otto).get(run.playbook.get_absolute_url()))
    assert "Run by" not in page
    actions.finish_run(run=run, by=cast.rita)
    page = text(as_(cast.otto).get(run.playbook.get_absolute_url()))
    assert re.search(r"Run by</dt>\s*<dd[^>]*>\s*<bdi>Retail</bdi>", page)
    assert "Spring run" not in page


def test_a_point_whose_question_is_hidden_leads_only_those_there_who_may_read_it(cast, as_):
    run = actions.finish_run(run=make_run(cast=cast), points=["Shorter"], by=cast.rita)
    question = actions.send_point(point=run.points.get(), by=cast.rita).question
    colleague = make_person(name="Cora", spoke=run.spoke, by=cast.root)
    assert f'href="{question.get_absolute_url()}"' in text(as_(colleague).get(url(run)))
    actions.hide(text=question, reason="astray", sentence="Not here.", by=cast.hana)
    for person, leads in [(colleague, False), (cast.rita, True), (cast.hana, True)]:
        page = text(as_(person).get(url(run)))
        assert "Sent to the owner" in page
        assert (f'href="{question.get_absolute_url()}"' in page) == leads, person


def test_nobody_reads_that_a_point_went_to_herself_or_to_somebody_who_left(cast, as_):
    playbook = make_published(cast=cast, sections=[steps("One")], owner=cast.rita).playbook
    run = actions.finish_run(run=make_run(cast=cast, playbook=playbook), points=["Shorter", "Longer"], by=cast.rita)
    for point in run.points.all():
        answer = as_(cast.rita).post(url(run, f"points/{point.pk}/send/"), {"section": "do-it"}, follow=True)
        assert "Sent. You get a message" in text(answer)
        assert "Sent to Rita" not in text(answer)
