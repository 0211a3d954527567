"""Runs of playbooks."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from playbooks.workflow import RunStatus
from policies import clock
from spokes.forms import indented


def date_field(**kwargs):
    return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **kwargs)


class RunForm(forms.Form):
    """What is known about a run; starting one asks for its department too."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As your colleagues would call it: “Spring launch, Nordics”.")
    )
    goal = forms.CharField(
        label=_("Goal"),
        max_length=200,
        required=False,
        help_text=_("One line. At the end you compare it with what came of it."),
    )
    starts_on = date_field(label=_("Starts"), help_text=_("The days of its steps are counted from here."))
    ends_on = date_field(
        label=_("To be done by"),
        required=False,
        help_text=_("The steps without a day of their own are spread over the working days until then."),
    )


class ChangeRunForm(RunForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].help_text = _("When it moves, the days of open steps move along.")
        self.fields["ends_on"].help_text = ""


class StartRunForm(RunForm):
    form_token = forms.UUIDField(widget=forms.HiddenInput)
    spoke = forms.ChoiceField(
        label=_("For which department?"), error_messages={"required": _("Choose the department.")}
    )
    field_order = ["form_token", "spoke", "name", "goal", "starts_on", "ends_on"]

    def __init__(self, *args, spokes, **kwargs):
        super().__init__(*args, **kwargs)
        self.spokes = {spoke.slug: spoke for spoke in spokes}
        if len(self.spokes) == 1:
            del self.fields["spoke"]
        else:
            self.fields["spoke"].choices = [("", _("Choose …")), *indented(spokes)]

    def fields_for_action(self):
        values = dict(self.cleaned_data)
        only = next(iter(self.spokes.values()))
        return values | {"spoke": self.spokes[values["spoke"]] if "spoke" in values else only}


class StepForm(forms.Form):
    """A step's note, and for who keeps the run its day."""

    note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, strip=False, widget=forms.Textarea({"rows": 3})
    )
    due_on = date_field(label=_("Due"), required=False)
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    seen_due_on = forms.DateField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, step, with_day, **kwargs):
        initial = {"note": step.note, "seen": step.note, "due_on": step.due_on, "seen_due_on": step.due_on}
        super().__init__(*args, prefix=f"s{step.pk}", initial=initial, **kwargs)
        if not with_day:
            del self.fields["due_on"], self.fields["seen_due_on"]

    def fields_for_action(self):
        """Without the day where it was not touched: a colleague may have moved it meanwhile."""
        values = dict(self.cleaned_data)
        if values.pop("seen_due_on", None) == values.get("due_on"):
            values.pop("due_on", None)
        return values


class FinishForm(forms.Form):
    helped = forms.CharField(
        label=_("What helped?"), required=False, max_length=4000, widget=forms.Textarea({"rows": 3})
    )
    hindered = forms.CharField(
        label=_("What got in the way?"), required=False, max_length=4000, widget=forms.Textarea({"rows": 3})
    )
    points = forms.CharField(
        label=_("What would you change in the playbook?"),
        required=False,
        help_text=_("One point a line. Each becomes a suggestion for the playbook with one click."),
        widget=forms.Textarea({"rows": 4}),
    )
    result = forms.CharField(
        label=_("What came of it, in numbers if you have any?"),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3}),
    )

    def fields_for_action(self):
        return self.cleaned_data | {"points": self.cleaned_data["points"].splitlines()}


class AbandonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why do you give it up?"),
        max_length=4000,
        help_text=_("A sentence. It says nothing about you, and much to the next department."),
        widget=forms.Textarea({"rows": 3}),
    )


class RunFilter(forms.Form):
    """The filters of a list of runs; with `spokes` also by department."""

    q = forms.CharField(label=_("Words"), required=False, max_length=100, widget=forms.SearchInput)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Any")), ("planned", _("Planned")), ("overdue", _("Overdue")), *RunStatus.choices],
    )
    department = forms.ChoiceField(label=_("Department and below"), required=False)

    def __init__(self, data, *, spokes):
        super().__init__(data)
        self.spokes = {spoke.slug: spoke for spoke in spokes}
        if spokes:
            self.fields["department"].choices = [("", _("All")), *indented(spokes)]
        else:
            del self.fields["department"]
        self.is_valid()

    def apply(self, runs):
        asked = self.cleaned_data
        if words := asked.get("q", "").strip():
            runs = runs.filter(
                Q(name__icontains=words)
                | Q(goal__icontains=words)
                | Q(playbook__title__icontains=words)
                | Q(spoke__name__icontains=words)
            )
        if asked.get("state") == "planned":
            runs = runs.active().filter(starts_on__gt=clock.today())
        elif asked.get("state") == "overdue":
            runs = runs.active().filter(ends_on__lt=clock.today())
        elif asked.get("state"):
            runs = runs.filter(status=asked["state"])
        if asked.get("department"):
            runs = runs.filter(spoke__path__startswith=self.spokes[asked["department"]].path)
        return runs


SINCE = [("", _("Ever")), ("365", _("In the last 12 months")), ("90", _("In the last 3 months"))]


class FiguresFilter(forms.Form):
    since = forms.ChoiceField(label=_("Started"), required=False, choices=SINCE)
