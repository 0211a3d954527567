"""The account register from lists: one account a row, one owner a row, or YAML."""

import pytest
from django.core.management import call_command

from spokes.models import SocialAccount
from tests.spokes.factories import accounts, confirmed, day, make_account, upload

LEGISLATORS = """
- id: {bioguide: A1}
  social: {twitter: "@RepOne", facebook: RepOne, youtube_id: UCGdrLQbt1PYDTPsampx4t1A, twitter_id: 12345}
- id: {bioguide: B2}
  social:
    youtube_id: UCGdrLQbt1PYDTPsampx4t1B
    youtube: RepTwo
    mastodon: "@two@town.social"
    instagram: "-"
    facebook: repone
    tags: [a, b]
"""


def test_one_account_a_row(cast):
    text = (
        "platform,handle,department,owner,deputy,purpose,last_reviewed_on\n"
        f"Instagram,@lark.shops,Retail,RITA@larkfield.example,dora@larkfield.example,Offers,{day(-5)}\n"
        ",https://x.com/LarkShops,stores,-,,,\n"
    )
    confirmed(upload(text, kind="accounts", by=cast.paul), by=cast.paul)
    found = accounts()
    assert set(found) == {"instagram:lark.shops", "x:LarkShops"}
    one = found["instagram:lark.shops"]
    assert (one.owner, one.deputy, one.purpose, one.last_reviewed_on) == (cast.rita, cast.dora, "Offers", day(-5))
    assert (one.url, one.status) == ("https://www.instagram.com/lark.shops/", "planned")
    assert found["x:LarkShops"].spoke == cast.stores


def test_one_owner_a_row_with_a_column_for_each_platform(cast):
    text = "owner,twitter,instagram,youtube,youtube_id\nrita@larkfield.example,@a,-,,UCGdrLQbt1PYDTPsampx4t1A\n"
    kept = upload(text, kind="accounts", department="retail", state="active", by=cast.paul)
    confirmed(kept, by=cast.paul)
    found = accounts()
    assert set(found) == {"x:a", "youtube:UCGdrLQbt1PYDTPsampx4t1A"}
    assert {a.status for a in found.values()} == {"active"}
    assert {a.owner for a in found.values()} == {cast.rita}


def test_yaml_with_several_handles_a_person(cast):
    options = {"format": "yaml", "department": "retail", "columns": {"note": "bioguide"}}
    kept = upload(LEGISLATORS, kind="accounts", by=cast.paul, **options)
    assert kept.counts == {"new": 5, "merged": 1}
    assert next(line for line in kept.lines if line[1] == "note")[0] == 2
    confirmed(kept, by=cast.paul)
    found = accounts()
    assert set(found) == {
        "x:RepOne",
        "facebook:RepOne",
        "youtube:UCGdrLQbt1PYDTPsampx4t1A",
        "youtube:RepTwo",
        "mastodon:two@town.social",
    }
    assert found["x:RepOne"].note == "A1"
    assert upload(LEGISLATORS, kind="accounts", by=cast.paul, **options).counts == {"unchanged": 5, "merged": 1}


def test_a_known_account_is_changed_where_the_list_says_something(cast):
    account = make_account(spoke=cast.retail, handle="Lark", purpose="Old", owner=cast.rita)
    text = "platform,handle,department,purpose,owner\nx,@LARK,stores,New,\n"
    confirmed(upload(text, kind="accounts", by=cast.paul), by=cast.paul)
    account.refresh_from_db()
    assert (account.spoke, account.purpose, account.owner, account.handle) == (cast.stores, "New", cast.rita, "Lark")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("myspace,a,retail,,", "platform"),
        (",a,retail,,", "platform"),
        ("x,a,,,", "department"),
        ("x,a,nowhere,,", "department"),
        ("x,a,retail,ghost@larkfield.example,", "owner"),
        ("x,a,retail,,yesterday", "last_reviewed_on"),
        ("instagram,https://x.com/a,retail,,", "handle"),
        (f"x,{'a' * 101},retail,,", "handle"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named(cast, line, column):
    text = f"platform,handle,department,owner,last_reviewed_on\nx,good,retail,,\n{line}\n"
    kept = upload(text, kind="accounts", by=cast.paul)
    assert kept.status == "refused"
    assert (3, column) in [tuple(error[:2]) for error in kept.errors]
    assert {error[0] for error in kept.errors} == {3}
    assert not SocialAccount.objects.exists()


def test_rows_without_an_account_are_counted(cast):
    kept = upload("platform,handle\nx,-\n", kind="accounts", by=cast.paul)
    assert kept.counts == {"empty": 1}


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("name\nA\n", {}, "column “handle” or “url”"),
        ("handle\nA\n", {"department": "nowhere"}, "no department at the address"),
        ("just words", {"format": "yaml"}, "no list"),
        ("- [1, 2]", {"format": "yaml"}, "no list"),
        ("a: [", {"format": "yaml"}, "no list"),
        ("- a: &x [1]\n- b: *x\n", {"format": "yaml"}, "no list"),
        ("[" * 100_000, {"format": "yaml"}, "no list"),
        ("- !!python/object/apply:os.system ['true']", {"format": "yaml"}, "no list"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(cast, text, options, sentence):
    kept = upload(text, kind="accounts", by=cast.paul, **options)
    assert (kept.status, sentence in kept.errors[0][2]) == ("refused", True)


def test_the_command_takes_yaml(cast, tmp_path, capsys):
    file = tmp_path / "register.YAML"
    file.write_text(LEGISLATORS)
    call_command(
        "import_accounts", str(file), "--department", "retail", "--state", "active", "--note-column", "bioguide"
    )
    assert "Stored: 5." in capsys.readouterr().out
    assert SocialAccount.objects.filter(status="active").count() == 5
