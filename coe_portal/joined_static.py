"""`css/portal.css`, `css/admin.css` and `js/portal.js`: each one file for the browser, several small ones for us.

A finder joins the sources, so there is no build step: `collectstatic` and the development server both get the joined
file from here.
"""

import os
import re
import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# Name for the browser: its sources under static/, in order. A joined stylesheet stands in the folder of its sources, so
# that the addresses of fonts in it hold for both.
SOURCES = {
    "css/portal.css": ["css/tokens.css", "css/base.css", "css/layout.css", "css/components.css", "css/utilities.css"],
    "css/admin.css": ["css/tokens.css", "css/admin-look.css"],
    "js/portal.js": ["js/portal/*.js"],
}
# A behaviour that breaks is reported and leaves the others alone.
SCRIPT = "try {{ (() => {{\n{text}\n}})(); }} catch (error) {{ reportError(error); }}\n"


def joined(name):
    """The text of one joined file, without indentation and whole-line comments: a quarter of its weight."""
    static = settings.BASE_DIR / "static"
    texts = [path.read_text(encoding="utf-8") for part in SOURCES[name] for path in sorted(static.glob(part))]
    if name.endswith(".js"):
        return "".join(SCRIPT.format(text=_lean(text, re.compile(r"^\s*//.*$", re.MULTILINE))) for text in texts)
    return _lean("\n".join(texts), re.compile(r"/\*.*?\*/", re.DOTALL))


def _lean(text, comment):
    lines = (line.strip() for line in comment.sub("", text).splitlines())
    return "\n".join(line for line in lines if line)


class JoinedFinder(BaseFinder):
    @property
    def folder(self):
        return Path(settings.DATA_DIR) / "joined"

    def check(self, **kwargs):
        return []

    def find(self, path, find_all=False, **kwargs):
        if path not in SOURCES:
            return []
        found = str(self._write(path))
        return [found] if find_all else found

    def list(self, ignore_patterns):
        storage = FileSystemStorage(location=self.folder)
        storage.prefix = ""
        for name in SOURCES:
            self._write(name)
            yield name, storage

    def _write(self, name):
        """Write the joined file if its text changed; whole or not at all, as several processes may do so at once."""
        target = self.folder / name
        text = joined(name)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as file:
                file.write(text)
            os.chmod(file.name, 0o644)
            os.replace(file.name, target)
        return target
