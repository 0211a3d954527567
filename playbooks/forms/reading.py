"""What readers say of a playbook, and which of its revisions they compare."""

from django import forms
from django.utils.translation import gettext_lazy as _

from playbooks.models import WhyNot


class WhyNotForm(forms.Form):
    reason = forms.ChoiceField(label=_("What comes nearest?"), choices=WhyNot.choices, widget=forms.RadioSelect)
    sentence = forms.CharField(
        label=_("In a sentence: what should be otherwise?"),
        required=False,
        max_length=300,
        help_text=_("Your name is not shown with it. Leave out names and personal data."),
        widget=forms.Textarea({"rows": 2}),
    )


class ChooseComparison(forms.Form):
    older = forms.TypedChoiceField(label=_("From"), coerce=int)
    newer = forms.TypedChoiceField(label=_("To"), coerce=int)

    def __init__(self, data=None, *, revisions, **kwargs):
        super().__init__(data, **kwargs)
        choices = [(revision.number, _("Revision %(n)d") % {"n": revision.number}) for revision in revisions]
        self.fields["older"].choices = self.fields["newer"].choices = choices
