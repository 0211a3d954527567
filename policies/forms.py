"""Forms of readers. The editor's own are in `policies.admin`."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.models import Topic
from policies.models import Policy, WithdrawalReason


class LibraryFilter(forms.Form):
    STATES = [
        ("", _("Any")),
        ("in_force", _("In force")),
        ("announced", _("Announced")),
        ("withdrawn", _("Withdrawn")),
    ]
    MINE = [("", _("Any")), ("to-sign", _("For me to sign")), ("signed", _("Signed by me"))]
    SORTS = [("title", _("Title")), ("newest", _("Newest first"))]

    topic = forms.ChoiceField(label=_("Topic"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    mine = forms.ChoiceField(label=_("Signature"), required=False, choices=MINE)
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)

    def __init__(self, data, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        topics = Topic.objects.filter(policies__current__isnull=False).distinct()
        self.fields["topic"].choices = [("", _("All"))] + [(topic.slug, topic.name) for topic in topics]


class ComparePicker(forms.Form):
    older = forms.TypedChoiceField(label=_("From"), coerce=int)
    newer = forms.TypedChoiceField(label=_("To"), coerce=int)

    def __init__(self, data, *, versions, **kwargs):
        super().__init__(data, **kwargs)
        choices = [(version.number, _("Version %(n)d") % {"n": version.number}) for version in versions]
        self.fields["older"].choices = self.fields["newer"].choices = choices


class PublishForm(forms.Form):
    publish_on = forms.DateField(
        label=_("Readers see it from"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty means now."),
    )
    effective_on = forms.DateField(
        label=_("It binds from"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty means the same day. Later gives people time to read and sign it."),
    )


class UnapprovedForm(PublishForm):
    prefix = "now"
    reason = forms.CharField(
        label=_("Why it cannot wait"),
        widget=forms.Textarea({"rows": 2}),
        max_length=1000,
        help_text=_("Every reader sees that it was published without a second pair of eyes, and why."),
    )


class ReturnForm(forms.Form):
    comment = forms.CharField(label=_("What should change"), widget=forms.Textarea({"rows": 3}), max_length=4000)


class WithdrawForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why"), choices=WithdrawalReason.choices)
    into = forms.ModelChoiceField(
        label=_("Merged into"), queryset=Policy.objects.none(), required=False, empty_label=_("no other policy")
    )

    def __init__(self, *args, policy, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Policy.objects.published().exclude(pk=policy.pk).order_by("title")
