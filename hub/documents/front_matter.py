"""The block of keys before a Markdown text (YAML between `---`, TOML between `+++`)."""

import datetime
import re
import tomllib

import yaml

LONGEST = 64 * 1024  # characters; anything longer is text
DEEPEST = 6

_BLOCK = re.compile(r"\A\s*(---|\+\+\+)[ \t]*\n(.*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_LINE = re.compile(r"^([\w-]+)[ \t]*[:=][ \t]*(.*)$")


class _Loader(yaml.BaseLoader):
    """Everything stays text (a date is what somebody typed) and nothing is built twice from one alias."""

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("alias")
        return super().compose_node(parent, index)


def take(text: str) -> tuple[dict, str, bool]:
    """(keys, the text after them, whether every key was understood)."""
    match = _BLOCK.match(text[: LONGEST + 10])
    if not match:
        return {}, text, True
    fence, block = match.group(1), match.group(2)
    if not any(_LINE.match(line) for line in block.split("\n")):
        return {}, text, True  # a rule above a paragraph, not a block of keys
    rest, understood = text[match.end() :], True
    try:
        found = tomllib.loads(block) if fence == "+++" else yaml.load(block, Loader=_Loader)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError):
        found, understood = _by_line(block), False
    if not isinstance(found, dict):
        return {}, text, True
    return {str(key): _simple(value) for key, value in found.items()}, rest, understood


def _by_line(block: str) -> dict:
    lines = (_LINE.match(line) for line in block.split("\n"))
    return {match.group(1): match.group(2).strip().strip("\"'") for match in lines if match}


def _simple(value, depth: int = 0):
    if isinstance(value, dict) and depth < DEEPEST:
        return {str(key): _simple(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list) and depth < DEEPEST:
        return [_simple(item, depth + 1) for item in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()
