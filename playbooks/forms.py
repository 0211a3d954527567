"""Forms of readers. The editor's own are in `playbooks.admin`."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.models import Topic
from hub.prepared import prepared
from playbooks.models import Difficulty

SORTS = [("title", _("Title")), ("newest", _("Newest first")), ("helpful", _("Most helpful first"))]
TIMES = [
    ("", _("Any")),
    ("10", _("up to 10 minutes")),
    ("30", _("up to half an hour")),
    ("60", _("up to an hour")),
    ("more", _("more than an hour")),
]
VERIFIED = [("", _("Any")), ("yes", _("Verified")), ("no", _("Not verified"))]
ANY = [("", _("Any"))]


def topic_choices():
    """Every topic as (address, name), in one query."""
    return [("", _("Any")), *_topics()]


@prepared()
def _topics():
    return Topic.objects.values_list("slug", "name")


class LibraryFilter(forms.Form):
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    difficulty = forms.ChoiceField(label=_("Difficulty"), required=False, choices=[*ANY, *Difficulty.choices])
    time = forms.ChoiceField(label=_("Takes"), required=False, choices=TIMES)
    verified = forms.ChoiceField(label=_("Verified"), required=False, choices=VERIFIED)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = topic_choices()

    def apply(self, playbooks):
        """The playbooks that are asked for, in the order asked for. A value that there is not counts as not given."""
        self.is_valid()
        asked = self.cleaned_data
        if asked.get("topic"):
            playbooks = playbooks.filter(topic__slug=asked["topic"])
        if asked.get("difficulty"):
            playbooks = playbooks.filter(difficulty=asked["difficulty"])
        if asked.get("time") == "more":
            playbooks = playbooks.filter(minutes__gt=60)
        elif asked.get("time"):
            playbooks = playbooks.filter(minutes__lte=int(asked["time"]))
        if asked.get("verified"):
            playbooks = playbooks.verified() if asked["verified"] == "yes" else playbooks.not_verified()
        if asked.get("sort") == "newest":
            return playbooks.newest_first()
        if asked.get("sort") == "helpful":
            return playbooks.most_helpful_first()
        return playbooks.order_by("title", "pk")


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

    def __init__(self, *args, revisions, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(revision.number, _("Revision %(n)d") % {"n": revision.number}) for revision in revisions]
        self.fields["older"].choices = self.fields["newer"].choices = choices
