"""Policies, playbooks and questions of the sample, with their history."""

import uuid

from coe_portal.sample.reading import SampleError, check_keys, folders, headed, loading, read
from hub.models import OldSlug
from playbooks import actions as playbook_actions
from playbooks.models import (
    Answer,
    Goal,
    Playbook,
    PlaybookTemplate,
    Question,
    ReadCount,
    Verification,
    Vote,
    WhyNot,
)
from policies import actions as policy_actions
from policies.models import Policy, PolicyVersion

PUBLISHED = {"superseded", "in_force", "announced", "withdrawn", "published"}
NAMESPACE = uuid.UUID("6f0d5f8e-3a0b-5c53-9a7e-2f1d5d0f6c11")


def token(*parts):
    """The same thing of the sample has the same token for ever."""
    return uuid.uuid5(NAMESPACE, "/".join(parts))


def _there(model, kind, slug):
    found = model.objects.filter(slug=slug).first()
    if found is None:
        old = OldSlug.objects.filter(kind=kind, slug=slug).first()
        found = model.objects.filter(pk=old.object_id).first() if old else None
    return found


def load_policies(sample):
    fresh = {}
    for slug in folders("policies", root=sample.root):
        with loading(f"policies/{slug}"):
            row = read(f"policies/{slug}/policy.yaml", root=sample.root)
            check_keys(
                row,
                needs={"title", "summary", "topic", "owner", "review_months", "next_review_in", "must_sign"}
                | {"sign_within_days", "audiences", "versions"},
            )
            policy = _there(Policy, "policy", slug)
            if policy is None:
                policy = fresh[slug] = _policy(sample, slug, row)
                for version in row["versions"]:
                    with loading(f"v{version.get('number')}.md"):
                        _version(sample, policy, slug, version)
                sample.policy_rows.append((policy, row))
                sample.made("policies")
            sample.policies[slug] = policy
    for policy, row in sample.policy_rows:
        with loading(f"policies/{policy.slug}"):
            _settle(sample, policy, row)


def _policy(sample, slug, row):
    return policy_actions.create_policy(
        slug=slug,
        title=row["title"],
        summary=row["summary"],
        topic=sample.topics[row["topic"]],
        owner=sample.people[row["owner"]],
        review_months=row["review_months"],
        must_sign=row["must_sign"],
        sign_within_days=row["sign_within_days"] or 14,
        audiences=sample.groups(row["audiences"]),
        by=sample.people[row["owner"]] if sample.people[row["owner"]].is_coe_staff else sample.lead,
    )


def _version(sample, policy, slug, row):
    check_keys(
        row,
        needs={"number", "status", "significance", "change_note", "author", "approver", "published_in", "effective_in"},
        may={"withdrawn_in", "withdrawal_reason", "merged_into", "narrowed"},
    )
    clauses = headed(f"policies/{slug}/v{row['number']}.md", root=sample.root)
    if any(clause["force"] is None for clause in clauses):
        raise SampleError("a clause must say [must], [should] or [may]")
    narrowed = row.get("narrowed") or {}
    if not narrowed.keys() <= {clause["key"] for clause in clauses}:
        raise SampleError("narrows a clause that it does not have")
    for clause in clauses:
        clause["audiences"] = [group.pk for group in sample.groups(narrowed.get(clause["key"], []))]
    author, approver = sample.people[row["author"]], sample.person(row["approver"])
    if row["status"] in PUBLISHED:
        policy_actions.record_history(
            policy=policy,
            clauses=clauses,
            change_note=row["change_note"],
            significance=row["significance"],
            written_by=author,
            approved_by=approver,
            publish_on=sample.dates.day(row["published_in"]),
            effective_on=sample.dates.day(row["effective_in"]),
            by=sample.lead,
        )
        return
    version = policy.versions.open().first() or policy_actions.start_version(policy=policy, by=author)
    version = policy_actions.save_draft(
        version=version,
        clauses=clauses,
        lock=version.lock,
        change_note=row["change_note"],
        significance=row["significance"],
        by=author,
    )
    if row["status"] in {"in_review", "approved"}:
        version = policy_actions.submit(version=version, lock=version.lock, by=author)
    if row["status"] == "approved":
        policy_actions.approve(version=version, lock=version.lock, by=approver)


def _settle(sample, policy, row):
    """What may point at other policies, and the day of the next look."""
    for version in row["versions"]:
        if version["status"] == "withdrawn":
            into = sample.policies[version["merged_into"]] if version.get("merged_into") else None
            stored = policy_actions.withdraw(
                version=PolicyVersion.objects.get(policy=policy, number=version["number"]),
                reason=version["withdrawal_reason"],
                into=into,
                by=sample.lead,
            )
            PolicyVersion.objects.filter(pk=stored.pk).update(withdrawn_on=sample.dates.day(version["withdrawn_in"]))
    policy_actions.change_policy(policy=policy, review_on=sample.dates.day(row["next_review_in"]), by=sample.lead)


def load_playbooks(sample):
    fresh, goals = {}, _goals(sample)
    for slug in folders("playbooks", root=sample.root):
        with loading(f"playbooks/{slug}"):
            row = read(f"playbooks/{slug}/playbook.yaml", root=sample.root)
            check_keys(
                row,
                needs={"title", "summary", "topic", "owner", "deputy", "audiences", "verified_in", "verify_months"}
                | {"minutes", "difficulty", "services", "cites", "revisions", "votes"}
                | {"goal", "platforms", "tags", "related"},
            )
            playbook = _there(Playbook, "playbook", slug)
            if playbook is None:
                playbook = _playbook(sample, slug, row, goals[row["goal"]])
                for revision in row["revisions"]:
                    with loading(f"r{revision.get('number')}.md"):
                        _revision(sample, playbook, slug, row, revision)
                _trust(sample, playbook, row)
                sample.made("playbooks")
                fresh[playbook] = row
            sample.playbooks[slug] = playbook
    for playbook, row in fresh.items():
        with loading(f"playbooks/{playbook.slug}", "related"):
            related = [sample.playbooks[slug] for slug in row["related"]]
            playbook_actions.change_playbook(
                playbook=playbook, related=[*playbook.related.all(), *related], by=sample.lead
            )
    for row in read("templates.yaml", root=sample.root):
        with loading("templates.yaml", row.get("name")):
            check_keys(row, needs={"name", "summary", "text"})
            if not PlaybookTemplate.objects.filter(name=row["name"]).exists():
                playbook_actions.save_template(by=sample.lead, **row)
                sample.made("templates")
    playbook_actions.keep_links_of_playbooks(fresh)
    playbook_actions.keep_links_of_policies()
    for service, slugs in sample.service_playbooks:
        with loading(f"services/{service.slug}.yaml", "playbooks"):
            service.playbooks.add(*(sample.playbooks[slug] for slug in slugs))


def _goals(sample):
    for order, row in enumerate(read("goals.yaml", root=sample.root), start=1):
        with loading("goals.yaml", row.get("slug")):
            check_keys(row, needs={"slug", "name"})
            if not Goal.objects.filter(slug=row["slug"]).exists():
                playbook_actions.save_goal(order=order, by=sample.lead, **row)
                sample.made("goals")
    return {goal.slug: goal for goal in Goal.objects.all()}


def _playbook(sample, slug, row, goal):
    owner = sample.people[row["owner"]]
    return playbook_actions.create_playbook(
        slug=slug,
        topic=sample.topics[row["topic"]],
        owner=owner,
        deputy=sample.person(row["deputy"]),
        audiences=sample.groups(row["audiences"]),
        services=[sample.services[one] for one in row["services"]],
        by=owner if owner.is_coe_staff else sample.lead,
        **{name: row[name] for name in ("title", "summary", "minutes", "difficulty", "verify_months")},
        goal=goal,
        **{name: row[name] for name in ("platforms", "tags")},
    )


def _revision(sample, playbook, slug, row, revision):
    check_keys(
        revision, needs={"number", "status", "significance", "change_note", "author", "approver", "published_in"}
    )
    sections = headed(f"playbooks/{slug}/r{revision['number']}.md", root=sample.root)
    keys = {section["key"] for section in sections}
    author, approver = sample.people[revision["author"]], sample.person(revision["approver"])
    citations = [
        {"section_key": cite["section"], "policy": sample.policies[cite["policy"]], "clause_key": cite["clause"]}
        for cite in row["cites"]
        if cite["section"] in keys
    ]
    if revision["status"] in PUBLISHED:
        if revision["status"] == "published" and (missing := {cite["section"] for cite in row["cites"]} - keys):
            raise SampleError(f"cites from sections that it does not have: {', '.join(sorted(missing))}")
        playbook_actions.record_history(
            playbook=playbook,
            sections=sections,
            citations=citations,
            change_note=revision["change_note"],
            significance=revision["significance"],
            written_by=author,
            approved_by=approver,
            published_at=sample.dates.morning(revision["published_in"]),
            by=sample.lead,
        )
        return
    stored = playbook.revisions.open().first() or playbook_actions.start_revision(playbook=playbook, by=author)
    stored = playbook_actions.save_draft(
        revision=stored,
        sections=sections,
        lock=stored.lock,
        citations=citations,
        change_note=revision["change_note"],
        significance=revision["significance"],
        by=author,
    )
    if revision["status"] == "in_review":
        playbook_actions.submit(revision=stored, lock=stored.lock, by=author)


def _trust(sample, playbook, row):
    """The owner's word, and readers' votes of the past."""
    playbook.refresh_from_db()
    months = playbook.interval
    until = sample.dates.day(row["verified_in"])
    given_in = min(0, row["verified_in"] - 30 * months)
    given = sample.dates.morning(given_in)
    helpful, unhelpful = row["votes"]["helpful"], row["votes"]["unhelpful"]
    voters = sample.shuffled(f"votes {playbook.slug}")[: helpful + unhelpful]
    if len(voters) < helpful + unhelpful:
        raise SampleError("has more votes than there are people")
    first = sample.dates.morning(min(revision["published_in"] or 0 for revision in row["revisions"]))
    spread = (sample.dates.now - first) / (len(voters) + 1)
    Vote.objects.bulk_create(
        Vote(
            playbook=playbook,
            person=person,
            helpful=number < helpful,
            reason="" if number < helpful else _reason(sample, playbook, number),
            at=first + spread * (number + 1),
        )
        for number, person in enumerate(voters)
    )
    Playbook.objects.filter(pk=playbook.pk).update(
        verified_until=until, verified_by=playbook.owner, verified_at=given, helpful=helpful, unhelpful=unhelpful
    )
    _words(sample, playbook, row, given_in=given_in, until=until)
    ReadCount.objects.bulk_create(
        ReadCount(playbook=playbook, day=sample.dates.day(-n), number=number)
        for n in range(120)
        if (number := round(sample.chance(f"read {playbook.slug} {n}") * (helpful + 6) / 12))
    )


def _reason(sample, playbook, number):
    """Most who were not helped say why."""
    at = sample.chance(f"why {playbook.slug} {number}")
    return WhyNot.values[int(at * 5.6)] if at * 5.6 < len(WhyNot.values) else ""


def _words(sample, playbook, row, *, given_in, until):
    """Beside publications, which are words too: one whenever the last had run out, a few days late or early."""
    published = sorted(revision["published_in"] for revision in row["revisions"] if revision["status"] in PUBLISHED)
    step, words = 30 * playbook.interval, []
    for day, following in zip(published, [*published[1:], given_in], strict=True):
        late = round(sample.chance(f"late {playbook.slug} {day}") * 50) - 12
        while (day := day + step + late) < following - 20:
            words.append((day, sample.dates.day(day + step)))
    words.append((given_in, until))
    playbook.verifications.filter(given_on__gte=sample.dates.day(given_in)).delete()
    Verification.objects.bulk_create(
        Verification(playbook=playbook, by=playbook.owner, given_on=sample.dates.day(day), until_on=end)
        for day, end in words
    )


def load_questions(sample):
    """Questions and answers through their actions, which know only now; then each gets its own day."""
    for row in read("questions.yaml", root=sample.root):
        with loading("questions.yaml", row.get("ref")):
            check_keys(row, needs={"ref", "by", "title", "body", "about", "topic", "asked_in", "answers"})
            form_token = token("question", row["ref"])
            if not Question.objects.filter(form_token=form_token).exists():
                _question(sample, row, form_token)
                sample.made("questions")


def _question(sample, row, form_token):
    about = check_keys(row["about"] or {}, needs=(), may={"policy", "playbook", "service"})
    question = playbook_actions.ask_question(
        title=row["title"],
        body=row["body"],
        topic=sample.topics[row["topic"]],
        policy=sample.policies[about["policy"]] if "policy" in about else None,
        playbook=sample.playbooks[about["playbook"]] if "playbook" in about else None,
        service=sample.services[about["service"]] if "service" in about else None,
        form_token=form_token,
        by=sample.people[row["by"]],
    )
    asked_at = sample.dates.instant(row["asked_in"])
    Question.objects.filter(pk=question.pk).update(asked_at=asked_at)
    sample.told(kind="question_asked", about=f"playbooks.question:{question.pk}", period="", at=asked_at)
    for number, given in enumerate(row["answers"], start=1):
        with loading(f"answer {number}"):
            check_keys(given, needs={"by", "at", "body"}, may={"accepted"})
            answer = playbook_actions.answer_question(
                question=question, body=given["body"], by=sample.people[given["by"]]
            )
            answered_at = sample.dates.instant(given["at"])
            Answer.objects.filter(pk=answer.pk).update(answered_at=answered_at)
            sample.told(
                kind="question_answered",
                about=f"playbooks.question:{question.pk}",
                period=str(answer.pk),
                at=answered_at,
            )
            if given.get("accepted"):
                playbook_actions.accept_answer(answer=answer, by=sample.people[row["by"]])
                Answer.objects.filter(pk=answer.pk).update(accepted_at=answered_at)
