"""The tree of departments from a list in which each row names its parent."""

import re
import unicodedata

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from hub import tables
from spokes import actions
from spokes.models import Formation, Spoke

from .plan import Act, Plan, columns_of

COLUMNS = {
    "name": ["department", "unit"],
    "parent": ["below", "parent department", "part of"],
    "slug": ["address"],
    "formation": [],
    "purpose": [],
    "region": [],
}
CHUNK = 100


def plan(data, options, *, by):
    """`options`: {"columns": {our name: heading}, "below": slug under which the list's top hangs}."""
    table = tables.read(data)
    columns = columns_of(table, COLUMNS, given=options.get("columns"), required=["name"])
    reading = _Reading(options.get("below") or "")
    reading.plan.errors += table.errors
    rows = [(number, {name: cells[index] for name, index in columns.items()}) for number, cells in table.rows]
    for number, cells in rows:
        reading.row(number, cells)
    reading.loops()
    return reading.finish()


class _Node:
    """A department as the file has it; `spoke` is the stored one."""

    __slots__ = ("fields", "key", "name", "parent", "row", "slug", "spoke")

    def __init__(self, row, name, parent, key):
        self.row, self.name, self.parent, self.key = row, name, parent, key
        self.fields, self.slug, self.spoke = {}, "", None


class _Reading:
    """A row is `name` below `parent`; a row without a name is its parent itself, as is a name that is its parent's."""

    def __init__(self, below):
        self.plan = Plan()
        self.spokes = {spoke.pk: spoke for spoke in Spoke.objects.all()}
        self.by_slug = {spoke.slug: spoke for spoke in self.spokes.values()}
        self.root = self.by_slug.get(below)
        if below and self.root is None:
            raise tables.UnreadableTable(_("There is no department at the address “%(slug)s”.") % {"slug": below})
        self.nodes = {}
        self.rows = {}

    def row(self, number, cells):
        name, parent = _words(cells.get("name", "")), _words(cells.get("parent", ""))
        if not name and not parent:
            self.plan.refuse(number, "name", _("The row names no department."))
            return
        longest = Spoke._meta.get_field("name").max_length
        for column, text in (("name", name), ("parent", parent)):
            if len(text) > longest:
                reason = _("Longer than %(most)d characters.") % {"most": longest}
                self.plan.refuse(number, column, reason)
                return
        if not name or name.casefold() == parent.casefold():
            name, parent = parent, ""
        above = self._parent(number, parent) if parent else None
        node = self._node(number, name, above)
        fields = {key: cells[key] for key in ("purpose", "region") if cells.get(key)}
        if cells.get("formation"):
            known = {_plain(label): value for value, label in Formation.choices}
            known |= {_plain(value): value for value in Formation.values}
            if _plain(cells["formation"]) not in known:
                labels = ", ".join(str(label) for label in Formation.labels)
                self.plan.refuse(number, "formation", _("Not a formation. Write one of: %(all)s.") % {"all": labels})
            else:
                fields["formation"] = known[_plain(cells["formation"])]
        if len(fields.get("region", "")) > 60:
            self.plan.refuse(number, "region", _("Longer than %(most)d characters.") % {"most": 60})
        if cells.get("slug"):
            node.slug = slugify(cells["slug"])[:120]
            if not node.slug:
                self.plan.refuse(number, "slug", _("An address needs letters or digits."))
        if node.row and node.row != number:
            self.plan.counts["repeated"] += 1
        node.row = node.row or number
        node.fields.update(fields)

    def _parent(self, number, text):
        """The node of a parent named by name, by address or as a path `A / B`."""
        above = None
        parts = [part for part in (_words(part) for part in re.split(r"\s/\s|\s?>\s?", text)) if part]
        for part in parts:
            found = self.nodes.get(_key(above, part)) or (above is None and self._only(part)) or None
            above = found or self._node(0, part, above)
        return above

    def _only(self, name):
        """The one node of that name anywhere in the file so far, or of a stored department's address."""
        same = [node for node in self.nodes.values() if node.name.casefold() == name.casefold() or node.slug == name]
        if len(same) == 1:
            return same[0]
        stored = self.by_slug.get(name)
        if not same and stored is not None and stored.name.casefold() != name.casefold():
            node = self._node(0, stored.name, None)
            node.spoke = stored
            return node
        return None

    def _node(self, number, name, above):
        key = _key(above, name)
        if key not in self.nodes:
            self.nodes[key] = _Node(number, name, above, key)
        elif number and not self.nodes[key].row:
            self.nodes[key].row = number
        return self.nodes[key]

    def loops(self):
        """A list may name a parent's own parent only further down: hang such parents where their row says."""
        tops = {}
        for node in self.nodes.values():
            if node.parent is None and not node.row and node.spoke is None:
                tops[node.name.casefold()] = node
        for name, top in tops.items():
            real = [n for n in self.nodes.values() if n.row and n.parent and n.name.casefold() == name]
            if len(real) != 1:
                continue
            for node in self.nodes.values():
                if node.parent is top:
                    node.parent = real[0]
            del self.nodes[top.key]
        for node in list(self.nodes.values()):
            seen, above = {id(node)}, node.parent
            while above is not None:
                if id(above) in seen:
                    reason = _("%(name)s would be below itself.") % {"name": node.name}
                    self.plan.refuse(node.row, "parent", reason)
                    return
                seen.add(id(above))
                above = above.parent

    def finish(self):
        if self.plan.errors:
            return self.plan
        taken = set(self.by_slug)
        for node in sorted(self.nodes.values(), key=_depth):
            above = node.parent.spoke if node.parent else self.root
            stored = node.spoke or self._stored(node, above)
            node.spoke = stored
            if stored is None:
                node.slug = self._free_slug(node, taken)
                taken.add(node.slug)
                detail = (
                    _("below %(parent)s") % {"parent": node.parent.name if node.parent else above}
                    if (node.parent or above)
                    else _("at the top")
                )
                self.plan.add(Act(node.row, "new", node.name, detail, target=node))
                continue
            changed = {name: value for name, value in node.fields.items() if getattr(stored, name) != value}
            if node.row and stored.name != node.name:
                changed["name"] = node.name
            moves = bool(node.row and node.slug) and stored.parent_id != (above.pk if above else None)
            if changed:
                detail = ", ".join(sorted(changed))
                self.plan.add(Act(node.row, "changes", node.name, detail, {"fields": changed}, node))
            if moves:
                detail = _("below %(parent)s") % {"parent": above} if above else _("at the top")
                self.plan.add(Act(node.row, "moves", node.name, detail, {"root": self.root}, node))
            if not changed and not moves:
                self.plan.counts["unchanged"] += 1
        for act in self.plan.acts:
            act.values.setdefault("root", self.root)
        return self.plan

    def _stored(self, node, above):
        """The stored department of this node: by its address, else by its name in the same place."""
        if node.slug:
            return self.by_slug.get(node.slug)
        if node.parent and above is None:
            return None
        place = above.pk if above else None
        same = [s for s in self.spokes.values() if s.name.casefold() == node.name.casefold()]
        here = [s for s in same if s.parent_id == place]
        return here[0] if here else None

    def _free_slug(self, node, taken):
        base = node.slug or slugify(node.name)[:100] or "department"
        if base not in taken:
            return base
        if node.parent:
            base = slugify(f"{node.parent.name}-{node.name}")[:110]
        slug, number = base, 2
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        return slug


def store(plan, *, by, about, progress):
    """Through the actions for one department, a hundred in a transaction."""
    for start in range(0, len(plan.acts), CHUNK):
        with transaction.atomic():
            chunk = plan.acts[start : start + CHUNK]
            for act in chunk:
                _store(act, by)
            progress(len(chunk))


def _store(act, by):
    node = act.target
    above = node.parent.spoke if node.parent else act.values["root"]
    if act.verb == "new":
        node.spoke = actions.create_spoke(name=node.name, slug=node.slug, parent=above, by=by, **node.fields)
    elif act.verb == "changes":
        node.spoke = actions.change_spoke(spoke=node.spoke, by=by, **act.values["fields"])
    else:
        node.spoke = actions.move_spoke(spoke=node.spoke, parent=above, by=by)


def _depth(node):
    depth = 0
    while node.parent is not None:
        node, depth = node.parent, depth + 1
    return depth


def _key(above, name):
    return (above.key if above else (), name.casefold())


def _words(text):
    return " ".join(unicodedata.normalize("NFC", text).split())


def _plain(text):
    return re.sub(r"[\s_\-]+", " ", str(text)).strip().casefold()
