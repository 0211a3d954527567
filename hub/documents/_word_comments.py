"""What people wrote in the margin of a Word file, and on which line of its text each remark stands.

Part of the process of `_child`. Before the conversion a mark is put into the text where a comment begins; the marks
come through the conversion like letters and are taken out of what it gave, each with its line.
"""

import io
import re
import zipfile
from xml.parsers import expat

COMMENTS, THREADS, TEXT = "word/comments.xml", "word/commentsExtended.xml", "word/document.xml"
MOST_COMMENTS = 1000
LONGEST_COMMENT = 10_000  # characters
LONGEST_QUOTE = 1000  # characters; whoever shows it cuts it to a sentence
MARK = re.compile("\ue0c1([0-9]{1,4})\ue0c2")  # private characters, which no text holds in this order
# A mark goes after a letter, so that what is markup at a line's beginning, or beside an underscore, still is.
FIRST_LETTER = re.compile(r"[^\W\d_](?!_)")
OTHER_ENCODING = re.compile(rb"<\?xml[^>]{0,200}encoding=[\"'](?!utf-8)", re.I)


class Hostile(Exception):
    """The argument is a reason that the parent has a sentence for."""


def found_in(archive):
    """Each thread of comments as a dict: id, name, at, text, quote, is_done, replies. Raises Hostile.

    `at` is as the file has it; a reply has name, at and text. `is_cut` tells that a text was longer than is kept.
    """
    names = archive.namelist()
    if COMMENTS not in names:
        return []
    comments = _Comments().of(archive.read(COMMENTS))
    if len(comments) > MOST_COMMENTS:
        raise Hostile("comments")
    threads = _Threads().of(archive.read(THREADS)) if THREADS in names else {}
    by_paragraph = {comment["paragraph"]: comment for comment in comments if comment["paragraph"]}
    roots = []
    for comment in comments:
        root = _root(comment, by_paragraph, threads)
        if root is comment:
            comment["is_done"] = threads.get(comment["paragraph"], ("", False))[1]
            roots.append(comment)
        else:
            root["is_cut"] |= comment["is_cut"]
            root["replies"].append({name: comment[name] for name in ("name", "at", "text")})
    return roots


def _root(comment, by_paragraph, threads):
    """What a comment answers in the end; itself where it answers nothing, or in a circle."""
    seen, one = set(), comment
    while True:
        parent = by_paragraph.get(threads.get(one["paragraph"], ("", False))[0])
        if parent is None:
            return one
        if parent["paragraph"] in seen:
            return comment
        seen.add(parent["paragraph"])
        one = parent


def with_marks(archive, comments):
    """The file anew with a mark in its text where each comment begins, and its `quote` filled in from there."""
    text = archive.read(TEXT)
    places = _Places(text, [comment["id"] for comment in comments])
    for number, comment in enumerate(comments):
        comment["quote"] = " ".join(places.quotes.get(number, "").split())
    anew = io.BytesIO()
    with zipfile.ZipFile(anew, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in archive.infolist():
            # Pictures and fonts are not read by anybody.
            is_read = entry.filename.endswith((".xml", ".rels"))
            written = places.marked() if entry.filename == TEXT else archive.read(entry) if is_read else b""
            copy.writestr(entry.filename, written)
    return anew.getvalue()


def without_marks(text):
    return MARK.sub("", text)


def take_marks(markdown):
    """(the text without marks, {number of the comment: its line})."""
    lines, found = markdown.split("\n"), {}
    for at, line in enumerate(lines):
        for match in MARK.finditer(line):
            found.setdefault(int(match[1]), at)
        lines[at] = without_marks(line)
    return "\n".join(lines), found


class _Reader:
    """Goes through one part of the file without ever holding it as a tree. A declaration of types is refused."""

    def of(self, data):
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = self._refuse
        self.result = self.begin()
        parser.Parse(data, True)
        return self.result

    def _refuse(self, *declared):
        raise Hostile("entities")

    def _start(self, name, attributes):
        self.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def _end(self, name):
        self.end(_local(name))

    def begin(self):
        return []

    def start(self, name, attributes): ...

    def end(self, name): ...

    def characters(self, text): ...


def _local(name):
    return name.rpartition(":")[2]


class _Comments(_Reader):
    def begin(self):
        self.comment, self.is_text = None, False
        return []

    def start(self, name, attributes):
        if name == "comment":
            self.pieces, self.length = [], 0
            self.comment = {
                "id": attributes.get("id", ""),
                "name": attributes.get("author", ""),
                "at": attributes.get("date", ""),
                "paragraph": "",
                "is_done": False,
                "is_cut": False,
                "replies": [],
            }
        elif self.comment is None:
            return
        elif name == "p":
            # A thread hangs on the last paragraph of the comment that it answers.
            self.comment["paragraph"] = attributes.get("paraId", "")
            if self.length:
                self.add("\n")
        elif name in ("br", "cr"):
            self.add("\n")
        elif name == "tab":
            self.add(" ")
        elif name == "t":
            self.is_text = True

    def end(self, name):
        if name == "t":
            self.is_text = False
        elif name == "comment" and self.comment is not None:
            self.comment["text"] = "".join(self.pieces).strip()
            self.result.append(self.comment)
            self.comment = None

    def characters(self, text):
        if self.is_text and self.comment is not None:
            self.add(text)

    def add(self, text):
        kept = text[: LONGEST_COMMENT - self.length]
        self.comment["is_cut"] |= len(kept) < len(text)
        self.pieces.append(kept)
        self.length += len(kept)


class _Threads(_Reader):
    """{paragraph: (the paragraph that it answers, whether it is resolved)}"""

    def begin(self):
        return {}

    def start(self, name, attributes):
        if name == "commentEx" and attributes.get("paraId"):
            is_done = attributes.get("done") in ("1", "true", "on")
            self.result[attributes["paraId"]] = attributes.get("paraIdParent", ""), is_done


class _Places(_Reader):
    """Where in the text's bytes each comment begins, and the words it stands on."""

    def __init__(self, data, ids):
        self.data, self.numbers = data, {id: number for number, id in enumerate(ids)}
        self.marks, self.quotes = [], {}
        # Marks are bytes of UTF-8. In another encoding, which no word processor writes, comments are about the whole.
        self.can_mark = not data.startswith((b"\xff\xfe", b"\xfe\xff")) and not OTHER_ENCODING.match(data)
        self.of(data)
        for number in list(self.open):
            self.close(number)

    def begin(self):
        # `passed` is how deep we are in what the conversion passes by: text moved away, and the newer of two drawings.
        self.is_text, self.passed = False, 0
        self.open, self.waiting, self.placed = {}, [], set()

    def start(self, name, attributes):
        number = self.numbers.get(attributes.get("id")) if name.startswith("comment") else None
        if name in ("del", "moveFrom", "Choice"):
            self.passed += 1
        elif name == "commentRangeStart" and number is not None:
            self.open[number] = []
            self.waiting.append(number)
        elif name == "commentRangeEnd" and number is not None:
            self.close(number)
            self.waiting = [one for one in self.waiting if one != number]
        elif name == "commentReference" and number is not None and not self.passed:
            if self.can_mark and number not in self.placed:
                at = self.parser.CurrentByteIndex
                prefix = self.data[at + 1 : self.data.index(b"commentReference", at)].decode()
                self.place(at, [number], f"<{prefix}t>", f"</{prefix}t>")
        elif name in ("p", "tab", "br"):
            self.quote(" ")
        elif name == "t":
            self.is_text = not self.passed

    def end(self, name):
        if name in ("del", "moveFrom", "Choice"):
            self.passed -= 1
        elif name == "t":
            self.is_text = False

    def characters(self, text):
        if not self.is_text:
            return
        self.quote(text)
        letter = FIRST_LETTER.search(text)
        if self.can_mark and self.waiting and letter:
            at = self.parser.CurrentByteIndex
            if self.data[at : at + 1] == b"&":
                at = self.data.index(b";", at) + 1
            else:
                at += len(text[: letter.end()].encode())
            self.place(at, self.waiting)
            self.waiting = []

    def quote(self, text):
        for words in self.open.values():
            if len(words) < LONGEST_QUOTE:
                words.append(text)

    def close(self, number):
        self.quotes[number] = "".join(self.open.pop(number, []))[:LONGEST_QUOTE]

    def place(self, at, numbers, before="", after=""):
        new = [number for number in numbers if number not in self.placed]
        self.placed.update(new)
        self.marks.append((at, (before + "".join(f"\ue0c1{number}\ue0c2" for number in new) + after).encode()))

    def marked(self):
        pieces, last = [], 0
        for at, mark in self.marks:
            pieces += [self.data[last:at], mark]
            last = at
        return b"".join([*pieces, self.data[last:]])
