"""The components: what they say, what they tie together for screen readers, and that nothing becomes markup."""

import datetime as dt
import re

import pytest
from django import forms
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone

from coe_portal import joined_static
from coe_portal.views.styleguide import PAGES
from hub.models import Role, User
from hub.templatetags import ui

NOW = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)
HOSTILE = '<script>alert("1")</script>'


def draw(template, path="/list/", **context):
    request = RequestFactory().get(path)
    return engines["django"].from_string(template).render(context, request)


class Form(forms.Form):
    title = forms.CharField(label="Title", help_text="Short.", max_length=300)
    nick = forms.CharField(label="Nickname", required=False, widget=forms.TextInput({"placeholder": "Nick"}))
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="I agree")


def test_until_when_is_a_time_today_and_a_day_later():
    noon = timezone.localtime().replace(hour=12, minute=5)
    assert ">12:05</time>" in ui.by_when(noon)
    later = noon + dt.timedelta(days=3)
    assert str(ui.by_when(later)) == str(ui.on_date(later))


# --- Words for time ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-10, "just now"),
        (30, "in a moment"),
        (-90, "1 minute ago"),
        (5 * 60, "in 5 minutes"),
        (-3600, "1 hour ago"),
        (30 * 60 - 2, "in 30 minutes"),
        (30 * 3600, "in 30 hours"),
        (48 * 3600 - 2, "in 2 days"),
        (-48 * 3600 + 2, "1 day ago"),
        (-3 * 86400, "3 days ago"),
        (20 * 86400, "in 2 weeks"),
        (-90 * 86400, "3 months ago"),
        (800 * 86400, "in 2 years"),
    ],
)
def test_an_instant_in_words(seconds, words):
    assert ui.in_words(NOW + dt.timedelta(seconds=seconds), now=NOW) == words


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140",
            "Edge on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.0", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_in_words(said, words):
    assert ui.browser(said) == f'<span title="{said}">{words}</span>'


@pytest.mark.parametrize(
    ("days", "words"), [(0, "today"), (1, "tomorrow"), (-1, "yesterday"), (3, "in 3 days"), (-21, "3 weeks ago")]
)
def test_a_date_in_words_counts_days_not_hours(days, words):
    assert ui.in_words(timezone.localdate(NOW) + dt.timedelta(days=days), now=NOW) == words


def test_the_exact_time_is_on_hover_in_the_persons_zone():
    with timezone.override("America/New_York"):
        drawn = ui.when(NOW)
    assert 'datetime="2026-03-10T12:00:00+00:00"' in drawn
    assert 'title="Tuesday 10 March 2026, 08:00 EDT"' in drawn


def test_a_day_is_the_day_in_the_persons_zone():
    late = dt.datetime(2026, 3, 10, 23, 30, tzinfo=dt.UTC)
    with timezone.override("Asia/Tokyo"):
        assert ">11 March 2026<" in ui.on_date(late)


def test_no_date_gives_the_fallback():
    assert ui.when(None, "never") == "never"
    assert ui.on_date(None) == ""


def test_the_tab_that_the_page_names_is_the_current_one():
    row = "{% tab_of 'write' 'Write' '/w/' %}{% tab_of 'look' 'Look' '/l/' count=3 %}"
    write, look = draw(row, tab="look").split("</li>", 1)
    assert write == '<li><a href="/w/">Write</a>'
    assert look == '<li><a href="/l/" aria-current="page">Look <span class="count">3</span></a></li>'
    assert "aria-current" not in draw(row) + draw(row, tab="else")


# --- Nothing becomes markup -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    [
        "{% status_tag 'good' x %}",
        "{% status_tag x x %}",
        "{% force_mark x %}",
        "{% person x %}",
        "{% icon 'lock' x %}",
        "{% empty_state x x x x %}",
        "{% progress 1 2 x %}",
        "{% button_post x x disabled_reason=x %}",
        "{% button_post x x confirm=x name=x value=x next=x %}",
        "{% breadcrumbs x x %}",
        "{% tab x x count=3 %}",
        "{% tab_of x x x %}",
        "{% page_header x lead=x meta=x %}{{ x }}{% endpage_header %}",
        "{% section_title x id=x %}{{ x }}{% endsection_title %}",
        "{% fact x %}{{ x }}{% endfact %}",
        "{% notice 'warn' x %}{{ x }}{% endnotice %}",
        "{% sort_heading x x %}",
    ],
)
def test_what_a_component_gets_is_escaped(template):
    drawn = draw(template, x=HOSTILE)
    assert "<script" not in drawn
    assert "alert(" in drawn or "alert%28" in drawn


def test_what_stands_in_a_block_is_kept_as_markup():
    drawn = draw("{% notice 'info' %}<p>See <a href='/x/'>this</a>.</p>{% endnotice %}")
    assert "<a href='/x/'>this</a>" in drawn


def test_a_query_string_does_not_become_markup():
    assert "<script" not in draw("{% sort_heading 'title' 'Title' %}", f"/list/?q={HOSTILE}")


# --- Fields -----------------------------------------------------------------------------------------------------------


def test_a_field_ties_label_hint_and_error_to_its_control():
    drawn = ui.field(Form({})["title"])
    assert '<label for="id_title">Title</label>' in drawn
    assert 'id="id_title-hint"' in drawn and 'id="id_title-error"' in drawn
    control = re.search(r"<input[^>]*>", drawn).group()
    assert 'aria-describedby="id_title-hint id_title-error"' in control
    assert 'aria-invalid="true"' in control
    assert 'data-count="300"' in control


def test_a_fine_field_is_not_marked_and_an_optional_one_says_so():
    drawn = ui.field(Form()["nick"])
    assert "aria-invalid" not in drawn and "aria-describedby" not in drawn
    assert "(optional)" in drawn
    assert "placeholder" not in drawn


def test_choices_stand_in_a_fieldset_with_a_legend():
    drawn = ui.field(Form({})["kind"])
    assert drawn.count("<fieldset") == 1
    assert "<legend>Kind</legend>" in drawn
    assert 'aria-describedby="id_kind-error"' in re.search("<fieldset[^>]*>", drawn).group()


def test_the_summary_links_each_error_to_its_first_control():
    drawn = ui.error_summary(Form({}))
    assert 'href="#id_title"' in drawn
    assert 'href="#id_kind_0"' in drawn
    assert "Title: Please fill this in." in drawn
    assert "Kind: Choose one." in drawn
    assert "I agree: Tick this to go on." in drawn
    assert ui.error_summary(Form(), None) == ""


def test_an_error_of_the_forms_own_keeps_its_words():
    class Careful(forms.Form):
        title = forms.CharField(error_messages={"required": "Say what it is about."})

    assert "Title: Say what it is about." in ui.error_summary(Careful({}))


def test_an_error_text_is_escaped():
    form = Form({})
    form.add_error("title", HOSTILE)
    assert "<script" not in ui.field(form["title"]) + ui.error_summary(form)


# --- Buttons ----------------------------------------------------------------------------------------------------------


def test_a_button_posts_with_the_token():
    drawn = draw("{% button_post '/go/' 'Go' tone='primary' confirm='Sure?' %}")
    assert 'method="post" action="/go/"' in drawn
    assert 'name="csrfmiddlewaretoken"' in drawn
    assert 'data-confirm="Sure?"' in drawn


def test_a_refused_button_sends_nothing_and_says_why():
    drawn = draw("{% button_post '/go/' 'Go' disabled_reason=why %}", why="Somebody else approves it.")
    assert "<form" not in drawn
    described = re.search(r'aria-describedby="([^"]+)"', drawn).group(1)
    assert f'id="{described}">Somebody else approves it.<' in drawn


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_pages_keep_the_filters():
    page = Paginator(range(60), 25).page(2)
    drawn = draw("{% pagination page %}", "/list/?state=new&page=2&tag=a&tag=b", page=page)
    assert 'href="?state=new&amp;page=1&amp;tag=a&amp;tag=b"' in drawn
    assert 'href="?state=new&amp;page=3&amp;tag=a&amp;tag=b"' in drawn
    assert "Page 2 of 3" in drawn


def test_one_page_needs_no_pages():
    assert draw("{% pagination page %}", page=Paginator(range(5), 25).page(1)) == ""


def test_a_list_paged_by_key_gives_its_own_addresses():
    class Slice:
        previous_url, next_url = "", "?after=9"

    drawn = draw("{% pagination page %}", page=Slice())
    assert 'href="?after=9" rel="next"' in drawn
    assert "Previous" not in drawn


def test_sorting_turns_round_and_goes_back_to_the_first_page():
    assert 'href="?sort=title"' in draw("{% sort_heading 'title' 'Title' %}", "/list/?page=3")
    up = draw("{% sort_heading 'title' 'Title' %}", "/list/?sort=title&page=3")
    assert 'aria-sort="ascending"' in up and 'href="?sort=-title"' in up
    assert 'aria-sort="descending"' in draw("{% sort_heading 'title' 'Title' %}", "/list/?sort=-title")
    assert 'aria-sort="ascending"' in draw("{% sort_heading 'title' 'Title' default='title' %}")


def test_filters_keep_the_order_and_can_be_cleared():
    class Filter(forms.Form):
        q = forms.CharField(required=False)

    template = "{% filter_bar form %}"
    drawn = draw(template, "/list/?q=tv&sort=-title", form=Filter({"q": "tv"}))
    assert '<input type="hidden" name="sort" value="-title">' in drawn
    assert "Clear 1 filter" in drawn
    assert "Clear" not in draw(template, "/list/?sort=title", form=Filter())


# --- Marks ------------------------------------------------------------------------------------------------------------


def test_a_name_is_kept_apart_from_the_text_around_it():
    assert ui.person("Rita") == "<bdi>Rita</bdi>"
    assert ui.person(None) == "nobody yet"


def test_every_icon_named_in_templates_and_code_exists(settings):
    named = set()
    for path in [*settings.BASE_DIR.glob("templates/**/*.html"), settings.BASE_DIR / "hub/templatetags/ui.py"]:
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"""{% icon ["']([a-z0-9-]+)["']""", text))
        named |= set(re.findall(r"""icon_name=["']([a-z0-9-]+)["']""", text))
        named |= set(re.findall(r"""\bicon\("([a-z0-9-]+)\"""", text))
    named |= set(ui.NOTICE_ICONS.values())
    assert len(named) > 10
    for name in named:
        assert ui._drawing(name).startswith("<")


# --- Templates and files ----------------------------------------------------------------------------------------------


def test_templates_carry_no_inline_script_or_style(settings):
    """The content security policy refuses both; mail, which no policy guards, needs its style."""
    for path in settings.BASE_DIR.glob("templates/**/*.html"):
        if "mail" in path.relative_to(settings.BASE_DIR / "templates").parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", text), path


def test_every_rule_of_the_style_sheets_stands_in_a_layer(settings):
    """A brace too many or too few ends a layer early: later rules then win over all others, or are dropped unread."""
    for path in settings.BASE_DIR.glob("static/css/*.css"):
        if path.name == "admin-look.css":
            continue
        depth = 0
        for part in re.split(r"([{}])", re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)):
            depth += {"{": 1, "}": -1}.get(part, 0)
            assert depth >= 0, path.name
            if depth == 0 and part.strip(" \n}"):
                assert part.strip().startswith("@"), f"{path.name}: {part.strip()}"
            assert depth == 0 or "@layer" not in part, f"{path.name}: a layer within a rule"
        assert depth == 0, path.name


def test_joined_files_hold_their_sources_in_order(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    css = joined_static.joined("css/portal.css")
    parts = ["@layer tokens, base, layout, components, utilities;", "@layer base {", "@layer layout {"]
    assert [css.index(part) for part in parts] == sorted(css.index(part) for part in parts)
    found = finders.find("css/portal.css")
    assert found.startswith(str(tmp_path))
    with open(found, encoding="utf-8") as file:
        assert file.read() == css


def test_a_page_stays_within_its_weight(settings):
    """At most 120 KB uncompressed for a page in all: half of it is left for the page itself and its font's italic."""
    static = settings.BASE_DIR / "static"
    css, js = (len(joined_static.joined(name).encode()) for name in ("css/portal.css", "js/portal.js"))
    font = (static / "fonts/source-sans-3.woff2").stat().st_size
    assert js < 20_000
    assert css + js + font < 90_000


def _tokens():
    css = joined_static.joined("css/portal.css")
    return dict(re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\);", css))


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "papers", "least"),
    [
        ("ink", ["paper", "paper-raised", "paper-sunk", "accent-paper", "tone-warn-paper"], 7),
        ("ink-soft", ["paper", "paper-raised", "paper-sunk"], 4.5),
        ("accent", ["paper", "paper-raised", "paper-sunk", "accent-paper"], 4.5),
        ("accent-ink", ["accent", "accent-strong"], 4.5),
        ("mark-ink", ["mark"], 4.5),
        ("line-strong", ["paper", "paper-raised"], 3),
        ("focus", ["paper", "paper-raised", "paper-sunk"], 3),
        *[(f"tone-{tone}", ["paper", "paper-raised", f"tone-{tone}-paper"], 4.5) for tone in sorted(ui.TONES)],
    ],
)
def test_colours_can_be_read_in_both_schemes(scheme, ink, papers, least):
    tokens = {name: pair.split(", ")[scheme] for name, pair in _tokens().items()}
    for paper in papers:
        assert _contrast(tokens[ink], tokens[paper]) >= least, f"{ink} on {paper}"


# --- The styleguide ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_every_example_page_shows_for_maintainers(client, page):
    client.force_login(User.objects.create_user("staff@example.com", name="Stefan", role=Role.STAFF))
    answer = client.get(f"/styleguide/{page}/" if page else "/styleguide/")
    assert answer.status_code == 200
    assert answer.content.count(b"<h1") == 1


@pytest.mark.django_db
def test_the_styleguide_is_for_maintainers_and_knows_its_pages(client):
    person = User.objects.create_user("emma@example.com", name="Emma")
    client.force_login(person)
    assert client.get("/styleguide/").status_code == 403
    User.objects.filter(pk=person.pk).update(role=Role.STAFF)
    assert client.get("/styleguide/nothing/").status_code == 404
    assert b"There is a problem" in client.get("/styleguide/form/?errors").content
