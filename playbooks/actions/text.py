"""The text of a revision: sections from a form, their steps, HTML and citations, and what changed between two."""

import hashlib
import json
from dataclasses import dataclass
from functools import partial

from django.utils.html import escape
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub.actions import changes
from hub.exceptions import Invalid
from hub.significance import first_word
from hub.text import markdown
from hub.text.redline import ClauseText, compare_clauses
from playbooks import checklists
from playbooks.checklists import Run, StepText
from playbooks.models import Redline, Section, SectionChange, Significance, Step
from playbooks.significance import proposal
from policies.models import Clause, Policy

MOST_SECTIONS = 60
LONGEST_HEADING = 250
LONGEST_BODY = 50_000
LONGEST_KEY = 80
LONGEST_STEP = 500
MOST_CITATIONS = 200
# Stands for a checklist while the text around it is rendered; no person's text keeps a character of this kind.
_MARK = "\ue000"


@dataclass
class Written:
    """A section that is not stored yet, with the steps of its checklist."""

    section: Section
    steps: list[Step]


def written_sections(revision, drafts):
    """Unsaved sections of a revision from dicts with key, heading and body, in order.

    The body's checklist lines become steps; `steps`, a list of dicts with key and text, are added at its end. A key
    that is missing is made from the heading and is new in the playbook's whole history, so that a permanent address
    never comes to mean something else.

    Raises Invalid, whose `field` is "section-<n>-<part>".
    """
    if len(drafts) > MOST_SECTIONS:
        raise Invalid(_("A playbook holds at most %(n)d sections. Split it in two.") % {"n": MOST_SECTIONS})
    history = Section.objects.filter(revision__playbook=revision.playbook_id).values_list("key", flat=True)
    taken = {*history, *(draft.get("key") for draft in drafts)}
    found, seen = [], set()
    for number, draft in enumerate(drafts, start=1):
        section = Section(
            revision=revision,
            number=number,
            heading=" ".join(markdown.clean(draft.get("heading") or "").split()),
        )
        body = markdown.clean(draft.get("body") or "").replace(_MARK, "").strip()
        _check_section(section, body)
        key = draft.get("key") or ""
        if key and (key != slugify(key) or len(key) > LONGEST_KEY):
            raise Invalid(_("“%(key)s” cannot be a section's address.") % {"key": key})
        section.key = key or new_key(section.heading, taken, "section")
        if section.key in seen:
            raise Invalid(_("Two sections have the same address “%(key)s”.") % {"key": section.key})
        seen.add(section.key)
        taken.add(section.key)
        found.append(_with_steps(section, body, draft.get("steps") or ()))
    return found


def _check_section(section, body):
    where = {"n": section.number}
    if not section.heading:
        raise Invalid(_("Section %(n)d needs a heading.") % where, field=f"section-{section.number}-heading")
    if len(section.heading) > LONGEST_HEADING:
        raise Invalid(_("The heading of section %(n)d is too long.") % where, field=f"section-{section.number}-heading")
    if len(body) > LONGEST_BODY:
        raise Invalid(_("The text of section %(n)d is too long.") % where, field=f"section-{section.number}-body")


def _with_steps(section, body, further):
    parts = checklists.parse(body)
    if further:
        parts.append(Run(tuple(StepText(_one_line(step["text"]), step.get("key") or "") for step in further)))
    field = f"section-{section.number}-body"
    given = [step.key for step in checklists.steps_of(parts) if step.key]
    taken = set(given)
    if len(taken) < len(given):
        twice = next(key for key in given if given.count(key) > 1)
        raise Invalid(
            _("Two steps of section %(n)d have the same key “%(key)s”.") % {"n": section.number, "key": twice},
            field=field,
        )

    def make_key(text):
        key = new_key(text, taken, "step")
        taken.add(key)
        return key

    parts = checklists.with_keys(parts, make_key)
    steps = [
        Step(section=section, number=number, key=step.key, text=step.text)
        for number, step in enumerate(checklists.steps_of(parts), start=1)
    ]
    if any(len(step.text) > LONGEST_STEP for step in steps):
        raise Invalid(
            _("A step of section %(n)d is too long to tick off. Split it.") % {"n": section.number}, field=field
        )
    section.body = checklists.serialise(parts)
    section.html = section_html(parts, section.key)
    return Written(section, steps)


def _one_line(text):
    return " ".join(markdown.clean(text).replace(_MARK, "").split())


def section_html(parts, key):
    """A section's body with its checklists as readers see it; a step's id is "t-<section key>--<step key>"."""
    text, runs = [], []
    for part in parts:
        if isinstance(part, Run):
            text.append(f"{_MARK}{len(runs)}{_MARK}")
            runs.append(_steps_html(part, key))
        else:
            text.append(part)
    html = markdown.render("\n\n".join(text), heading_level=3, anchor_prefix=f"in-{key}")
    for number, run in enumerate(runs):
        mark = f"{_MARK}{number}{_MARK}"
        # The mark stands in a paragraph of its own, unless the text before it left a block of raw HTML open.
        html = html.replace(f'<p dir="auto">{mark}</p>', run).replace(mark, run)
    return html


def _steps_html(run, key):
    lines = "".join(
        f'<li id="t-{escape(key)}--{escape(step.key)}"><span class="box" aria-hidden="true"></span>'
        f"<div>{inline_html(step.text)}</div></li>"
        for step in run.steps
    )
    return f'<ul class="steps" role="list">{lines}</ul>'


def inline_html(text):
    """A step's words as HTML that can stand within a line."""
    html = markdown.render(text).strip()
    return html.removeprefix('<p dir="auto">').removesuffix("</p>") if html.count("<p") == 1 else html


def preview_html(body):
    """What readers will see of a section's text."""
    return section_html(checklists.parse(markdown.clean(body).replace(_MARK, "")[:LONGEST_BODY]), "preview")


def new_key(heading, taken, fallback):
    base = slugify(heading)[: LONGEST_KEY - 6].strip("-_") or fallback
    key, n = base, 1
    while key in taken:
        n += 1
        key = f"{base}-{n}"
    return key


def store_text(revision, written):
    """Puts these sections and their steps in the place of what the revision had."""
    revision.sections.all().delete()
    Section.objects.bulk_create([one.section for one in written])
    Step.objects.bulk_create([step for one in written for step in one.steps])


def as_dicts(sections):
    """Sections as the editor sends them, and as a conflict shows them."""
    return [{"key": section.key, "heading": section.heading, "body": section.body} for section in sections]


def checked_cites(citations, written):
    """What a revision keeps of `citations`, a list of dicts with section_key, policy and clause_key.

    Raises Invalid for a section or a clause that there is not.
    """
    sections = {one.section.key: one.section.number for one in written}
    wanted = list(dict.fromkeys((c["section_key"], c["policy"].pk, c["clause_key"]) for c in citations))
    if len(wanted) > MOST_CITATIONS:
        raise Invalid(_("A playbook cites at most %(n)d clauses.") % {"n": MOST_CITATIONS})
    policies = {c["policy"].pk for c in citations}
    clauses = set(Clause.objects.filter(version__policy__in=policies).values_list("version__policy", "key").distinct())
    slugs = dict(Policy.objects.filter(pk__in=policies).values_list("pk", "slug"))
    for section_key, policy_id, clause_key in wanted:
        if section_key not in sections:
            raise Invalid(_("There is no section “%(key)s” to cite from.") % {"key": section_key})
        if (policy_id, clause_key) not in clauses:
            raise Invalid(
                _("The policy “%(policy)s” has no clause “%(clause)s”.")
                % {"policy": slugs[policy_id], "clause": clause_key},
                field=f"section-{sections[section_key]}-cites",
            )
    return [list(one) for one in wanted]


def changes_between(old, new):
    """What became of each section, the unchanged ones included: a list of `ClauseChange` of hub.text.redline."""
    return compare_clauses([_plain(section) for section in old], [_plain(section) for section in new], heading_level=3)


def store_changes(revision, before, *, stated=None):
    """Writes how far-reaching each change since the revision `before` is, and with it the revision's significance."""
    if before is None:
        revision.section_changes.all().delete()
        revision.significance = Significance.MATERIAL
        return
    new = list(revision.sections.all())
    revision.significance = changes.store_changes(
        revision.section_changes,
        changes_between(before.sections.all(), new),
        propose=partial(proposal, language=revision.playbook.language),
        hashes={section.key: _hash(section) for section in new},
        stated=stated,
    )


def _hash(section):
    parts = [section.heading, checklists.without_keys(section.body)]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def judged_between(playbook, older, newer):
    """{section key: the most far-reaching of its changes} over the revisions after number `older` up to `newer`."""
    rows = SectionChange.objects.filter(
        revision__playbook=playbook, revision__number__gt=older, revision__number__lte=newer
    ).values_list("key", "significance")
    return changes.most_far_reaching(rows)


def compare(old, new, judged=None):
    """A Redline of two lists of sections, not saved and without its revisions; `judged` as in `judged_between`."""
    words = {key: first_word(Significance(level).label) for key, level in (judged or {}).items()}
    return Redline(**changes.redline(changes_between(old, new), words=words, anchor="s"))


def store_redlines(revision):
    """Makes what readers will compare: this revision with each of the last ones before it."""
    new = list(revision.sections.all())
    earlier = revision.playbook.revisions.readable().filter(number__lt=revision.number).newest_first()
    rows = []
    for older in earlier.prefetch_related("sections")[: changes.REDLINES_BACK]:
        judged = judged_between(revision.playbook_id, older.number, revision.number)
        row = compare(list(older.sections.all()), new, judged)
        row.older, row.newer = older, revision
        rows.append(row)
    Redline.objects.filter(newer=revision).delete()
    Redline.objects.bulk_create(rows)


def redline_between(older, newer, *, side_by_side=False):
    """The stored redline of two revisions, in one of its two forms, or one made now (reading never writes)."""
    stored = Redline.objects.filter(older=older, newer=newer).defer("html" if side_by_side else "side_html").first()
    if stored:
        return stored
    judged = judged_between(newer.playbook_id, older.number, newer.number)
    return compare(list(older.sections.all()), list(newer.sections.all()), judged)


def _plain(section):
    return ClauseText(section.key, str(section.number), section.heading, "", checklists.without_keys(section.body))
