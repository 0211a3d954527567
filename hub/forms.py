"""Forms that policies and playbooks share: how far-reaching changes are, and what readers of a draft say."""

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from hub.models import CommentState
from hub.significance import WEIGHT


class SignificanceForm(forms.Form):
    """How far-reaching each change of a text is: a choice a changed part, none below what its text allows."""

    lock = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, changes, **kwargs):
        super().__init__(data, **kwargs)
        self.changes = changes
        for change in changes:
            levels = change._meta.get_field("significance").choices
            allowed = [(value, label) for value, label in levels if WEIGHT[value] >= WEIGHT[change.floor]]
            self.fields[self.name_of(change)] = forms.ChoiceField(
                label=f"{change.number}. {change.heading}", choices=allowed, initial=change.significance
            )

    @staticmethod
    def name_of(change):
        return f"significance-{change.key}"

    def rows(self):
        """(change, its field) in the order of the text."""
        return [(change, self[self.name_of(change)]) for change in self.changes]

    @property
    def choices(self):
        return {change.key: self.cleaned_data[self.name_of(change)] for change in self.changes}


class CommentForm(forms.Form):
    """What a reader says about a part of a text, or about the whole where `part` is blank."""

    text = forms.CharField(label=_("Comment"), widget=forms.Textarea({"rows": 3}), max_length=4000)

    def __init__(self, data=None, *, part="", **kwargs):
        self.part = part[:80]
        super().__init__(data, auto_id=f"say-{slugify(self.part) or 'whole'}-%s", **kwargs)
        self.fields["text"].error_messages["required"] = _("Write what you want to say.")


def with_comment_forms(parts, sent=None):
    """Gives each part a form to comment on it; returns the form about the whole.

    The form that was `sent` and refused stands where it was, with what was typed; if its part is gone, what was typed
    can still be said about the whole.
    """
    for part in parts:
        part.form = sent if sent is not None and sent.part == part.key else CommentForm(part=part.key)
    if sent is None or any(part.form is sent for part in parts):
        return CommentForm()
    sent.part = ""
    return sent


class AnswerForm(forms.Form):
    STATES = [(CommentState.DONE, _("Done")), (CommentState.NOT_DONE, _("Not done, because"))]

    state = forms.ChoiceField(label=_("Your answer"), choices=STATES, widget=forms.RadioSelect)
    answer = forms.CharField(label=_("In words"), required=False, widget=forms.Textarea({"rows": 2}), max_length=4000)

    @classmethod
    def of(cls, comment):
        initial = {} if comment.is_open else {"state": comment.state, "answer": comment.answer}
        return cls(initial=initial, auto_id=f"answer-{comment.pk}-%s")
