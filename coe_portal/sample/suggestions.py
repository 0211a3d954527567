"""What readers of the sample suggest for its playbooks."""

from coe_portal.sample.reading import SampleError, check_keys, loading, read
from coe_portal.sample.texts import token
from playbooks import actions
from playbooks.actions.suggestion import NOTHING_OPEN, text_in
from playbooks.models import Suggestion


def load_suggestions(sample):
    """Through the actions, which know only now; then each gets its own days."""
    for row in read("suggestions.yaml", root=sample.root):
        with loading("suggestions.yaml", row.get("playbook"), row.get("section")):
            needs = {"playbook", "section", "by", "reason", "changes", "sent_in"}
            check_keys(row, needs=needs, may={"answer", "answered_by", "answered_in", "words"})
            form_token = token("suggestion", row["playbook"], row["section"], row["by"])
            if not Suggestion.objects.filter(form_token=form_token).exists():
                _suggestion(sample, row, form_token)
                sample.made("suggestions")


def _suggestion(sample, row, form_token):
    playbook, by = sample.playbooks[row["playbook"]], sample.people[row["by"]]
    playbook.refresh_from_db()
    section = text_in(playbook.current, row["section"])
    if section is None:
        raise SampleError("is about a section that readers do not have")
    suggestion = actions.save_suggestion(
        playbook=playbook,
        section_key=section.key,
        heading=section.heading,
        body=_changed(section.body, row["changes"]),
        reason=row["reason"],
        base=playbook.current.number,
        form_token=form_token,
        by=by,
    )
    if row["sent_in"] is None:
        return
    suggestion = actions.send_suggestion(suggestion=suggestion, by=by)
    sent_at = sample.dates.instant(row["sent_in"])
    Suggestion.objects.filter(pk=suggestion.pk).update(started_at=sent_at, sent_at=sent_at)
    about = f"playbooks.suggestion:{suggestion.pk}"
    sample.told(kind="suggestion_made", about=about, period="", at=sent_at)
    if "answer" not in row:
        return
    answer = {"suggestion": suggestion, "answer": row["words"], "by": sample.people[row["answered_by"]]}
    if row["answer"] == "accepted":
        revision = playbook.revisions.open().first()
        lock = revision.lock if revision else NOTHING_OPEN
        actions.accept_suggestion(heading=suggestion.heading, body=suggestion.body, lock=lock, **answer)
    else:
        actions.decline_suggestion(**answer)
    answered_at = sample.dates.instant(row["answered_in"])
    Suggestion.objects.filter(pk=suggestion.pk).update(decided_at=answered_at)
    sample.told(kind="suggestion_answered", about=about, period="", at=answered_at)


def _changed(body, changes):
    for change in changes:
        check_keys(change, needs={"from", "to"})
        if body.count(change["from"]) != 1:
            raise SampleError(f"“{change['from']}” does not stand in the section exactly once")
        body = body.replace(change["from"], change["to"])
    return body
