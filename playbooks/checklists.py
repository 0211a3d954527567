"""Checklists inside a section's Markdown.

A line `- [ ] Ask the owner {#ask-the-owner}` at the outer level of a text is a step; its key never changes. Lines that
follow indented belong to the step. What stands in a fence or a quotation is an example and no step.

A step may end with the day it is due in a run, in working days after the start: `Ask the owner (day +3)`. The word
before the figure is free, so that it can be of any language.
"""

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

_STEP = re.compile(r"^ {0,3}[-*+] \[[ xX]\]\s+(?P<text>\S.*)$")
_KEY = re.compile(r"\s*\{#(?P<key>[a-zA-Z0-9_-]{1,80})\}\s*$")
_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})")
_GOES_ON = re.compile(r"^(?: {2,}|\t)\s*(?P<text>\S.*)$")
_DAY = re.compile(r"\s*\((?:[^\W\d_]+\s)?\+(?P<days>\d{1,3})\)$")
# From this likeness on a step whose words were changed is still the same step.
_STILL_THE_SAME = 0.6
_NESTED = re.compile(r"^(?:[-*+]|\d+[.)]) ")


@dataclass(frozen=True)
class StepText:
    """One step. `key` is blank as long as it has none."""

    text: str
    key: str = ""


@dataclass(frozen=True)
class Run:
    """Steps that follow each other without other text in between."""

    steps: tuple[StepText, ...]


def parse(body):
    """The text's parts in order: each a str of Markdown lines or a `Run`."""
    parts, lines, steps, fence = [], [], [], ""

    def close_text():
        text = "\n".join(lines).strip("\n")
        if text.strip():
            parts.append(text)
        lines.clear()

    def close_run():
        if steps:
            parts.append(Run(tuple(_keyed(text) for text in steps)))
        steps.clear()

    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            lines.append(line)
            if mark and mark["mark"].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        step = None if mark else _STEP.match(line)
        if step:
            close_text()
            steps.append(step["text"])
        elif steps and (more := _GOES_ON.match(line)) and not _NESTED.match(more["text"]):
            steps[-1] = f"{steps[-1].rstrip()} {more['text']}"
        elif steps and not line.strip():
            continue
        else:
            close_run()
            lines.append(line)
            fence = mark["mark"] if mark else ""
    close_run()
    close_text()
    return parts


def _keyed(text):
    found = _KEY.search(text)
    words = " ".join(text[: found.start()].split()) if found else ""
    return StepText(words, found["key"]) if words else StepText(" ".join(text.split()))


def serialise(parts):
    """The Markdown of these parts; `parse` gives them back."""
    return "\n\n".join(part if isinstance(part, str) else "\n".join(map(_line, part.steps)) for part in parts)


def _line(step):
    return f"- [ ] {step.text} {{#{step.key}}}" if step.key else f"- [ ] {step.text}"


def steps_of(parts):
    return [step for part in parts if isinstance(part, Run) for step in part.steps]


def with_keys(parts, make_key):
    """The same parts, each step with a key: its own, or what `make_key(text)` gives."""
    return [
        Run(tuple(step if step.key else replace(step, key=make_key(step.text)) for step in part.steps))
        if isinstance(part, Run)
        else part
        for part in parts
    ]


def without_keys(body):
    """The text as readers see it, for comparing and for search."""
    parts = parse(body)
    return serialise([Run(tuple(StepText(s.text) for s in p.steps)) if isinstance(p, Run) else p for p in parts])


def day_of(text):
    """(the step's words, the working day after the start on which they are due or None)."""
    found = _DAY.search(text)
    words = text[: found.start()] if found else ""
    return (words, int(found["days"])) if words else (text, None)


def with_keys_of(body, known):
    """The text with the keys of the steps of another text that it comes from, `known`, given back to its own.

    A step keeps its key by its words, or by words that are much alike; one that is new has none yet.
    """
    parts = parse(body)
    free = {step.key: step.text for step in steps_of(parse(known)) if step.key}
    for step in steps_of(parts):
        free.pop(step.key, None)
    texts = [step.text for step in steps_of(parts) if not step.key]
    found = {}
    for text in texts:
        key = next((key for key, was in free.items() if was == text), None)
        if key and text not in found:
            found[text] = key
            del free[key]
    for text in texts:
        likeness = {key: SequenceMatcher(None, was, text, autojunk=False).ratio() for key, was in free.items()}
        key = max(likeness, key=likeness.get, default=None)
        if text not in found and key and likeness[key] >= _STILL_THE_SAME:
            found[text] = key
            del free[key]
    given = [
        Run(tuple(step if step.key else StepText(step.text, found.pop(step.text, "")) for step in part.steps))
        if isinstance(part, Run)
        else part
        for part in parts
    ]
    return serialise(given)
