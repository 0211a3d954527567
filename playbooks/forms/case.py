"""Case studies."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub.models import Topic
from playbooks.models import Playbook
from spokes.models import Platform, Spoke
from spokes.querysets import user_paths, within


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
