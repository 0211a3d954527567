"""What lists of playbooks, questions and case studies can be narrowed to."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.models import Topic
from hub.prepared import prepared
from playbooks.models import Difficulty
from policies import clock
from spokes.models import Platform

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
    goal = forms.CharField(label=_("To what end"), required=False)
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
        choices=[("", _("in 60 days")), ("late", _("a day past")), ("all", _("any day"))],
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


class QuestionFilter(forms.Form):
    topic = forms.ChoiceField(label=_("Topic"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = topic_choices()


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
