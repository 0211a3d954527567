"""How far-reaching the change of a clause is: a proposal from its size and kind, which the editor may correct.

    proposal(change, language="en").significance      # what the portal proposes
    proposal(change, language="en").floor             # what the editor may not go below

`change` is a `hub.text.redline.ClauseChange`.
"""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.significance import SMALL_SHARE, Proposal, highest, rule_words, share


class Significance(models.TextChoices):
    EDITORIAL = "editorial", gettext_lazy("Editorial: the same rule in better words")
    CLARIFYING = "clarifying", gettext_lazy("Clarifying: the same rule, easier to follow")
    MATERIAL = "material", gettext_lazy("Material: the rule changed, people sign again")


def binds_more(change):
    """Whether what must be followed is newly addressed to somebody. Whom a new clause binds its significance asks."""
    if not change.old or not change.new or change.new.force != "must" or not change.old.audience:
        return False
    return not change.new.audience or not set(change.new.audience) <= set(change.old.audience)


def proposal(change, *, language):
    """What the change of one clause amounts to. `change.kind` is not "same"."""
    found = _proposal(change, language)
    if not change.audience_change:
        return found
    return Proposal(
        highest([found.significance, Significance.CLARIFYING]),
        highest([found.floor, Significance.CLARIFYING]),
        _("It applies to more people now; whom it did not bind before is asked to sign.")
        if binds_more(change)
        else _("It applies to others than before."),
    )


def _proposal(change, language):
    if change.kind == "added":
        binds = change.new.force == "must"
        return Proposal(
            Significance.MATERIAL if binds else Significance.CLARIFYING,
            Significance.CLARIFYING,
            _("A new rule that must be followed.") if binds else _("A new clause that advises or allows."),
        )
    if change.kind == "removed":
        bound = change.old.force == "must"
        return Proposal(
            Significance.MATERIAL if bound else Significance.CLARIFYING,
            Significance.CLARIFYING,
            _("A rule that had to be followed is gone.") if bound else _("A clause that advised or allowed is gone."),
        )
    if change.kind == "moved" or change.is_addressed_anew:
        return Proposal(Significance.EDITORIAL, Significance.EDITORIAL, _("The same words in another place."))
    if change.force_change:
        old, new = change.force_change
        return Proposal(
            Significance.MATERIAL,
            Significance.CLARIFYING,
            _("It said “%(old)s” and says “%(new)s” now.") % {"old": old, "new": new},
        )
    return _of_words(change, language)


def _of_words(change, language):
    carriers = rule_words(change, language)
    if carriers:
        binds = change.new.force == "must"
        return Proposal(
            Significance.MATERIAL if binds else Significance.CLARIFYING,
            Significance.CLARIFYING,
            _("Words that carry the rule changed: %(words)s.") % {"words": ", ".join(carriers[:4])},
        )
    if change.new.force == "must" and change.words_added != change.words_removed:
        return Proposal(
            Significance.CLARIFYING,
            Significance.EDITORIAL,
            _("Words came to, or left, a rule that must be followed. Does it reach further now?"),
        )
    changed = share(change)
    if changed <= SMALL_SHARE:
        return Proposal(Significance.EDITORIAL, Significance.EDITORIAL, _("A few words, none that carries the rule."))
    return Proposal(
        Significance.CLARIFYING,
        Significance.EDITORIAL,
        _("%(n)d %% of the words changed, none that carries the rule.") % {"n": round(100 * changed)},
    )
