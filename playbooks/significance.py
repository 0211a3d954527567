"""How far-reaching the change of a section is: a proposal from its texts, which the editor may correct."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.significance import SMALL_SHARE, Proposal, rule_words, share

from .checklists import parse, steps_of

# By so many words a text may grow or shrink and still be the same advice in better words.
FEW_WORDS = 4


class Significance(models.TextChoices):
    EDITORIAL = "editorial", gettext_lazy("Editorial: the same advice in better words")
    CLARIFYING = "clarifying", gettext_lazy("Clarifying: the same advice, easier to follow")
    MATERIAL = "material", gettext_lazy("Material: the advice changed")


def proposal(change, *, language):
    """What the change of one section amounts to. `change.kind` is not "same"."""
    if change.kind == "moved":
        return Proposal(Significance.EDITORIAL, Significance.EDITORIAL, _("The same words in another place."))
    if change.kind in {"added", "removed"}:
        is_new = change.kind == "added"
        if _steps(change.new or change.old):
            reason = _("A new section with steps to do.") if is_new else _("A section with steps to do is gone.")
            return Proposal(Significance.MATERIAL, Significance.CLARIFYING, reason)
        reason = _("A new section.") if is_new else _("A section is gone.")
        return Proposal(Significance.CLARIFYING, Significance.CLARIFYING, reason)
    before, after = _steps(change.old), _steps(change.new)
    if before != after:
        reason = _("It had %(old)d steps and has %(new)d now.") % {"old": before, "new": after}
        return Proposal(Significance.MATERIAL, Significance.CLARIFYING, reason)
    carriers = rule_words(change, language)
    if carriers:
        reason = _("Words that carry the advice changed: %(words)s.") % {"words": ", ".join(carriers[:4])}
        return Proposal(Significance.MATERIAL, Significance.EDITORIAL, reason)
    if abs(change.words_added - change.words_removed) > FEW_WORDS:
        reason = _("More than a few words came to it or left it.")
        return Proposal(Significance.CLARIFYING, Significance.EDITORIAL, reason)
    changed = share(change)
    if changed <= SMALL_SHARE:
        reason = _("A few words, none that carries the advice.")
        return Proposal(Significance.EDITORIAL, Significance.EDITORIAL, reason)
    reason = _("%(n)d %% of the words changed, none that carries the advice.") % {"n": round(100 * changed)}
    return Proposal(Significance.CLARIFYING, Significance.EDITORIAL, reason)


def _steps(part):
    return len(steps_of(parse(part.body)))
