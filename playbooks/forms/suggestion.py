"""Suggestions, and whom one asks to read a revision."""

from django import forms
from django.utils.translation import gettext_lazy as _

from playbooks.actions.suggestion import LONGEST_REASON
from playbooks.actions.text import LONGEST_BODY, LONGEST_HEADING
from policies.forms import AskForm


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


class AskReviewForm(AskForm):
    """As for a policy; a playbook's revision knows no consultation."""

    kind = None
