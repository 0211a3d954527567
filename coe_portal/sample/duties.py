"""Waivers, campaigns, obligations, quizzes and reviews of the sample."""

from coe_portal.sample.reading import SampleError, check_keys, loading, read
from policies import actions as policy_actions
from policies.models import Campaign, Obligation, QuizQuestion, Waiver


def load_duties(sample):
    for row in read("waivers.yaml", root=sample.root):
        with loading("waivers.yaml", row.get("clause"), row.get("spoke")):
            _waiver(sample, row)
    for row in read("campaigns.yaml", root=sample.root):
        with loading("campaigns.yaml", row.get("name")):
            _campaign(sample, row)
    for row in read("obligations.yaml", root=sample.root):
        with loading("obligations.yaml", row.get("title")):
            _obligation(sample, row)
    for row in read("clause_platforms.yaml", root=sample.root):
        with loading("clause_platforms.yaml", row.get("clause")):
            check_keys(row, needs={"clause", "platforms"})
            policy, key = _clause(sample, row["clause"])
            if not policy.clause_platforms.filter(clause_key=key).exists():
                policy_actions.set_platforms(policy=policy, clause_key=key, platforms=row["platforms"], by=sample.lead)
    for row in read("quizzes.yaml", root=sample.root):
        with loading("quizzes.yaml", row.get("clause")):
            _question(sample, row)
    for row in read("reviews.yaml", root=sample.root):
        with loading("reviews.yaml", row.get("policy")):
            _review(sample, row)


def _clause(sample, text):
    """(policy, key) of "address#key"."""
    slug, hash_mark, key = text.partition("#")
    if not hash_mark:
        raise SampleError(f"{text} names no clause; write it as address#key")
    return sample.policies[slug], key


def _waiver(sample, row):
    """Granted and ended through the actions, which know only today; then it gets its own days."""
    needs = {"clause", "spoke", "reason", "mitigation", "by", "starts_in", "ends_in"}
    check_keys(row, needs=needs, may={"ended_in", "end_reason"})
    policy, key = _clause(sample, row["clause"])
    spoke = sample.spokes[row["spoke"]]
    if Waiver.objects.filter(policy=policy, clause_key=key, spoke=spoke).exists():
        return
    by = sample.people[row["by"]]
    waiver = policy_actions.grant_waiver(
        policy=policy,
        clause_key=key,
        spoke=spoke,
        reason=row["reason"],
        mitigation=row["mitigation"],
        ends_on=sample.dates.day(row["ends_in"]),
        by=by,
    )
    if "ended_in" in row:
        policy_actions.end_waiver(waiver=waiver, reason=row["end_reason"], by=by)
        Waiver.objects.filter(pk=waiver.pk).update(ended_on=sample.dates.day(row["ended_in"]))
    Waiver.objects.filter(pk=waiver.pk).update(
        starts_on=sample.dates.day(row["starts_in"]), granted_at=sample.dates.morning(row["starts_in"])
    )
    sample.made("waivers")


def _campaign(sample, row):
    """One that has begun is started today and then moved to its own days, before its roll is written."""
    check_keys(row, needs={"policy", "name", "by", "starts_in", "due_in", "audiences", "started_by", "exempt"})
    policy = sample.policies[row["policy"]]
    if Campaign.objects.filter(policy=policy, name=row["name"]).exists():
        return
    by, starts_on = sample.people[row["by"]], sample.dates.day(row["starts_in"])
    campaign = policy_actions.plan_campaign(
        policy=policy,
        name=row["name"],
        starts_on=starts_on,
        due_on=sample.dates.day(row["due_in"]),
        audiences=sample.groups(row["audiences"]),
        by=by,
    )
    for person, reason in row["exempt"].items():
        policy_actions.exempt_person(campaign=campaign, person=sample.people[person], reason=reason, by=by)
    if row["started_by"]:
        policy_actions.start_campaign(campaign=campaign, by=sample.people[row["started_by"]])
        began = sample.dates.morning(row["starts_in"])
        Campaign.objects.filter(pk=campaign.pk).update(starts_on=starts_on, created_at=began, started_at=began)
        campaign.roll.update(asked_on=starts_on, exempted_at=began)
        policy_actions.keep_roll(campaign.pk)
    sample.made("campaigns")


def _obligation(sample, row):
    check_keys(row, needs={"title", "kind", "source", "demands", "url", "look_in", "clauses"})
    if Obligation.objects.filter(title=row["title"]).exists():
        return
    policy_actions.save_obligation(
        look_on=sample.dates.day(row["look_in"]),
        clauses=[_clause(sample, text) for text in row["clauses"]],
        by=sample.lead,
        **{name: row[name] for name in ("title", "kind", "source", "demands", "url")},
    )
    sample.made("obligations")


def _question(sample, row):
    check_keys(row, needs={"clause", "text", "place", "answers", "counts"})
    policy, key = _clause(sample, row["clause"])
    if policy.quiz_questions.filter(text=row["text"]).exists():
        return
    right, *choices = row["answers"]
    choices.insert(row["place"] - 1, right)
    question = policy_actions.save_question(
        policy=policy,
        text=row["text"],
        choices=choices,
        right=row["place"] - 1,
        clause_key=key,
        by=sample.lead,
    )
    answered, right_at_first = row["counts"]
    QuizQuestion.objects.filter(pk=question.pk).update(answered=answered, right_at_first=right_at_first)
    sample.made("quiz questions")


def _review(sample, row):
    """Readers of the version that is being written, and their comments; nothing once it has any, or is published."""
    check_keys(row, needs={"policy", "by", "due_in", "asks", "done", "comments"}, may={"outside"})
    version = sample.policies[row["policy"]].versions.open().first()
    if version is None or version.reviews.exists():
        return
    by, due_on, reviews = sample.people[row["by"]], sample.dates.day(row["due_in"]), {}
    for ask in row["asks"]:
        check_keys(ask, needs={"person", "kind"})
        [reviews[ask["person"]]] = policy_actions.ask_for_review(
            version=version, people=[sample.people[ask["person"]]], kind=ask["kind"], due_on=due_on, by=by
        )
    for said in row["comments"]:
        check_keys(said, needs={"author", "clause", "text"}, may={"state", "answer", "answered_by"})
        comment = policy_actions.comment(
            version=version, clause_key=said["clause"], text=said["text"], by=sample.people[said["author"]]
        )
        if "state" in said:
            policy_actions.answer_comment(
                comment=comment, state=said["state"], answer=said["answer"], by=sample.people[said["answered_by"]]
            )
    for person in row["done"]:
        policy_actions.finish_review(review=reviews[person], by=sample.people[person])
    for outside in row.get("outside", []):
        check_keys(outside, needs={"name", "email", "until_in", "comments"})
        invitation = policy_actions.invite_outside(
            version=version,
            name=outside["name"],
            email=outside["email"],
            until=sample.dates.day(outside["until_in"]),
            by=by,
        )
        for said in outside["comments"]:
            check_keys(said, needs={"clause", "text"})
            policy_actions.comment_outside(invitation=invitation, clause_key=said["clause"], text=said["text"])
    sample.made("reviews")
