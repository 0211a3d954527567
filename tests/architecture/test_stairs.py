"""The two stairs of docs/develop.md, read from the imports: between the apps, and inside each of them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the axle to the roof: an app imports only from those before it.
APPS = ["hub", "spokes", "policies", "playbooks", "engagements", "coe_portal"]

# The steps inside an app, lowest first. What a name's step is decides what it may import.
STEPS = [
    {"exceptions", "kinds", "cells", "wake", "slots", "text", "documents", "handles", "links", "icons", "paging"}
    | {"tables", "prepared", "rendering", "proof"},
    {"querysets", "workflow", "clock", "answers", "checklists", "significance", "decisions"},
    {"models", "migrations"},
    {
        "permissions",
        "reports",
        "presence",
        "audit",
        "mail",
        "roles",
        "search",
        "schedule",
        "health",
        "sample_cast",
        "feeds",
        "charts",
        "signed_links",
    },
    {"emails"},
    {"tasks"},
    {"actions", "forms", "sign_in", "fillers", "followed", "letter", "imports", "exports", "bundles", "proposals"},
    {"stewards", "resources", "templatetags", "middleware", "filters", "pages", "conditional"},
    {"views", "admin", "jobs", "adapters", "management", "context", "navigation"},
    {"urls", "apps"},
]
STEP_OF = {name: height for height, names in enumerate(STEPS) for name in names}

# What finds something by a name in quotes, where an import would be seen.
BY_NAME = {"get_model", "import_module", "import_string", "reverse", "reverse_lazy", "redirect", "resolve_url"}

# The roof has no steps of its own to keep: it may import all.
STEPPED = APPS[:-1]


def modules(app):
    for path in sorted((ROOT / app).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path


def place_of(path):
    """(app, first name below it) of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0], parts[1] if len(parts) > 1 else "__init__"


def imports_of(path):
    """Dotted names of everything of ours that a file imports, with the line and whether a function hides it."""
    tree = ast.parse(path.read_text())
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    hidden = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    only_for_types = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in only_for_types:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] in APPS:
                yield name, node.lineno, id(node) in hidden


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_from_lower_apps(app):
    climbs = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(app)
        for name, line, _hidden in imports_of(path)
        if APPS.index(name.split(".")[0]) > APPS.index(app)
    ]
    assert climbs == []


def called(node):
    """The name of what a call calls, without what stands before its last dot."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("app", STEPPED)
def test_no_name_in_quotes_leads_up(app):
    climbs = [
        f"{path.relative_to(ROOT)}:{node.lineno} names {word.value}"
        for path in modules(app)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and called(node) in BY_NAME
        for word in node.args[:1]
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
        for name in [re.split("[.:]", word.value)[0]]
        if name in APPS and APPS.index(name) > APPS.index(app)
    ]
    assert climbs == []


@pytest.mark.parametrize("app", STEPPED)
def test_no_template_links_up(app):
    found = [
        (path, name)
        for path in sorted((ROOT / "templates" / app).rglob("*.html"))
        for name in re.findall(r"""\{%\s*url\s+["'](\w+):""", path.read_text())
    ]
    climbs = [
        f"{path.relative_to(ROOT)} links to {name}"
        for path, name in found
        if name in APPS and APPS.index(name) > APPS.index(app)
    ]
    assert climbs == []
    assert found, "it looks in the right place"


@pytest.mark.parametrize("app", STEPPED)
def test_every_module_stands_on_a_known_step(app):
    strangers = {place_of(path)[1] for path in modules(app)} - set(STEP_OF) - {"__init__"}
    assert strangers == set()


@pytest.mark.parametrize("app", STEPPED)
def test_a_module_imports_only_from_lower_steps(app):
    climbs = []
    for path in modules(app):
        _app, name = place_of(path)
        if name == "__init__":
            continue
        for target, line, _hidden in imports_of(path):
            parts = target.split(".")
            if len(parts) < 2 or parts[1] not in STEP_OF:
                continue
            if STEP_OF[parts[1]] > STEP_OF[name]:
                climbs.append(f"{path.relative_to(ROOT)}:{line} imports {target}")
    assert climbs == []


@pytest.mark.parametrize("app", APPS)
def test_no_import_hides_in_a_function(app):
    hidden = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(app)
        for name, line, is_hidden in imports_of(path)
        if is_hidden
    ]
    assert hidden == []


@pytest.mark.parametrize("app", APPS)
def test_no_signals_of_ours_and_no_save_overrides(app):
    found = []
    for path in modules(app):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"} and "models" in path.parts:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} def {node.name}")
            if isinstance(node, ast.ImportFrom) and node.module in {"django.dispatch", "django.db.models.signals"}:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} imports {node.module}")
    assert found == []


def test_no_foreign_key_climbs():
    from django.apps import apps

    climbs = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for app in APPS[:-1]
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and field.related_model is not None
        and field.related_model._meta.app_label in APPS
        and APPS.index(field.related_model._meta.app_label) > APPS.index(app)
    ]
    assert climbs == []


def test_every_foreign_key_to_a_person_names_its_way_back():
    from django.apps import apps

    from hub.models import User

    unnamed = [
        f"{model._meta.label}.{field.name}"
        for app in APPS[:-1]
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model is User and not field._related_name
    ]
    assert unnamed == []
