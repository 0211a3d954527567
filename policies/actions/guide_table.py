"""The text of a guide: questions and rows from a form, and what is wrong with them together."""

from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.exceptions import Invalid
from hub.models import Service
from hub.text import markdown
from policies import clock
from policies.models import (
    Clause,
    GuideCitation,
    GuideQuestion,
    GuideRow,
    Policy,
    QuestionKind,
    Verdict,
    table_of,
)
from policies.reports import with_clauses

MOST_QUESTIONS = 8
MOST_OPTIONS = 8
MOST_ROWS = 60
MOST_CITES = 8
LONGEST_TEXT = 200
LONGEST_HELP = 500
LONGEST_LABEL = 120
LONGEST_REASON = 4000
LONGEST_KEY = 60
MOST_FINDINGS = 5
# Names in a guide's address that are no question's.
RESERVED = {"change", "csrfmiddlewaretoken", "guide"}


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a guide. `blocks` what readers would get; else it is only said.

    `answers` are pairs of a question's text and an answer in words, one example; `gap` the same as conditions.
    """

    sentence: str
    blocks: bool = False
    answers: tuple = ()
    field: str = ""
    gap: dict | None = None


def new_key(text, taken, *, fallback):
    """A short permanent key from words, that is not taken."""
    base = slugify(text)[: LONGEST_KEY - 4].strip("-_") or fallback
    key, n = base, 1
    while key in taken:
        n += 1
        key = f"{base}-{n}"
    return key


def written(guide, questions, rows):
    """(GuideQuestions, GuideRows, GuideCitations), unsaved, of a guide's text.

    `questions` are dicts with key, text, help, kind and options (dicts with key and label); `rows` dicts with key,
    conditions, verdict, reason, wording, cites ("policy:clause") and service (a slug). A question or option without a
    key gets one; a row without one gets the next of the guide's (`rows_made` counts on).

    Raises Invalid, whose `field` is "question-<n>-<part>" or "row-<n>-<part>".
    """
    if len(questions) > MOST_QUESTIONS:
        raise Invalid(_("A guide has at most %(n)d questions. Make two of it.") % {"n": MOST_QUESTIONS})
    if len(rows) > MOST_ROWS:
        raise Invalid(_("A guide has at most %(n)d rows. Make two of it.") % {"n": MOST_ROWS})
    made = _questions(guide, questions)
    options = {question.key: [option["key"] for option in question.options] for question in made}
    clauses = _clauses(rows)
    services = Service.objects.in_bulk({row.get("service") or "" for row in rows}, field_name="slug")
    stored, cites, seen = [], [], set()
    for number, draft in enumerate(rows, start=1):
        row = _row(guide, number, draft, options)
        wanted = draft.get("service") or ""
        row.service = services.get(wanted)
        if wanted and row.service is None:
            raise Invalid(_("Row %(n)d names a service that does not exist.") % {"n": number})
        row.key = draft.get("key") or ""
        if not row.key or row.key in seen:
            guide.rows_made += 1
            row.key = f"row-{guide.rows_made}"
        seen.add(row.key)
        stored.append(row)
        cites += _citations(row, number, draft, clauses)
    return made, stored, cites


def _questions(guide, drafts):
    made = []
    taken = RESERVED | {draft.get("key") or "" for draft in drafts}
    for number, draft in enumerate(drafts, start=1):
        where, field = {"n": number}, f"question-{number}-"
        question = GuideQuestion(
            guide=guide,
            number=number,
            key=draft.get("key") or "",
            text=" ".join(markdown.clean(draft.get("text") or "").split()),
            help=markdown.clean(draft.get("help") or "").strip(),
            kind=draft.get("kind") or QuestionKind.YES_NO,
        )
        if not question.text:
            raise Invalid(_("Question %(n)d needs its words.") % where, field=f"{field}text")
        if len(question.text) > LONGEST_TEXT:
            raise Invalid(_("Question %(n)d is too long. Ask one thing.") % where, field=f"{field}text")
        if len(question.help) > LONGEST_HELP:
            raise Invalid(_("The help of question %(n)d is too long.") % where, field=f"{field}help")
        if question.kind not in QuestionKind.values:
            raise Invalid(_("Question %(n)d has a kind that does not exist.") % where, field=f"{field}kind")
        if question.key in RESERVED or question.key in {one.key for one in made}:
            raise Invalid(_("Two questions have the same key “%(key)s”.") % {"key": question.key})
        if not question.key:
            question.key = new_key(question.text, taken, fallback="question")
            taken.add(question.key)
        elif question.key != slugify(question.key) or len(question.key) > LONGEST_KEY:
            raise Invalid(_("“%(key)s” cannot be a question's key.") % {"key": question.key})
        if question.kind == QuestionKind.CHOICE:
            question.choices = _options(draft.get("options") or [], where, f"{field}options")
        made.append(question)
    return made


def _options(drafts, where, field):
    made = []
    taken = {draft.get("key") or "" for draft in drafts}
    for draft in drafts:
        label = " ".join(markdown.clean(draft.get("label") or "").split())
        key = draft.get("key") or new_key(label, taken, fallback="answer")
        taken.add(key)
        if not label or len(label) > LONGEST_LABEL:
            raise Invalid(_("Question %(n)d has an answer without words, or a very long one.") % where, field=field)
        if key != slugify(key) or len(key) > LONGEST_KEY:
            raise Invalid(
                _("“%(key)s” cannot be an answer's key: small letters, figures and hyphens only.") % {"key": key},
                field=field,
            )
        if key in {one["key"] for one in made}:
            raise Invalid(_("Question %(n)d has the same answer twice.") % where, field=field)
        made.append({"key": key, "label": label})
    if len(made) < 2:
        raise Invalid(_("Question %(n)d needs at least two answers, one a line.") % where, field=field)
    if len(made) > MOST_OPTIONS:
        raise Invalid(
            _("A question has at most %(n)d answers. Put alike ones together.") % {"n": MOST_OPTIONS}, field=field
        )
    return made


def _row(guide, number, draft, options):
    where = {"n": number}
    row = GuideRow(
        guide=guide,
        number=number,
        conditions=_conditions(draft.get("conditions") or {}, options, number),
        verdict=draft.get("verdict") or "",
        reason=markdown.clean(draft.get("reason") or "").strip(),
        wording=markdown.clean(draft.get("wording") or "").strip(),
    )
    if row.verdict not in Verdict.values:
        raise Invalid(_("Row %(n)d needs its answer: yes, ask first, or no.") % where, field=f"row-{number}-verdict")
    for name in ("reason", "wording"):
        if len(getattr(row, name)) > LONGEST_REASON:
            raise Invalid(_("The text of row %(n)d is too long.") % where, field=f"row-{number}-{name}")
    row.reason_html = markdown.render(row.reason, heading_level=3)
    return row


def _conditions(wanted, options, number):
    """What is wanted of questions that there are, in their order; none where every option fits.

    A row whose answers have all been taken out of a question must not silently fit all others.
    """
    made = {}
    for key, there in options.items():
        fits = [option for option in there if option in set(wanted.get(key) or ())]
        if wanted.get(key) and not fits:
            raise Invalid(
                _("Row %(n)d asks for an answer that its question no longer has. Choose again.") % {"n": number},
                field=f"row-{number}-conditions",
            )
        if fits and len(fits) < len(there):
            made[key] = fits
    return made


def _clauses(rows):
    """{"policy:clause": Policy} of all that the rows cite and that there is."""
    wanted = {cite.partition(":")[::2] for row in rows for cite in row.get("cites") or ()}
    policies = Policy.objects.in_bulk({slug for slug, _key in wanted if "\0" not in slug}, field_name="slug")
    there = Clause.objects.filter(version__policy__in=policies.values(), key__in={key for _slug, key in wanted})
    known = set(there.values_list("version__policy__slug", "key"))
    return {f"{slug}:{key}": policies[slug] for slug, key in wanted & known}


def _citations(row, number, draft, clauses):
    wanted = list(dict.fromkeys(draft.get("cites") or ()))
    if len(wanted) > MOST_CITES:
        raise Invalid(
            _("Row %(n)d cites more than %(most)d clauses. Keep those that matter.")
            % {"n": number, "most": MOST_CITES},
            field=f"row-{number}-cites",
        )
    for place, cite in enumerate(wanted, start=1):
        if cite not in clauses:
            raise Invalid(
                _("Row %(n)d: “%(cite)s” is not the address of a clause. Copy it from the # sign beside the clause.")
                % {"n": number, "cite": cite[:120]},
                field=f"row-{number}-cites",
            )
        yield GuideCitation(row=row, policy=clauses[cite], clause_key=cite.partition(":")[2], number=place)


# --- What is wrong with it --------------------------------------------------------------------------------------------


def findings(questions, rows, cites):
    """All that is wrong with a guide as readers would get it, the worst first."""
    return [
        *_unfinished(questions, rows, cites),
        *_contradictions(questions, rows),
        *_unreachable(questions, rows),
        *_missing(questions, rows),
        *_idle(questions, rows),
        *_outdated(rows, cites),
    ]


def _unfinished(questions, rows, cites):
    if not questions:
        yield Finding(_("There is no question yet."), blocks=True)
    if not rows:
        yield Finding(_("There is no row yet, so nobody gets an answer."), blocks=True)
    citing = {id(cite.row) for cite in cites}
    for row in rows:
        where = {"n": row.number}
        if not row.reason:
            yield Finding(_("Row %(n)d does not say why.") % where, True, field=f"row-{row.number}-reason")
        if id(row) not in citing:
            yield Finding(
                _("Row %(n)d cites no clause. Say which rule it rests on.") % where,
                True,
                field=f"row-{row.number}-cites",
            )


def _contradictions(questions, rows):
    clashes = list(table_of(questions, rows).clashes())
    for clash in clashes[:MOST_FINDINGS]:
        first, second = rows[clash.first], rows[clash.second]
        yield Finding(
            _(
                "Rows %(first)d and %(second)d fit the same answers, but one says “%(one)s” and the other “%(other)s”. "
                "For example:"
            )
            % {
                "first": first.number,
                "second": second.number,
                "one": first.get_verdict_display(),
                "other": second.get_verdict_display(),
            },
            blocks=True,
            answers=in_words(questions, clash.answers),
            field=f"row-{second.number}-conditions",
        )
    if len(clashes) > MOST_FINDINGS:
        yield Finding(
            ngettext(
                "One more pair of rows contradicts itself.",
                "%(n)d more pairs of rows contradict themselves.",
                len(clashes) - MOST_FINDINGS,
            )
            % {"n": len(clashes) - MOST_FINDINGS},
            blocks=True,
        )


def _unreachable(questions, rows):
    for shadow in table_of(questions, rows).shadowed():
        yield Finding(
            _("Row %(n)d is never reached: the rows above it fit all its answers. For example, row %(by)d does at:")
            % {"n": rows[shadow.rule].number, "by": rows[shadow.by].number},
            answers=in_words(questions, shadow.answers),
            field=f"row-{rows[shadow.rule].number}-conditions",
        )


def _missing(questions, rows):
    table = table_of(questions, rows)
    missing = table.missing() if rows and questions else 0
    if not missing:
        return
    for number, gap in enumerate(table.gaps(MOST_FINDINGS)):
        sentence = _("No row fits these answers:")
        if not number:
            sentence = ngettext(
                "%(missing)s of %(all)s combinations of answers has no row. For example:",
                "%(missing)s of %(all)s combinations of answers have no row. For example:",
                missing,
            ) % {"missing": f"{missing:,}", "all": f"{table.combinations:,}"}
        yield Finding(sentence, answers=in_words(questions, gap), gap=gap)


def _idle(questions, rows):
    used = {key for row in rows for key in row.conditions}
    for question in questions if rows else ():
        if question.key not in used:
            yield Finding(
                _("No row depends on question %(n)d, so nobody is asked it.") % {"n": question.number},
                field=f"question-{question.number}-text",
            )


def _outdated(rows, cites):
    for cite in with_clauses(cites, clock.today()):
        if cite.clause_state:
            yield Finding(
                _("Row %(n)d rests on “%(clause)s” of “%(policy)s”, which is %(state)s.")
                % {
                    "n": cite.row.number,
                    "clause": cite.clause.heading if cite.clause else cite.clause_key,
                    "policy": cite.policy.title,
                    "state": cite.clause_state,
                },
                field=f"row-{cite.row.number}-cites",
            )


def in_words(questions, answers):
    """Pairs of a question's text and its answer (an option or several), in the order of the questions."""
    pairs = []
    for question in questions:
        if question.key in answers:
            wanted = answers[question.key]
            chosen = [wanted] if isinstance(wanted, str) else wanted
            pairs.append((question.text, _(" or ").join(question.label_of(option) for option in chosen)))
    return tuple(pairs)


def in_keys(questions, conditions):
    """Pairs of a question's key and its answers' keys: the short form for whoever writes the guide."""
    return [(one.key, ", ".join(conditions[one.key])) for one in questions if one.key in conditions]


def as_dicts(questions, rows, cites):
    """A guide's text as the editor sends it, and as a conflict shows it."""
    of_row = {}
    for cite in cites:
        of_row.setdefault(cite.row_id, []).append(f"{cite.policy.slug}:{cite.clause_key}")
    return {
        "questions": [
            {"key": one.key, "text": one.text, "help": one.help, "kind": one.kind, "options": one.choices}
            for one in questions
        ],
        "rows": [
            {
                "key": row.key,
                "conditions": row.conditions,
                "verdict": row.verdict,
                "reason": row.reason,
                "wording": row.wording,
                "cites": of_row.get(row.pk, []),
                "service": row.service.slug if row.service else "",
            }
            for row in rows
        ],
    }
