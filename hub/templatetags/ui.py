"""The portal's components as template tags (a builtin library: no `{% load %}` needed).

Those that stand in the rows of lists are built in Python, because a template include costs ten times as much.
What every component looks like, with the tag that makes it, is on `/styleguide/`.
"""

import datetime as dt
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path

from django import template
from django.forms import CheckboxInput, CheckboxSelectMultiple, Field, RadioSelect, Select
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()

ICONS = Path(__file__).resolve().parent.parent / "icons"
TONES = {"neutral", "info", "good", "warn", "bad"}
NOTICE_ICONS = {
    "neutral": "info",
    "info": "info",
    "good": "circle-check",
    "warn": "triangle-alert",
    "bad": "circle-alert",
}
MESSAGE_TONES = {"debug": "neutral", "info": "info", "success": "good", "warning": "warn", "error": "bad"}


# --- Kept pieces ------------------------------------------------------------------------------------------------------

MOST_KEPT = 1024


class KeptNode(template.Node):
    def __init__(self, nodelist, keys):
        self.nodelist, self.keys = nodelist, keys
        self.kept = {}

    def render(self, context):
        key = (get_language(), *(key.resolve(context) for key in self.keys))
        html = self.kept.get(key)
        if html is None:
            html = self.nodelist.render(context)
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[key] = html
        return html


@register.tag
def kept(parser, token):
    """A piece of a page that is always the same for the same values: `{% kept user.name places %}...{% endkept %}`.

    It is rendered once and kept in memory; the language is always among the values. Inside must stand nothing that
    depends on anything else, and no `{% csrf_token %}`, which every page has its own of.
    """
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, [parser.compile_filter(bit) for bit in token.split_contents()[1:]])


# --- Small marks ------------------------------------------------------------------------------------------------------


@cache
def _drawing(name):
    text = (ICONS / f"{name}.svg").read_text(encoding="utf-8")
    return text[text.index(">") + 1 : text.rindex("</svg>")]


@register.simple_tag
def icon(name, label=""):
    """An icon of `hub/icons/` as inline SVG; hidden from screen readers unless it has a label."""
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        role,
        mark_safe(_drawing(name)),
    )


@register.simple_tag
def status_tag(tone, label):
    """A state as a word with a shape: `{% status_tag request.tone request.get_status_display %}`."""
    return format_html('<span class="status" data-tone="{}">{}</span>', tone if tone in TONES else "neutral", label)


@register.simple_tag
def force_mark(force, label=""):
    """How strongly a clause binds: must, should or may, as a word with a shape."""
    words = {"must": _("Must"), "should": _("Should"), "may": _("May")}
    return format_html('<span class="force" data-force="{}">{}</span>', force, label or words.get(force, force))


@register.simple_tag
def person(user, fallback=""):
    """A person's name, kept apart from the direction of the text around it."""
    if user is None:
        return fallback or _("nobody yet")
    name = user if isinstance(user, str) else getattr(user, "name", "") or user.get_full_name()
    return format_html("<bdi>{}</bdi>", name)


# More than one of these stands in most of what browsers say of themselves: the first counts.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "SamsungBrowser": "Samsung Internet",
}
BROWSERS |= {"CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}
DEVICES = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac"}
DEVICES |= {"CrOS": "ChromeOS", "Linux": "Linux"}


@register.simple_tag
def browser(user_agent):
    """ "Firefox on Windows": what a browser says of itself, in words; all of it is on hover."""
    said = user_agent or ""
    name = next((name for sign, name in BROWSERS.items() if sign in said), _("Unknown browser"))
    device = next((device for sign, device in DEVICES.items() if sign in said), "")
    words = _("%(browser)s on %(device)s") % {"browser": name, "device": device} if device else name
    return format_html('<span title="{}">{}</span>', said, words)


# --- Time -------------------------------------------------------------------------------------------------------------


def _amount(seconds, *, lies_ahead=False):
    """A length of time as (number, unit), in its largest sensible unit: what is over in full, what lies ahead to the
    nearest."""
    minutes, hours, days = (int(seconds / unit + lies_ahead / 2) for unit in (60, 3600, 86400))
    if minutes < 60:
        return minutes, "minute"
    return (hours, "hour") if hours < 36 else _days(days)


def _days(days):
    if days < 14:
        return days, "day"
    if days < 60:
        return days // 7, "week"
    return (days // 30, "month") if days < 730 else (days // 365, "year")


@lru_cache(maxsize=1024)
def _distance(number, unit, language, *, lies_ahead):
    """ "in 3 days", "2 hours ago": lists say the same few over and over."""
    words = {
        "minute": lambda: ngettext("%(n)d minute", "%(n)d minutes", number),
        "hour": lambda: ngettext("%(n)d hour", "%(n)d hours", number),
        "day": lambda: ngettext("%(n)d day", "%(n)d days", number),
        "week": lambda: ngettext("%(n)d week", "%(n)d weeks", number),
        "month": lambda: ngettext("%(n)d month", "%(n)d months", number),
        "year": lambda: ngettext("%(n)d year", "%(n)d years", number),
    }[unit]() % {"n": number}
    return (_("in %(time)s") if lies_ahead else _("%(time)s ago")) % {"time": words}


def in_words(value, *, now=None):
    """ "in 3 days", "2 hours ago", "yesterday" for a date or an instant."""
    now = now or timezone.now()
    if isinstance(value, dt.datetime):
        seconds = int((value - now).total_seconds())
        if abs(seconds) < 60:
            return _("just now") if seconds <= 0 else _("in a moment")
        amount, lies_ahead = _amount(abs(seconds), lies_ahead=seconds > 0), seconds > 0
    else:
        days = (value - timezone.localdate(now)).days
        near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
        if days in near:
            return near[days]
        amount, lies_ahead = _days(abs(days)), days > 0
    return _distance(*amount, get_language(), lies_ahead=lies_ahead)


@lru_cache(maxsize=4096)
def _written_day(day, pattern, language):
    """A day in a language; lists show the same few days over and over, and formatting one costs 40 µs."""
    return date_format(day, pattern)


def _written(day, pattern):
    return _written_day(day, pattern, get_language())


def exact(value):
    """The full date, and for an instant the time, in the person's zone."""
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value)
        return f"{_written(local.date(), 'l j F Y')}, {local:%H:%M} {local.tzname()}"
    return _written(value, "l j F Y")


def _time(value, words):
    """The words for a date or an instant, with the exact time on hover."""
    tag = _time_tag(value, value.isoformat(), get_language(), timezone.get_current_timezone())
    return mark_safe(f"{tag}{escape(words)}</time>")


@lru_cache(maxsize=4096)
def _time_tag(value, written, language, zone):
    # Equal instants may be written in different zones, so the writing is among what it is kept by.
    return format_html('<time datetime="{}" title="{}">', written, exact(value))


@register.simple_tag
def when(value, fallback=""):
    """A date or an instant in words; the exact time is on hover."""
    if not value:
        return fallback
    return _time(value, in_words(value))


@register.simple_tag
def on_date(value, fallback=""):
    """A date written out ("14 March 2026"); for an instant the day in the person's zone, exact time on hover."""
    if not value:
        return fallback
    day = timezone.localtime(value).date() if isinstance(value, dt.datetime) else value
    return _time(value, _written(day, "j F Y"))


@register.simple_tag
def by_when(value):
    """Until when, as people say it: today by the time ("14:20"), later by the day."""
    local = timezone.localtime(value)
    if local.date() != timezone.localdate():
        return on_date(value)
    return _time(value, date_format(local, "H:i"))


def _inside(content):
    """A block's rendered content without the white space around it; rendered means already escaped."""
    return mark_safe(content.strip())


# --- Headings, facts, notices -----------------------------------------------------------------------------------------


@register.simple_tag
def breadcrumbs(*pairs):
    """The way here: `{% breadcrumbs _("Policies") policies_url _("Retail") retail_url %}`; not the page itself."""
    links = zip(pairs[::2], pairs[1::2], strict=True)
    return format_html(
        '<nav class="breadcrumbs" aria-label="{}"><ol>{}</ol></nav>',
        _("You are here"),
        format_html_join("", '<li><a href="{}">{}</a></li>', ((url, label) for label, url in links)),
    )


@register.simple_block_tag
def page_header(content, title, lead="", meta=""):
    """The page's `h1` with its lead, one line of facts, and actions as the block's content."""
    content = _inside(content)
    return format_html(
        '<header class="page-header"><h1>{}</h1>{}{}{}</header>',
        title,
        format_html('<p class="lead">{}</p>', lead) if lead else "",
        format_html('<p class="meta">{}</p>', meta) if meta else "",
        format_html('<div class="actions">{}</div>', content) if content else "",
    )


@register.simple_block_tag
def section_title(content, title, id="", level=2):
    """A heading with a rule under it; the block's content (a link) stands at its end."""
    attribute = format_html(' id="{}"', id) if id else ""
    return format_html(
        '<div class="section-title"><h{0}{1}>{2}</h{0}>{3}</div>', int(level), attribute, title, _inside(content)
    )


@register.simple_block_tag
def facts(content, wide=False):
    """A list of facts made of `{% fact %}`; `wide=True` puts term and value side by side."""
    return format_html('<dl class="facts"{}>{}</dl>', mark_safe(" data-wide") if wide else "", content)


@register.simple_block_tag
def fact(content, term):
    """One fact: `{% fact _("Owner") %}{% person policy.owner %}{% endfact %}`; nothing when it is empty."""
    content = _inside(content)
    return format_html("<div><dt>{}</dt><dd>{}</dd></div>", term, content) if content else ""


@register.simple_block_tag
def notice(content, tone="info", title="", role="", level=2):
    """A coloured note: `{% notice "warn" _("Withdrawn") %}...{% endnotice %}`; `level` is its heading's."""
    return _notice(tone, _inside(content), title, role, level)


def _notice(tone, content, title="", role="", level=2):
    tone = tone if tone in TONES else "neutral"
    words = {"warn": _("Warning"), "bad": _("Problem"), "good": _("Done")}
    return format_html(
        '<div class="notice" data-tone="{}"{}>{}<div>{}{}</div></div>',
        tone,
        format_html(' role="{}"', role) if role else "",
        icon(NOTICE_ICONS[tone], words.get(tone, "")),
        format_html('<h{0} class="notice-title">{1}</h{0}>', int(level), title) if title else "",
        content if "<p" in content or "<ul" in content else format_html("<p>{}</p>", content),
    )


@register.simple_tag
def flash(message):
    """One of Django's messages as a notice; errors are announced at once."""
    tone = MESSAGE_TONES.get(message.level_tag, "info")
    return _notice(tone, format_html("{}", message.message), role="alert" if tone == "bad" else "status")


@register.simple_tag
def empty_state(title, text="", action_url="", action_label="", level=2):
    """What an empty list says: what it is for and what to do next."""
    return format_html(
        '<div class="empty"><h{0}>{1}</h{0}>{2}{3}</div>',
        int(level),
        title,
        format_html("<p>{}</p>", text) if text else "",
        format_html('<p><a class="button" href="{}">{}</a></p>', action_url, action_label) if action_url else "",
    )


@register.simple_tag
def progress(value, max, label):
    """How much is done, as a bar and as "31 of 42"."""
    return format_html(
        '<span class="progress"><progress value="{}" max="{}" aria-label="{}"></progress><span>{}</span></span>',
        value,
        max or 1,
        label,
        _("%(value)s of %(max)s") % {"value": number_format(value), "max": number_format(max)},
    )


# --- Buttons ----------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def button_post(context, url, label, tone="", disabled_reason="", confirm="", icon_name="", name="", value="", next=""):
    """A button that does something: a POST form of its own.

    With a `disabled_reason` (the sentence of the permission) the button is shown but does nothing, and says why.
    `confirm` is asked once before it is sent.
    """
    drawn = icon(icon_name) if icon_name else ""
    if disabled_reason:
        reason = str(disabled_reason)
        key = "why-" + blake2b(f"{url}{label}".encode(), digest_size=5).hexdigest()
        return format_html(
            '<div class="button-form"><button type="button" class="button" aria-disabled="true"'
            ' aria-describedby="{}">{}{}</button><span class="button-why" id="{}">{}</span></div>',
            key,
            drawn,
            label,
            key,
            reason,
        )
    return format_html(
        '<form class="button-form" method="post" action="{}"{}>{}{}'
        '<button class="button" data-tone="{}"{}>{}{}</button></form>',
        url,
        format_html(' data-confirm="{}"', confirm) if confirm else "",
        _csrf(context),
        format_html('<input type="hidden" name="next" value="{}">', next) if next else "",
        tone,
        format_html(' name="{}" value="{}"', name, value) if name else "",
        drawn,
        label,
    )


def _csrf(context):
    token = context.get("csrf_token")
    if not token or token == "NOTPROVIDED":
        return ""
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)


# --- Forms ------------------------------------------------------------------------------------------------------------


def _error_texts(bound):
    """A field's errors; Django's "This field is required." becomes what is to be done."""
    widget = bound.field.widget
    texts = []
    for error in bound.errors.as_data():
        if error.code != "required" or error.message != Field.default_error_messages["required"]:
            texts += error.messages
        elif isinstance(widget, CheckboxSelectMultiple):
            texts.append(_("Choose at least one."))
        elif isinstance(widget, RadioSelect | Select):
            texts.append(_("Choose one."))
        elif isinstance(widget, CheckboxInput):
            texts.append(_("Tick this to go on."))
        else:
            texts.append(_("Please fill this in."))
    return texts


@register.simple_tag
def field(bound, optional=True):
    """A form field as GOV.UK sets it: label, hint, error, control; all tied together for screen readers."""
    if bound.is_hidden:
        return bound.as_widget()
    widget, key = bound.field.widget, bound.auto_id or bound.html_name
    group = widget.use_fieldset
    single = isinstance(widget, CheckboxInput)
    described = " ".join(
        part for part, there in ((f"{key}-hint", bound.help_text), (f"{key}-error", bound.errors)) if there
    )
    attrs = {"aria-describedby": described} if described else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if bound.field.required and not group:
        attrs["required"] = True
    # A placeholder vanishes when one types; the label and the hint stay.
    widget.attrs.pop("placeholder", None)
    suffix = "" if bound.field.required or single or not optional else _("(optional)")
    label = format_html("{}{}", bound.label, format_html(' <span class="optional">{}</span>', suffix) if suffix else "")
    hint = format_html('<div class="hint" id="{}-hint">{}</div>', key, bound.help_text) if bound.help_text else ""
    error = (
        format_html(
            '<p class="error" id="{}-error">{}<span>{}</span></p>',
            key,
            icon("circle-alert", _("Error")),
            format_html_join(" ", "{}", ((text,) for text in _error_texts(bound))),
        )
        if bound.errors
        else ""
    )
    mark = mark_safe(" data-error") if bound.errors else ""
    maximum = getattr(bound.field, "max_length", None)
    if maximum and maximum >= 200 and not group:
        attrs["data-count"] = maximum
    if group:
        return format_html(
            '<div class="field"{}><fieldset{}><legend>{}</legend>{}{}{}</fieldset></div>',
            mark,
            format_html(' aria-describedby="{}"', described) if described else "",
            label,
            hint,
            error,
            bound.as_widget(attrs={"aria-invalid": "true"} if bound.errors else {}),
        )
    if single:
        return format_html(
            '<div class="field"{}>{}<div class="field-inline">{}<label for="{}">{}</label></div>{}</div>',
            mark,
            error,
            bound.as_widget(attrs=attrs),
            bound.id_for_label,
            label,
            hint,
        )
    return format_html(
        '<div class="field"{}><label for="{}">{}</label>{}{}{}</div>',
        mark,
        bound.id_for_label,
        label,
        hint,
        error,
        bound.as_widget(attrs=attrs),
    )


@register.simple_tag
def form_fields(form):
    """Every field of a form, hidden ones included."""
    return mark_safe("".join(field(bound) for bound in form))


@register.simple_tag
def error_summary(*forms):
    """What is wrong, at the top of the page, each line a link to its field; nothing when all is well."""
    lines = []
    for form in forms:
        if not form or not form.errors:
            continue
        lines += [("", text) for text in form.non_field_errors()]
        for bound in form:
            target = _first_control(bound)
            lines += [(target, f"{str(bound.label).rstrip('?:')}: {text}") for text in _error_texts(bound)]
    if not lines:
        return ""
    return format_html(
        '<div class="error-summary" role="alert" tabindex="-1" data-error-summary aria-labelledby="error-summary">'
        '<h2 id="error-summary">{}</h2><ul>{}</ul></div>',
        _("There is a problem"),
        format_html_join(
            "",
            "<li>{}</li>",
            ((format_html('<a href="#{}">{}</a>', target, text) if target else text,) for target, text in lines),
        ),
    )


def _first_control(bound):
    """The id a link from the summary jumps to: of a group, its first choice."""
    key = bound.auto_id or bound.html_name
    return f"{key}_0" if bound.field.widget.use_fieldset else key


# --- Lists ------------------------------------------------------------------------------------------------------------


def _address(context, **changes):
    """This page's address with other values in its query string; a value of None leaves the name out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    text = query.urlencode()
    return f"?{text}" if text else "?"


@register.simple_tag(takes_context=True)
def pagination(context, page, name="page"):
    """Earlier and later, keeping the filters; nothing for a single page.

    Takes Django's `Page`, or anything with `previous_url` and `next_url` (lists paged by key).
    """
    if hasattr(page, "next_url"):
        before, after, where = page.previous_url, page.next_url, getattr(page, "where", "")
    else:
        if page.paginator.num_pages < 2:
            return ""
        before = _address(context, **{name: page.previous_page_number()}) if page.has_previous() else ""
        after = _address(context, **{name: page.next_page_number()}) if page.has_next() else ""
        where = _("Page %(number)s of %(pages)s") % {
            "number": number_format(page.number),
            "pages": number_format(page.paginator.num_pages),
        }
    if not (before or after):
        return ""
    link = '<a class="button" href="{}" rel="{}">{}{}{}</a>'
    return format_html(
        '<nav class="pagination" aria-label="{}">{}{}{}</nav>',
        _("Pages"),
        format_html(link, before, "prev", icon("arrow-left"), _("Previous"), "") if before else "",
        format_html('<span class="where">{}</span>', where) if where else "",
        format_html(link, after, "next", "", _("Next"), icon("arrow-right")) if after else "",
    )


@register.simple_block_tag
def tabs(content, label):
    """Views of one list, as links: `{% tabs _("Requests") %}{% tab _("Mine") url current=True %}{% endtabs %}`."""
    return format_html('<nav class="tabs" aria-label="{}"><ul>{}</ul></nav>', label, content)


@register.simple_tag
def tab(label, url, current=False, count=None):
    return format_html(
        '<li><a href="{}"{}>{}{}</a></li>',
        url,
        mark_safe(' aria-current="page"') if current else "",
        label,
        format_html(' <span class="count">{}</span>', number_format(count)) if count is not None else "",
    )


@register.simple_tag(takes_context=True)
def tab_of(context, name, label, url, count=None):
    """A `tab` that is current where the view's `tab` is its name: `{% tab_of "write" _("Write") url %}`."""
    return tab(label, url, current=context.get("tab") == name, count=count)


@register.simple_tag(takes_context=True)
def sort_heading(context, key, label, css="", name="sort", default=""):
    """A column's `<th>` whose link sorts by it; the second press turns the order round. `css="num"` for figures."""
    now = context["request"].GET.get(name, default)
    state = {key: "ascending", f"-{key}": "descending"}.get(now, "none")
    order = f"-{key}" if state == "ascending" else key
    url = _address(context, **{name: order, "page": None, "after": None, "before": None})
    drawn = {"ascending": "arrow-up", "descending": "arrow-down", "none": "arrow-up-down"}[state]
    return format_html(
        '<th role="columnheader" scope="col"{}{}><a class="sort" href="{}">{}{}</a></th>',
        format_html(' class="{}"', css) if css else "",
        format_html(' aria-sort="{}"', state) if state != "none" else "",
        url,
        label,
        icon(drawn),
    )


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(context, form, keep=("sort",), submit_label=""):
    """A list's filters as one GET form; their state is the URL. `keep` names other parameters that stay."""
    query = context["request"].GET
    names = {form.add_prefix(name) for name in form.fields}
    return {
        "form": form,
        "kept": [(name, value) for name in keep for value in query.getlist(name) if name not in names],
        "active": sum(1 for name in names if any(query.getlist(name))),
        "clear_url": context["request"].path,
        "submit_label": submit_label,
    }
