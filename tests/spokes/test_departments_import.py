"""The tree of departments from a list with names and parents."""

import pytest
from django.core.management import CommandError, call_command

from hub.exceptions import NotAllowed
from spokes.models import Spoke
from tests.factories import make_root
from tests.spokes.factories import confirmed, upload

AGENCIES = """Agency,Bureau
Access Board,
Department of Farming,Forest Service
Department of Farming,Department of Farming
Department of Farming,"Office of the Inspector   "
Department of Trade,Office of the Inspector

"""
COLUMNS = {"name": "Bureau", "parent": "Agency"}


@pytest.fixture
def root(db):
    return make_root()


def tree():
    return {
        " / ".join(Spoke.objects.get(pk=int(pk)).name for pk in spoke.path.strip("/").split("/")): spoke.slug
        for spoke in Spoke.objects.all()
    }


def test_rows_name_their_parents_and_parents_need_no_row(root):
    kept = upload(AGENCIES, kind="departments", columns=COLUMNS, by=root)
    assert kept.counts == {"new": 6}
    assert Spoke.objects.count() == 0
    assert confirmed(kept, by=root).status == "done"
    assert tree() == {
        "Access Board": "access-board",
        "Department of Farming": "department-of-farming",
        "Department of Farming / Forest Service": "forest-service",
        "Department of Farming / Office of the Inspector": "office-of-the-inspector",
        "Department of Trade": "department-of-trade",
        "Department of Trade / Office of the Inspector": "department-of-trade-office-of-the-inspector",
    }


def test_the_same_list_again_changes_nothing(root):
    confirmed(upload(AGENCIES, kind="departments", columns=COLUMNS, by=root), by=root)
    kept = upload(AGENCIES, kind="departments", columns=COLUMNS, by=root)
    assert (kept.counts, kept.total) == ({"unchanged": 6}, 0)


def test_a_list_can_hang_below_a_department(cast):
    text = "name,parent\nAlpha,\nBeta,Alpha\n"
    confirmed(upload(text, kind="departments", below="retail", by=cast.paul), by=cast.paul)
    beta = Spoke.objects.get(slug="beta")
    assert beta.path.startswith(cast.retail.path)
    assert beta.depth == 3
    again = upload(text, kind="departments", below="retail", by=cast.paul)
    assert again.total == 0


def test_a_parent_may_come_after_its_children_and_be_deep(root):
    text = "name,parent\nLeaf,Branch\nBranch,Trunk\nTrunk,\n"
    confirmed(upload(text, kind="departments", by=root), by=root)
    assert set(tree()) == {"Trunk", "Trunk / Branch", "Trunk / Branch / Leaf"}


def test_a_parent_may_be_a_path(root):
    text = "name,parent\nSales,North / Shops\nSales,South > Shops\n"
    confirmed(upload(text, kind="departments", by=root), by=root)
    assert {"North / Shops / Sales", "South / Shops / Sales"} <= set(tree())


def test_an_address_finds_a_department_to_change_and_move(cast):
    text = "slug,name,parent,formation,purpose,region\nstores,Shops,operations,Holistic,Local news,emea\n"
    kept = upload(text, kind="departments", by=cast.paul, below="larkfield")
    assert {line[1] for line in kept.lines} == {"changes", "moves"}
    confirmed(kept, by=cast.paul)
    stores = Spoke.objects.get(slug="stores")
    assert (stores.name, stores.formation, stores.purpose, stores.region) == ("Shops", "holistic", "Local news", "emea")
    assert stores.parent == cast.operations


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (f"{'x' * 121},,,", "name"),
        (f"A,{'x' * 121},,", "parent"),
        ("A,,???,", "slug"),
        ("A,,,spaghetti", "formation"),
        (",,a,", "name"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named(root, line, column):
    kept = upload(f"name,parent,slug,formation\nGood,,,\n{line}\n", kind="departments", by=root)
    assert (kept.status, [tuple(error[:2]) for error in kept.errors]) == ("refused", [(3, column)])
    assert Spoke.objects.count() == 0


def test_a_loop_is_refused(root):
    kept = upload("name,parent\nA,B\nB,A\n", kind="departments", by=root)
    assert kept.status in {"refused", "checked"}
    if kept.status == "checked":
        confirmed(kept, by=root)
        assert all(spoke.path.count(f"/{spoke.pk}/") == 1 for spoke in Spoke.objects.all())


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("unit name,parent\nA,\n", {}, "needs a column “name”"),
        ("name\nA\n", {"columns": {"parent": "Boss"}}, "no column “Boss”"),
        ("name\nA\n", {"below": "nowhere"}, "no department at the address"),
    ],
)
def test_headings_and_places_that_are_not_there(root, text, options, sentence):
    kept = upload(text, kind="departments", by=root, **options)
    assert sentence in kept.errors[0][2]


@pytest.mark.parametrize("who", ["rita", "emma", "audra", "sam"])
def test_only_staff_bring_in_departments(cast, who):
    with pytest.raises(NotAllowed):
        upload("name\nA\n", kind="departments", by=getattr(cast, who))


def test_the_command_maps_columns(root, tmp_path, capsys):
    file = tmp_path / "agencies.csv"
    file.write_text(AGENCIES, encoding="utf-8-sig")
    arguments = ["import_spokes", str(file), "--name-column", "Bureau", "--parent-column", "Agency"]
    call_command(*arguments, "--dry-run")
    assert Spoke.objects.count() == 0
    call_command(*arguments)
    assert Spoke.objects.count() == 6
    assert "Stored: 6." in capsys.readouterr().out
    with pytest.raises(CommandError, match="Nothing was stored"):
        call_command("import_spokes", str(file))
