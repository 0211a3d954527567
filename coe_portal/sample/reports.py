"""What readers of the sample asked the hub to look at."""

from coe_portal.sample.reading import check_keys, loading, read
from coe_portal.sample.texts import token
from playbooks import actions
from playbooks.models import Question, Report


def load_reports(sample):
    """Through the actions, which know only now; then each gets its own days."""
    for row in read("reports.yaml", root=sample.root):
        with loading("reports.yaml", row.get("question")):
            check_keys(row, needs={"question", "by", "reason", "sentence", "made_in"}, may={"answer", "stands"})
            text = Question.objects.get(form_token=token("question", row["question"]))
            if "answer" in row:
                text = text.answers.order_by("pk")[row["answer"] - 1]
            by = sample.people[row["by"]]
            if not Report.objects.filter(about=actions.about(text), reported_by=by).exists():
                _report(sample, row, text, by)
                sample.made("reports")


def _report(sample, row, text, by):
    made = actions.report(text=text, reason=row["reason"], sentence=row["sentence"], by=by)
    Report.objects.filter(pk=made.pk).update(reported_at=sample.dates.instant(row["made_in"]))
    if "stands" in row:
        actions.let_stand(text=text, by=sample.people[row["stands"]["by"]])
        Report.objects.filter(pk=made.pk).update(settled_at=sample.dates.instant(row["stands"]["in"]))
