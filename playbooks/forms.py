"""Forms of readers. The editor's own are in `playbooks.admin`."""

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub.models import Topic
from hub.prepared import prepared
from playbooks.actions.suggestion import LONGEST_REASON
from playbooks.actions.text import LONGEST_BODY, LONGEST_HEADING
from playbooks.models import Difficulty, Goal, Playbook, WhyNot
from playbooks.workflow import RunStatus
from policies import clock
from spokes.forms import PeopleField, indented
from spokes.models import Platform, Spoke
from spokes.querysets import user_paths, within

SORTS = [("title", _("Title")), ("newest", _("Newest first")), ("helpful", _("Most helpful first"))]
TIMES = [
    ("", _("Any")),
    ("10", _("up to 10 minutes")),
    ("30", _("up to half an hour")),
    ("60", _("up to an hour")),
    ("more", _("more than an hour")),
]
VERIFIED = [
    ("", _("Verified, or until lately")),
    ("yes", _("Verified")),
    ("no", _("Not verified")),
    ("all", _("Also not verified")),
]
ANY = [("", _("Any"))]
DUE_WITHIN = timedelta(days=60)
CASE_SORTS = [("", _("Newest year first")), ("published", _("Newest here first")), ("title", _("Title"))]


def topic_choices():
    """Every topic as (address, name), in one query."""
    return [("", _("Any")), *_topics()]


@prepared()
def _topics():
    return Topic.objects.values_list("slug", "name")


class LibraryFilter(forms.Form):
    """What the library's address can ask for. Choices get their counts from `reports.facets`."""

    topic = forms.CharField(label=_("Topic"), required=False)
    goal = forms.ChoiceField(label=_("To what end"), required=False, choices=[*ANY, *Goal.choices])
    platform = forms.ChoiceField(label=_("Platform"), required=False, choices=[*ANY, *Platform.choices])
    tag = forms.CharField(label=_("Tag"), required=False)
    difficulty = forms.ChoiceField(label=_("Difficulty"), required=False, choices=[*ANY, *Difficulty.choices])
    time = forms.ChoiceField(label=_("Takes"), required=False, choices=TIMES)
    verified = forms.ChoiceField(label=_("Verified"), required=False, choices=VERIFIED)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)

    def asked(self):
        """{name: value} of what is asked for. A value that there is not counts as not given."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}

    def offer(self, facets):
        """Puts the counts beside the choices and takes away those that would find nothing; `facets` as from reports."""
        asked = self.asked()
        for name, found in facets.items():
            choices = [
                (value, f"{label} ({number})") for value, label, number in found if number or value == asked[name]
            ]
            self.fields[name].widget = forms.Select(choices=[*ANY, *choices])


class UpkeepFilter(forms.Form):
    who = forms.ChoiceField(
        label=_("Looked after by"),
        required=False,
        choices=[("", _("anybody")), ("mine", _("me")), ("left", _("somebody who has left"))],
    )
    due = forms.ChoiceField(
        label=_("Verified until"),
        required=False,
        choices=[("", _("60 days from now")), ("late", _("a day past")), ("all", _("any day"))],
    )
    topic = forms.ChoiceField(label=_("Topic"), required=False)

    def __init__(self, *args, reads_all, with_due=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = topic_choices()
        if not reads_all:
            del self.fields["who"]
        if not with_due:
            del self.fields["due"]

    def apply(self, playbooks, user):
        self.is_valid()
        asked = self.cleaned_data
        if asked.get("who") == "mine":
            playbooks = playbooks.looked_after_by(user)
        elif asked.get("who") == "left":
            playbooks = playbooks.owner_left()
        if asked.get("topic"):
            playbooks = playbooks.on_topic(asked["topic"])
        if asked.get("due") == "late":
            playbooks = playbooks.not_verified()
        elif "due" in self.fields and asked.get("due") != "all":
            playbooks = playbooks.verification_due(clock.today() + DUE_WITHIN)
        return playbooks

    @property
    def is_used(self):
        return any(self.cleaned_data.get(name) for name in self.fields)


class WhyNotForm(forms.Form):
    reason = forms.ChoiceField(label=_("What comes nearest?"), choices=WhyNot.choices, widget=forms.RadioSelect)
    sentence = forms.CharField(
        label=_("In a sentence: what should be otherwise?"),
        required=False,
        max_length=300,
        help_text=_("Your name is not shown with it. Leave out names and personal data."),
        widget=forms.Textarea({"rows": 2}),
    )


class QuestionFilter(forms.Form):
    topic = forms.ChoiceField(label=_("Topic"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = topic_choices()


class AskForm(forms.Form):
    title = forms.CharField(
        label=_("Your question"),
        max_length=200,
        help_text=_("One sentence, as you would ask a colleague."),
        widget=forms.TextInput(
            {"autocomplete": "off", "data-suggest-url": "/questions/similar/", "data-suggest-into": "similar"}
        ),
    )
    body = forms.CharField(
        label=_("What should we know?"),
        required=False,
        max_length=10_000,
        help_text=_("What you want to do, where, and when. Leave out names and personal data."),
        widget=forms.Textarea({"rows": 7}),
    )
    topic = forms.ModelChoiceField(
        label=_("Topic"), required=False, queryset=Topic.objects.all(), empty_label=_("I am not sure")
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput)


class AnswerForm(forms.Form):
    body = forms.CharField(
        label=_("Your answer"),
        max_length=10_000,
        help_text=_("Say yes or no first, then why. Everybody who may read the question reads the answer."),
        widget=forms.Textarea({"rows": 7}),
    )


class ChooseComparison(forms.Form):
    older = forms.TypedChoiceField(label=_("From"), coerce=int)
    newer = forms.TypedChoiceField(label=_("To"), coerce=int)

    def __init__(self, data=None, *, revisions, **kwargs):
        super().__init__(data, **kwargs)
        choices = [(revision.number, _("Revision %(n)d") % {"n": revision.number}) for revision in revisions]
        self.fields["older"].choices = self.fields["newer"].choices = choices


# --- Runs -------------------------------------------------------------------------------------------------------------


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

    def __init__(self, *args, step, with_day, **kwargs):
        initial = {"note": step.note, "seen": step.note, "due_on": step.due_on}
        super().__init__(*args, prefix=f"s{step.pk}", initial=initial, **kwargs)
        if not with_day:
            del self.fields["due_on"]


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
        help_text=_("One point a line. You can send each to the playbook's owner with one click."),
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


# --- Suggestions and reviews ------------------------------------------------------------------------------------------


class SuggestForm(forms.Form):
    """A section's text as a reader would have it. Everything may be missing while it is a draft."""

    heading = forms.CharField(label=_("Heading"), required=False, max_length=LONGEST_HEADING)
    body = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=LONGEST_BODY,
        widget=forms.Textarea({"rows": 14}),
        help_text=_("Write it as it should be. A line that begins with “- [ ] ” is a step to tick off."),
    )
    reason = forms.CharField(
        label=_("Why?"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("A sentence for the owner: what is wrong, missing or better this way, and how you know."),
    )
    base = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32_767)
    form_token = forms.UUIDField(widget=forms.HiddenInput)
    seen_token = forms.UUIDField(widget=forms.HiddenInput, required=False)


class AcceptForm(forms.Form):
    heading = forms.CharField(label=_("Heading"), max_length=LONGEST_HEADING)
    body = forms.CharField(label=_("Text"), max_length=LONGEST_BODY, widget=forms.Textarea({"rows": 14}))
    answer = forms.CharField(
        label=_("A word to whoever suggested it"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 2}),
    )
    lock = forms.IntegerField(widget=forms.HiddenInput)


class DeclineForm(forms.Form):
    answer = forms.CharField(
        label=_("Why not?"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("One sentence. Whoever suggested it reads it."),
    )


class AskReviewForm(forms.Form):
    people = PeopleField(label=_("Whom do you ask?"), help_text=_("Their e-mail addresses, one a line."))
    due_on = forms.DateField(
        label=_("By when"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        initial=lambda: clock.today() + timedelta(days=7),
    )


class CaseFilter(forms.Form):
    """The facets of the case studies; each choice with how many there are."""

    topic = forms.ChoiceField(label=_("Topic"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    department = forms.ChoiceField(label=_("Department"), required=False)
    year = forms.ChoiceField(label=_("Year"), required=False)
    origin = forms.ChoiceField(label=_("Whose"), required=False)
    playbook = forms.ChoiceField(label=_("Playbook used"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=CASE_SORTS)

    def __init__(self, *args, facets, **kwargs):
        super().__init__(*args, **kwargs)
        offer_facets(self, facets, keep=("topic",))


class ExternalFilter(forms.Form):
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    organisation = forms.ChoiceField(label=_("Organisation"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    tag = forms.ChoiceField(label=_("Tag"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args, facets, **kwargs):
        super().__init__(*args, **kwargs)
        offer_facets(self, facets)


def offer_facets(form, facets, keep=()):
    """Each facet's values with their counts; one with nothing to choose from is left out, unless it is chosen."""
    for name, found in facets.items():
        if len(found) < 2 and name not in keep and not form.data.get(name):
            del form.fields[name]
        else:
            form.fields[name].choices = [
                *ANY,
                *((one.value, f"{one.label} ({one.number})") for one in found),
            ]


class CaseForm(forms.Form):
    """A case study as its authors write it. Only the title is needed to keep a draft."""

    lock = forms.IntegerField(widget=forms.HiddenInput, required=False)
    form_token = forms.UUIDField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(
        label=_("Title"),
        max_length=160,
        help_text=_("What you did and what came of it, as you would tell a colleague."),
    )
    summary = forms.CharField(
        label=_("In a sentence or two"), required=False, max_length=400, widget=forms.Textarea({"rows": 2})
    )
    challenge = forms.CharField(
        label=_("The challenge"),
        required=False,
        max_length=20_000,
        help_text=_("What was difficult, and for whom? Leave out names of customers and personal data."),
        widget=forms.Textarea({"rows": 6}),
    )
    approach = forms.CharField(
        label=_("What you did"),
        required=False,
        max_length=20_000,
        help_text=_("Step by step, with what it took: people, days, money."),
        widget=forms.Textarea({"rows": 8}),
    )
    results = forms.CharField(
        label=_("What came of it"),
        required=False,
        max_length=20_000,
        help_text=_("What changed, what did not work, and what you would do differently. A failure is welcome here."),
        widget=forms.Textarea({"rows": 8}),
    )
    topic = forms.ModelChoiceField(
        label=_("Topic"), required=False, queryset=Topic.objects.all(), empty_label=_("Choose one")
    )
    year = forms.IntegerField(
        label=_("Year"), required=False, min_value=1990, widget=forms.TextInput({"inputmode": "numeric"})
    )
    platforms = forms.MultipleChoiceField(
        label=_("Channels"), required=False, choices=Platform.choices, widget=forms.CheckboxSelectMultiple
    )
    playbooks = forms.ModelMultipleChoiceField(
        label=_("Playbooks you used"),
        required=False,
        queryset=Playbook.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    spoke = forms.ModelChoiceField(
        label=_("Department"),
        required=False,
        queryset=Spoke.objects.none(),
        empty_label=_("None of ours: it is another organisation's"),
        help_text=_("Whose experience it is."),
    )
    organisation = forms.CharField(label=_("Organisation"), required=False, max_length=120)
    source_url = forms.URLField(
        label=_("Where it was published"), required=False, max_length=400, assume_scheme="https"
    )
    licence = forms.CharField(
        label=_("Licence"),
        required=False,
        max_length=80,
        help_text=_("As the source says it. “Link only” where you told it in your own words."),
    )
    author = forms.CharField(
        label=_("Credit"),
        required=False,
        max_length=200,
        help_text=_("Who deserves to be named. Left empty, it names those who wrote it here."),
    )
    language = forms.RegexField(
        label=_("Language"),
        regex=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$",
        max_length=12,
        initial="en",
        help_text=_("Its code, such as en, fr, ar or ja."),
    )

    def __init__(self, *args, user, case=None, **kwargs):
        super().__init__(*args, **kwargs)
        mine = user.memberships.current().values("spoke")
        spokes = Spoke.objects.open()
        if not user.is_coe_staff:
            spokes = spokes.filter(Q(pk__in=mine) | within(user_paths(user)))
        playbooks = Playbook.objects.published().for_audience_of(user)
        if case is not None:
            # What is chosen stays choosable, also where somebody else chose it.
            spokes = Spoke.objects.filter(Q(pk__in=spokes.values("pk")) | Q(pk=case.spoke_id))
        self.fields["spoke"].queryset = spokes.order_by("name", "pk")
        self.fields["playbooks"].queryset = playbooks.order_by("title", "pk")


class MeasureForm(forms.Form):
    what = forms.CharField(label=_("What was measured"), required=False, max_length=120)
    before = forms.CharField(label=_("Before"), required=False, max_length=40)
    after = forms.CharField(label=_("After"), required=False, max_length=40)
    unit = forms.CharField(label=_("Unit"), required=False, max_length=40)
    period = forms.CharField(label=_("Period"), required=False, max_length=60)


MeasureFormSet = forms.formset_factory(MeasureForm, extra=0, max_num=12, absolute_max=13)


class ReturnCaseForm(forms.Form):
    comment = forms.CharField(label=_("What should change?"), max_length=2000, widget=forms.Textarea({"rows": 3}))


class RetireCaseForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it retired?"),
        max_length=400,
        help_text=_("Whoever comes by an old link reads this."),
        widget=forms.Textarea({"rows": 2}),
    )
