"""Questions and answers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.models import Topic


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
