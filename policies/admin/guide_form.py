"""A guide's questions and rows as the editor's page holds them."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.models import Service
from hub.text.redline import redline
from policies.actions.guide_table import LONGEST_HELP, LONGEST_LABEL, LONGEST_TEXT, RESERVED, new_key
from policies.models import QuestionKind, Verdict
from policies.models.guide import VERDICT_TONE, YES_NO

QUESTION_FIELDS = ["key", "text", "help", "kind"]
ROW_FIELDS = ["key", "verdict", "reason", "wording", "service"]
# A clause as its permanent address, whole or as a path, or as "policy:clause".
CLAUSE = re.compile(r"policies/([a-z0-9_-]+)/(?:versions/\d+/)?#c-([a-z0-9_-]+)|^([a-z0-9_-]+):([a-z0-9_-]+)$")
VERDICTS = {Verdict.GREEN: _("Yes"), Verdict.AMBER: _("Ask first"), Verdict.RED: _("No")}


def _number(text, otherwise):
    return int(text) if text.isdecimal() and len(text) < 6 else otherwise


def _options_of(lines):
    """[{"key", "label"}] of lines such as "uk | United Kingdom"; the key is made where only words are given."""
    pairs = [line.partition("|") for line in lines.splitlines() if line.strip()]
    taken = {key.strip() for key, bar, _label in pairs if bar}
    options = []
    for left, bar, right in pairs:
        label = (right if bar else left).strip()
        key = left.strip() if bar and left.strip() else new_key(label, taken, fallback="answer")
        taken.add(key)
        options.append({"key": key, "label": label})
    return options


def _cites_of(lines):
    cites = []
    for line in lines.split():
        found = CLAUSE.search(line)
        cites.append(":".join(part for part in found.groups() if part) if found else line)
    return cites


class GuideForm(forms.Form):
    """Questions and rows in the order of their place fields.

    `act` is the button pressed: "save", or a step that only changes what the page shows: "question-add",
    "question-up-2", "row-remove-0" (numbers count from 0, as the parts were sent) or "fill-1" (a row for the second
    example of what is missing).
    """

    lock = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        self.refused = {}
        self.focus = None
        self.act = data.get("act", "save") if data is not None else ""
        self.questions = self._sent_questions(data) if data is not None else []
        self.rows = self._sent_rows(data) if data is not None else []

    @classmethod
    def of(cls, text, lock):
        """Of a guide's text as `guide_table.as_dicts` gives it."""
        form = cls(initial={"lock": lock})
        form.questions, form.rows = text["questions"], text["rows"]
        return form

    @staticmethod
    def _places(data, part, must):
        """(place, index) of the parts that were sent."""
        found = []
        for index in range(_number(data.get(f"{part}count", ""), 0)):
            if f"{part}-{index}-{must}" not in data:
                break
            found.append((_number(data.get(f"{part}-{index}-position", ""), index + 1), index))
        return sorted(found)

    def _sent_questions(self, data):
        sent = []
        for _place, index in self._places(data, "q", "text"):
            question = {name: data.get(f"q-{index}-{name}", "") for name in QUESTION_FIELDS}
            question["options"] = _options_of(data.get(f"q-{index}-options", ""))
            sent.append({**question, "sent_as": index})
        # A new question gets its key as soon as it has words, so that rows can ask for it before anything is saved.
        taken = RESERVED | {question["key"] for question in sent}
        for question in sent:
            if not question["key"] and question["text"].strip():
                question["key"] = new_key(question["text"], taken, fallback="question")
                taken.add(question["key"])
        return sent

    def _sent_rows(self, data):
        sent = []
        keys = [question["key"] for question in self.questions if question["key"]]
        for _place, index in self._places(data, "r", "reason"):
            row = {name: data.get(f"r-{index}-{name}", "") for name in ROW_FIELDS}
            conditions = {key: data.getlist(f"r-{index}-c-{key}")[:50] for key in keys}
            row["conditions"] = {key: wanted for key, wanted in conditions.items() if wanted}
            row["cites"] = _cites_of(data.get(f"r-{index}-cites", ""))
            sent.append({**row, "sent_as": index})
        return sent

    def take_step(self):
        """Adds, moves or removes a part in what the page shows; nothing is stored."""
        part, _dash, rest = self.act.partition("-")
        step, _dash, number = rest.partition("-")
        parts = {"question": self.questions, "row": self.rows}.get(part)
        if parts is None:
            return
        place = next((i for i, one in enumerate(parts) if str(one.get("sent_as")) == number), None)
        if step == "add":
            place = len(parts) if place is None else place + 1
            parts.insert(place, _blank_question() if part == "question" else blank_row())
        elif place is None:
            return
        elif step == "remove":
            parts.pop(place)
            place = min(place, len(parts) - 1)
        elif step in {"up", "down"}:
            other = max(0, min(place + (1 if step == "down" else -1), len(parts) - 1))
            parts.insert(other, parts.pop(place))
            place = other
        self.focus = (part, place)

    def add_row(self, conditions):
        """A new row at the end that fits these answers; the page opens it."""
        self.rows.append({**blank_row(), "conditions": conditions})
        self.focus = ("row", len(self.rows) - 1)

    def take_lock(self, lock):
        """The next save knowingly writes over what somebody else saved."""
        self.data = self.data.copy()
        self.data["lock"] = str(lock)

    def add_refusal(self, error):
        if error.field:
            self.refused[error.field] = error.sentence
        self.add_error(None, error.sentence)

    # --- What the template draws --------------------------------------------------------------------------------------

    def drawn_questions(self):
        for index, question in enumerate(self.questions):
            refused = {
                name: self.refused.get(f"question-{index + 1}-{name}", "") for name in ("text", "help", "options")
            }
            yield {
                **question,
                "index": index,
                "number": index + 1,
                "kinds": [(value, label, value == question["kind"]) for value, label in QuestionKind.choices],
                "lines": "\n".join(f"{one['key']} | {one['label']}" for one in question["options"]),
                "is_first": index == 0,
                "is_last": index == len(self.questions) - 1,
                "has_focus": self.focus == ("question", index),
                "errors": refused,
                "longest_text": LONGEST_TEXT,
                "longest_help": LONGEST_HELP,
            }

    def drawn_rows(self):
        services = list(Service.objects.offered().in_catalogue_order().values_list("slug", "title"))
        known = {slug for slug, _title in services}
        for index, row in enumerate(self.rows):
            names = ("verdict", "conditions", "reason", "wording", "cites")
            refused = {name: self.refused.get(f"row-{index + 1}-{name}", "") for name in names}
            stale = [(row["service"], row["service"])] if row["service"] and row["service"] not in known else []
            conditions = list(self._drawn_conditions(index, row))
            yield {
                **row,
                "index": index,
                "number": index + 1,
                "verdicts": [(value, label, value == row["verdict"]) for value, label in VERDICTS.items()],
                "tone": VERDICT_TONE.get(row["verdict"], "neutral"),
                "word": VERDICTS.get(row["verdict"], ""),
                "asked": conditions,
                "when": [(one["key"], ", ".join(one["wanted"])) for one in conditions if one["wanted"]],
                "lines": "\n".join(row["cites"]),
                "services": [(slug, title, slug == row["service"]) for slug, title in [*services, *stale]],
                "is_first": index == 0,
                "is_last": index == len(self.rows) - 1,
                "is_open": self.focus == ("row", index) or any(refused.values()) or not row["verdict"],
                "has_focus": self.focus == ("row", index),
                "errors": refused,
            }

    def _drawn_conditions(self, index, row):
        for number, question in enumerate(self.questions, start=1):
            if not question["key"]:
                continue
            wanted = row["conditions"].get(question["key"], [])
            options = _options(question)
            labels = {one["key"]: one["label"] for one in options}
            # An answer that was taken out of its question stays here, ticked, until somebody chooses anew.
            gone = [{"key": key, "label": key, "is_gone": True} for key in wanted if key not in labels]
            yield {
                "name": f"r-{index}-c-{question['key']}",
                "number": number,
                "text": question["text"],
                "options": [{**one, "is_chosen": one["key"] in wanted} for one in [*options, *gone]],
                "key": question["key"],
                "wanted": wanted,
            }


def _options(question):
    return YES_NO if question["kind"] == QuestionKind.YES_NO else question["options"]


def _blank_question():
    return {"key": "", "text": "", "help": "", "kind": QuestionKind.YES_NO, "options": []}


def blank_row():
    return {"key": "", "conditions": {}, "verdict": "", "reason": "", "wording": "", "cites": [], "service": ""}


# --- Two editors at once ----------------------------------------------------------------------------------------------


def differences(theirs, form):
    """The parts that differ, each with its title, their text, and a redline from theirs to what the form holds."""
    mine = {"questions": form.questions, "rows": form.rows}
    parts = []
    for name, say in (("questions", _question_text), ("rows", _row_text)):
        old = {one["key"]: say(one, theirs["questions"]) for one in theirs[name]}
        new = {one["key"] or f"+{place}": say(one, mine["questions"]) for place, one in enumerate(mine[name])}
        for key in [*old, *(key for key in new if key not in old)]:
            before, after = old.get(key, ""), new.get(key, "")
            if before != after:
                title = (after or before).partition("\n")[0].strip("# ")[:LONGEST_LABEL]
                parts.append({"title": title, "theirs": before, "html": redline(before, after, heading_level=4)})
    return parts


def _question_text(question, _questions):
    lines = [f"### {question['text']}", "", question["help"], ""]
    lines += [f"- {one['label']}" for one in _options(question)]
    return "\n".join(lines).strip()


def _row_text(row, questions):
    lines = [f"### {VERDICTS.get(row['verdict'], '…')}", ""]
    wanted = {one["key"]: row["conditions"].get(one["key"]) for one in questions}
    lines += [f"- {key}: {', '.join(options)}" for key, options in wanted.items() if options]
    lines += ["", row["reason"], "", row["wording"], "", *(f"- {cite}" for cite in row["cites"])]
    return "\n".join(lines).strip()
