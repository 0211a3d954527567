"""Questions and answers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.models import Topic
from playbooks.models import Objection


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


class QuestionForm(forms.Form):
    """The words of a question, to be changed."""

    title = forms.CharField(label=_("Your question"), max_length=200)
    body = forms.CharField(
        label=_("What should we know?"), required=False, max_length=10_000, widget=forms.Textarea({"rows": 7})
    )


class ReportForm(forms.Form):
    reason = forms.ChoiceField(label=_("What is wrong with it?"), choices=Objection.choices, widget=forms.RadioSelect)
    sentence = forms.CharField(
        label=_("In a sentence"),
        required=False,
        max_length=300,
        help_text=_("The hub reads it, with your name. Its author does not hear who reported it."),
        widget=forms.Textarea({"rows": 3}),
    )


class HideForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why?"), choices=Objection.choices, widget=forms.RadioSelect)
    sentence = forms.CharField(
        label=_("In a sentence, for its author"),
        max_length=300,
        help_text=_("She gets it by mail. Say what is wrong and what would be right."),
        widget=forms.Textarea({"rows": 3}),
    )
