"""A page costs the same number of queries with one thing on it and with three, and no more than its ceiling.

Ceilings count everything: the session and the person too. Each page is asked once before it is counted, so that what
is remembered between requests is there, as it is for everybody but the first.
"""

from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engagements import actions as requests
from engagements.workflow import Status
from hub import actions as hub_actions
from hub import mail
from hub.models import JobRun
from hub.search import synonyms, vocabulary
from playbooks import actions as playbooks
from policies import actions as policies
from policies import clock
from spokes import actions as spokes
from spokes.actions import uploads
from tests.engagements import factories as of_requests
from tests.factories import make_cast, make_person, make_service, make_spoke, make_term, make_topic
from tests.playbooks import factories as of_playbooks
from tests.policies import factories as of_policies

# role, address, most queries (and what we want to reach, where that is less)
PAGES = """
    emma  /                                          12  (goal: 8; one for her steps, which she has here)
    rita  /                                          15  (two for her steps and runs, which she has here)
    hana  /                                          18  (two for a suggestion that an owner made herself, and reports)
    emma  /search/?q=lantern                         5
    emma  /search/suggest/?q=lant                    5
    emma  /hub/                                      6
    emma  /announcements/                            5
    emma  /settings/                                 5
    emma  /settings/reminders/                       5
    emma  /settings/following/                       8   (one for each of four kinds)
    emma  /topics/                                   4
    emma  /topics/{topic}/                           11
    emma  /settings/feeds/                           4
    emma  {feed}policies.json                        16  (all but 3 count for the limit)
    emma  {feed}policies.atom                        16
    emma  {feed}policies.ics                         18
    emma  /policies/                                 5
    emma  /policies/?mine=to-sign                    5
    emma  /policies/?sort=newest&state=in_force      5
    emma  /policies/{policy}/                        8   (goal: 7, as where nobody is released)
    hana  /policies/{policy}/                        9
    emma  /policies/{policy}/sign/                   9
    emma  /policies/{policy}/versions/               5
    emma  /policies/{policy}/versions/1/             7
    emma  /policies/{policy}/versions/1/download/md/  5
    emma  /policies/{policy}/versions/1/download/docx/  5
    emma  /policies/{policy}/compare/1/2/            5
    emma  /may-i-post/                               6
    emma  /may-i-post/{guide}/                       6
    emma  /may-i-post/{guide}/?people=no&music=none  7
    rita  /may-i-post/{guide}/?people=yes&music=none  7
    emma  /questions/ask/?guide={guide}&answers=people:no  10
    emma  /playbooks/                                5
    emma  /playbooks/{playbook}/                     8   (goal: 5; one for its runs)
    hana  /playbooks/{playbook}/                     8
    emma  /playbooks/{playbook}/revisions/1/         6
    emma  /playbooks/{playbook}/compare/1/2/         5
    emma  /playbooks/{playbook}/adaptations/         6
    rita  /playbooks/{playbook}/adaptations/         7
    emma  /playbooks/{playbook}/for/retail/          7
    rita  /playbooks/{playbook}/for/retail/          8
    rita  /playbooks/{playbook}/for/retail/add/      6
    rita  /playbooks/{playbook}/for/retail/sections/step-0/  8
    emma  /playbooks/{playbook}/history/             8
    emma  /playbooks/{playbook}/suggest/step-0/      7
    emma  /suggestions/                              7
    hana  /suggestions/?show=to-decide               7
    emma  /suggestions/{suggestion}/                 10
    emma  /playbooks/{playbook}/runs/                7
    rita  /playbooks/{playbook}/runs/start/          8
    rita  /runs/                                     6
    rita  /runs/?tab=department                      6
    hana  /runs/?tab=all                             6
    rita  /runs/export/?tab=department               5
    rita  /runs/{run}/                               9
    hana  /runs/{run}/                               9
    rita  /runs/{run}/assign/                        9
    rita  /runs/{run_finished}/                      9
    hana  /desk/runs/                                7
    rita  {run_feed}steps.ics                        16  (all but 3 count for the limit)
    hana  /admin/playbooks/run/                      9
    emma  /questions/                                6
    emma  /questions/?show=open                      6
    emma  /questions/?show=mine                      6
    hana  /questions/?show=to-answer                 6
    emma  /questions/{question}/                     6
    emma  /questions/similar/?q=lantern              5
    emma  /services/                                 4
    emma  /services/{service}/                       7
    rita  /services/{service}/                       7
    rita  /services/{service}/request/               6
    rita  /requests/                                 5
    rita  /requests/?tab=department                  5
    rita  /requests/?tab=drafts                      5
    rita  /requests/{request}/                       9
    hana  /requests/{request}/                       9
    hana  /desk/                                     8
    hana  /desk/queue/                               7
    hana  /desk/queue/?state=open&q=lantern          7
    hana  /desk/reports/                             5
    hana  /desk/reports/?show=settled                4
    hana  /desk/outbox/                              4
    hana  /desk/jobs/                                5
    emma  /departments/                              4
    emma  /departments/retail/                       13
    emma  /departments/customer-care/                13
    emma  /register/                                 5
    rita  /register/?attention=any                   6
    emma  /register/export/                          5
    emma  /register/{account}/                       8
    hana  /admin/                                    9
    hana  /admin/policies/policy/                    9
    hana  /admin/policies/acknowledgement/           9
    hana  /admin/policies/waiver/                    9
    hana  /admin/policies/obligation/                9
    hana  /admin/policies/obligation/coverage/       9
    hana  /admin/policies/obligation/{obligation}/change/  10
    hana  /admin/policies/campaign/                  9
    hana  /admin/policies/campaign/{campaign}/change/  9
    hana  /desk/sign-off/                            6
    hana  /desk/sign-off/{campaign}/                 9
    hana  /desk/sign-off/{campaign}/?department=customer-care  10
    sam   /desk/sign-off/{campaign}/                 8
    hana  /desk/sign-off/{campaign}/export/          5
    rita  /policies/{campaigned}/sign-off/           12
    rita  /policies/{campaigned}/sign-off/export/    9
    hana  /admin/policies/policy/{policy_pk}/edit/   9
    hana  /admin/policies/policy/{policy_pk}/look/   11
    hana  /admin/policies/policy/{policy_pk}/versions/  9
    hana  /admin/policies/guide/                     9
    hana  /admin/policies/guide/{guide_pk}/edit/     11
    hana  /admin/policies/guide/{guide_pk}/preview/  6
    hana  /admin/policies/guide/{guide_pk}/figures/  12
    hana  /admin/policies/policy/{policy_pk}/proof/  9
    hana  /admin/policies/acknowledgement/proof/     9
    hana  /admin/playbooks/playbook/                 9
    hana  /admin/playbooks/playbook/{playbook_pk}/edit/  10
    hana  /admin/playbooks/playbook/{playbook_pk}/changes/  12
    hana  /admin/playbooks/playbook/{playbook_pk}/review/   12
    hana  /admin/playbooks/question/                 9
    hana  /admin/hub/service/                        9
    hana  /admin/hub/service/{service_pk}/change/    14
    hana  /admin/engagements/engagementrequest/      9
    hana  /admin/spokes/socialaccount/               9
    hana  /admin/spokes/spoke/                       9
    hana  /admin/spokes/term/                        9
    hana  /admin/spokes/tableimport/                 9
    hana  /admin/hub/user/                           9
    hana  /admin/hub/topic/                          9
    hana  /admin/hub/announcement/                   9
    hana  /admin/hub/workcalendar/                   9
    hana  /admin/hub/auditevent/                     9
    hana  /admin/hub/outboxmessage/                  9
    hana  /admin/hub/jobrun/                         9
    hana  /admin/hub/importeddocument/               9
"""


def pages():
    for line in PAGES.strip().splitlines():
        role, address, most = line.split()[:3]
        yield role, address, int(most)


def one_of_everything(cast, things, number):
    """One more row for every list, and one more part of everything that has a page."""
    word = f"Lantern {number}"
    clauses = [
        of_policies.clause(heading=f"Lantern rule {n}", key=f"rule-{n}", body=f"Text {number}.") for n in range(number)
    ]
    policy = things.get("policy")
    version = of_policies.make_published(
        cast=cast,
        policy=policy,
        title=f"{word} policy",
        clauses=clauses,
        significance="material",
        **({} if policy else {"must_sign": True, "slug": "lantern"}),
    )
    things["policy"] = version.policy
    of_policies.make_published(cast=cast, title=f"{word} other policy", must_sign=True)
    of_policies.make_draft(cast=cast, title=f"{word} draft")
    of_policies.sign(person=cast.dora, version=version)
    cited = [f"{version.policy.slug}:rule-{n}" for n in range(number)]
    guide = of_policies.make_published_guide(cast=cast, title=f"{word} guide", cites=cited[:8])
    things.setdefault("guide", guide)
    for row in [None, *things["guide"].rows.all()]:
        path = {"people": "no", "music": "song", "n": str(number)}
        policies.count_answer(guide=things["guide"], path=path, row=row, by=cast.emma)
    policies.make_pack(pk=policies.ask_for_pack(policy=version.policy, day=clock.today(), by=cast.hana).pk)
    of_policies.make_waiver(cast=cast, version=version, key=f"rule-{number - 1}", spoke=cast.care)
    things["obligation"] = of_policies.make_obligation(
        cast=cast, clauses=[(version.policy, f"rule-{n}") for n in range(number)]
    )
    if "campaign" not in things:
        campaigned = of_policies.make_published(cast=cast, title=f"{word} campaigned", must_sign=True)
        things["campaign"] = of_policies.make_campaign(cast=cast, version=campaigned)
        policies.start_campaign(campaign=things["campaign"], by=cast.hana)
    of_policies.make_campaign(cast=cast, version=version, name=f"{word} round")
    make_person(name=f"Waits {number}", spoke=make_spoke(name=f"Waiting {number}", parent=cast.retail), by=cast.root)
    policies.exempt_person(
        campaign=things["campaign"], person=make_person(name=f"Exempt {number}", by=cast.root), reason="x", by=cast.paul
    )
    policies.keep_roll(things["campaign"].pk)
    sections = [
        of_playbooks.section(heading=f"Lantern step {n}", key=f"step-{n}", body=f"Text {number}.\n\n- [ ] Do")
        for n in range(number)
    ]
    cites = [{"section_key": f"step-{n}", "policy": version.policy, "clause_key": f"rule-{n}"} for n in range(number)]
    revision = of_playbooks.make_published(
        cast=cast, playbook=things.get("playbook"), sections=sections, citations=cites, title=f"{word} playbook"
    )
    things["playbook"] = revision.playbook
    other = of_playbooks.make_published(cast=cast, title=f"{word} other playbook").playbook
    for by in (cast.emma, cast.otto):
        suggestion = of_playbooks.make_suggestion(playbook=other, by=by)
    things.setdefault("suggestion", suggestion)
    adapt_some(cast, things, number)
    run_some(cast, things, number)
    of_playbooks.make_question(cast=cast, title=f"{word} unanswered?")
    question = things.setdefault("question", of_playbooks.make_question(cast=cast, title=f"{word} answered?"))
    answer = of_playbooks.make_answer(cast=cast, question=question, body=f"{word}, yes.")
    playbooks.accept_answer(answer=answer, by=cast.emma)
    of_playbooks.make_answer(cast=cast, question=of_playbooks.make_question(cast=cast, title=f"{word}, again?"))
    for kind, pk in (
        ("playbook", other.pk),
        ("topic", make_topic(name=f"Followed {number}").pk),
        ("question", question.pk),
        ("department", followed_department(cast, number).pk),
    ):
        hub_actions.follow(kind=kind, object_id=pk, by=cast.emma)
    playbooks.report(text=answer, reason="astray", by=cast.emma)
    playbooks.let_stand(text=answer, by=cast.hana)
    playbooks.report(text=of_playbooks.make_question(cast=cast, by=cast.otto), reason="astray", by=cast.emma)
    things["feed"] = hub_actions.renew_feed_token(by=cast.emma)
    things.setdefault("service", of_requests.make_offer(cast=cast))
    make_service(title=f"{word} service", owner=cast.paul)
    account = spokes.add_account(
        platform="instagram", handle=f"lantern{number}", spoke=cast.retail, owner=cast.rita, by=cast.root
    )
    things.setdefault("account", account)
    for status in (Status.DRAFT, Status.SUBMITTED, Status.WAITING, Status.DELIVERED, Status.CLOSED):
        of_requests.make_in(status, cast=cast, title=f"{word} {status}")
    request = things.setdefault("request", of_requests.make_in(Status.IN_PROGRESS, cast=cast, title=word))
    requests.reply(request=request, text=word, by=cast.rita)
    requests.note(request=request, text=word, by=cast.paul)
    hub_actions.publish_announcement(title=word, body=word, by=cast.hana)
    make_spoke(name=f"{word} team", parent=cast.retail)
    make_term(person=make_person(name=f"Deputy {number}", spoke=cast.retail), spoke=cast.retail, kind="deputy")
    make_topic(name=word)
    mail.post_raw(
        kind="announcement", to=cast.emma, address=cast.emma.email, about=word, period="", subject=word, text=word
    )
    JobRun.objects.create(job="hub.sweep_outbox", started_at=timezone.now())
    uploads.upload_table(kind="departments", filename=f"{word}.csv", data=b"name,parent\nA,\n", by=cast.hana)
    hub_actions.upload_document(
        filename=f"{number}.md", data=f"# {word}\n\nText.\n".encode(), owner=cast.paul, by=cast.hana
    )


def followed_department(cast, number):
    return make_spoke(name=f"Followed {number}", parent=cast.operations)


def adapt_some(cast, things, number):
    """One more department's version of the playbook; in Retail's as many sections in its own words as there are."""
    playbook = things["playbook"]
    playbook.refresh_from_db()
    seen = playbook.current.number
    for spoke in (cast.retail, make_spoke(name=f"Adapts {number}", parent=cast.operations)):
        made = playbooks.start_adaptation(playbook=playbook, spoke=spoke, by=cast.paul)
        locks = dict(made.sections.values_list("key", "lock"))
        for n in range(number):
            key = f"step-{n}"
            words = {"heading": "Ours", "body": f"Words {number}.", "lock": locks.get(key, 0), "seen": seen}
            playbooks.adapt_section(adaptation=made, key=key, by=cast.paul, **words)
        playbooks.publish_adaptation(adaptation=made, by=cast.paul)


def run_some(cast, things, number):
    """One more run of the playbook under way, with a step more for Rita and Emma, one finished with its points."""
    playbook = things["playbook"]
    run = of_playbooks.make_run(cast=cast, playbook=playbook, name=f"Lantern {number}", ends_on=clock.today())
    things.setdefault("run", run)
    for person, spoke in [(cast.rita, cast.retail), (cast.emma, cast.care)]:
        hers = of_playbooks.make_run(cast=cast, playbook=playbook, spoke=spoke, by=cast.paul)
        playbooks.assign_steps(run=hers, steps=[hers.steps.first().pk], person=person, by=cast.paul)
    for step in things["run"].steps.all()[:number]:
        playbooks.tick(step=step, done=True, by=cast.dora)
    if "run_finished" in things:
        playbooks.reopen_run(run=things["run_finished"], by=cast.rita)
    finished = things.setdefault("run_finished", of_playbooks.make_run(cast=cast, playbook=playbook))
    playbooks.finish_run(run=finished, points=[f"Point {n}" for n in range(number)], by=cast.rita)
    playbooks.send_point(point=finished.points.filter(question=None).first(), by=cast.rita)
    other = of_playbooks.make_run(cast=cast, name=f"Other {number}")
    playbooks.abandon_run(run=other, reason="x", by=cast.rita)
    things["run_feed"] = hub_actions.renew_feed_token(by=cast.rita)


def open_for_writing(cast, things, number):
    """A version of the policy and a revision of the playbook that are being written, with that many parts."""
    clauses = [of_policies.clause(key=f"rule-{n}", heading=f"Rule {n}") for n in range(number)]
    of_policies.make_draft(cast=cast, policy=things["policy"], clauses=clauses, significance="material")
    sections = [of_playbooks.section(key=f"step-{n}", heading=f"Step {n}") for n in range(number)]
    revision = of_playbooks.make_draft(cast=cast, playbook=things["playbook"], sections=sections)
    for person in [cast.rita, cast.otto, cast.dora][:number]:
        playbooks.ask_for_review(revision=revision, people=[person], due_on=clock.today(), by=cast.paul)
        said = playbooks.comment(revision=revision, text="Careful.", section_key="step-0", by=person)
        playbooks.answer_comment(comment=said, state="done", by=cast.paul)


def counts_of(client, cast, things):
    names = {
        "policy": things["policy"].slug,
        "policy_pk": things["policy"].pk,
        "playbook": things["playbook"].slug,
        "topic": things["playbook"].topic.slug,
        "playbook_pk": things["playbook"].pk,
        "guide": things["guide"].slug,
        "guide_pk": things["guide"].pk,
        "question": things["question"].pk,
        "suggestion": things["suggestion"].pk,
        "service": things["service"].slug,
        "service_pk": things["service"].pk,
        "request": things["request"].pk,
        "account": things["account"].pk,
        "feed": f"/policies/feeds/{things['feed']}/",
        "campaign": things["campaign"].pk,
        "obligation": things["obligation"].pk,
        "run": things["run"].pk,
        "run_finished": things["run_finished"].pk,
        "run_feed": f"/runs/feeds/{things['run_feed']}/",
        "campaigned": things["campaign"].policy.slug,
    }
    found = {}
    for role, pattern, _most in pages():
        address = pattern.format(**names)
        client.force_login(getattr(cast, role))
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
            b"".join(response.streaming_content) if response.streaming else response.content
        assert response.status_code == 200, f"{role} {address}: {response.status_code}"
        found[role, pattern] = [query["sql"] for query in queries.captured_queries]
    return found


def test_lists_and_pages_cost_the_same_with_one_thing_and_with_three(db, client, monkeypatch):
    # What search keeps in memory it compares with the database every five seconds: not in the middle of a count.
    for kept in (synonyms._kept, vocabulary._kept):
        monkeypatch.setattr(kept, "_seconds", 3600)
    cast = make_cast()
    things = {}
    one_of_everything(cast, things, 1)
    one_of_everything(cast, things, 2)  # a second version, so that there is something to compare
    open_for_writing(cast, things, 1)
    call_command("rebuild_search", verbosity=0)
    few = counts_of(client, cast, things)
    for number in (3, 4, 5):
        one_of_everything(cast, things, number)
    open_for_writing(cast, things, 3)
    call_command("rebuild_search", verbosity=0)
    many = counts_of(client, cast, things)
    grown, over = [], []
    for role, pattern, most in pages():
        before, after = few[role, pattern], many[role, pattern]
        if len(after) > len(before):
            grown.append(f"{role} {pattern}: {len(before)}, then {len(after)}: {_most_repeated(after)}")
        if len(after) > most:
            over.append(f"{role} {pattern}: {len(after)}, at most {most}")
    assert not grown, "\n".join(grown)
    assert not over, "\n".join(over)


def _most_repeated(statements):
    return max(statements, key=lambda sql: sum(other[:120] == sql[:120] for other in statements))[:200]
