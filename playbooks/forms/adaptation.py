"""A department's own words for a section."""

from django import forms
from django.utils.translation import gettext_lazy as _

from playbooks.actions.adaptation import LONGEST_INTRO
from playbooks.actions.text import LONGEST_BODY, LONGEST_HEADING


class AdaptedForm(forms.Form):
    """The section's text; `seen` is the number of the revision that stands beside it."""

    lock = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)
    heading = forms.CharField(label=_("Heading"), max_length=LONGEST_HEADING)
    body = forms.CharField(
        label=_("How your department does it"),
        max_length=LONGEST_BODY,
        widget=forms.Textarea({"rows": 16}),
        help_text=_("Markdown. A line that begins with “- [ ] ” is a step to tick off."),
    )


class AddedForm(AdaptedForm):
    """A section that only the department has; `places` are (key, where) of the playbook's sections."""

    lock = seen = None
    after = forms.ChoiceField(label=_("Where it stands"), required=False)
    field_order = ["after", "heading", "body"]

    def __init__(self, *args, places, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["after"].choices = places


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why do you leave it out?"), max_length=LONGEST_INTRO)


class IntroForm(forms.Form):
    intro = forms.CharField(
        label=_("What is different here"),
        required=False,
        max_length=LONGEST_INTRO,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("A sentence or two for the head of the page."),
    )
