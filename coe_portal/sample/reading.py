"""Reads the sample's files: YAML rows with known keys, and Markdown cut at its headings."""

import re
from contextlib import contextmanager
from pathlib import Path

import yaml
from django.core.exceptions import ObjectDoesNotExist, ValidationError

from hub.exceptions import HubError

CONTENT = Path(__file__).resolve().parent / "content"
HEADING = re.compile(r"^## (?:\[(?P<force>must|should|may)\] )?(?P<heading>.+?) \{#(?P<key>[a-z0-9-]+)\}$")


class SampleError(Exception):
    """The sample's files do not fit together; the text names the file and the thing in it."""


@contextmanager
def loading(*where):
    """What goes wrong inside is said with the place in the files where it went wrong."""
    try:
        yield
    except SampleError as error:
        raise SampleError(f"{', '.join(map(str, where))}, {error}") from error
    except KeyError as error:
        raise SampleError(f"{', '.join(map(str, where))}: there is no {error}") from error
    except (HubError, ValidationError, ObjectDoesNotExist, ValueError, TypeError) as error:
        raise SampleError(f"{', '.join(map(str, where))}: {error}") from error


def read(path, *, root=CONTENT):
    """A YAML file's content."""
    try:
        with open(root / path, encoding="utf-8") as file:
            return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise SampleError(f"{path} cannot be read: {error}") from error


def check_keys(row, *, needs, may=()):
    """Raises SampleError for a key that lacks or that nobody knows."""
    lacking = set(needs) - set(row)
    if lacking:
        raise SampleError(f"lacks {', '.join(sorted(lacking))}")
    unknown = set(row) - set(needs) - set(may)
    if unknown:
        raise SampleError(f"has unknown {', '.join(sorted(map(str, unknown)))}")
    return row


def headed(path, *, root=CONTENT):
    """The parts of a Markdown file, each begun by `## Heading {#key}`, as dicts with key, force, heading and body."""
    parts = []
    for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), start=1):
        match = HEADING.match(line)
        if match:
            parts.append({**match.groupdict(), "lines": []})
        elif line.startswith("## "):
            raise SampleError(f"{path}, line {number}: a heading needs its key, as in “## Heading {{#key}}”")
        elif parts:
            parts[-1]["lines"].append(line)
        elif line.strip():
            raise SampleError(f"{path}, line {number}: text before the first heading")
    for part in parts:
        part["body"] = "\n".join(part.pop("lines")).strip()
    return parts


def folders(name, *, root=CONTENT):
    """Names of the folders in a folder, in order."""
    return sorted(path.name for path in (root / name).iterdir() if path.is_dir())
