"""One search over everything that can be found; what each kind of it is called is here."""

import time
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hub import actions as hub_actions
from hub import search as engine
from hub.jobs import count_searches
from hub.models import Service, Topic
from hub.search import recent
from hub.search.tally import Tally
from hub.tasks import PERSON

PER_PAGE = 20
MOST_PAGES = 25
MOST_CHARACTERS = 300
SUGGESTIONS = 8
TOPICS_SUGGESTED, RECENT_SUGGESTED, SHORTEST = 3, 3, 2
# When nothing answers, so much of what comes near, and so many services that could help.
NEAR, SERVICES = 5, 4
# Topics are offered from so many results on, and so many of them.
MANY, MOST_TOPICS = 8, 6
KINDS = {
    "policy": (gettext_lazy("Policy"), gettext_lazy("Policies")),
    "guide": (gettext_lazy("Guide"), gettext_lazy("Guides")),
    "playbook": (gettext_lazy("Playbook"), gettext_lazy("Playbooks")),
    "case": (gettext_lazy("Case study"), gettext_lazy("Case studies")),
    "service": (gettext_lazy("Service"), gettext_lazy("Services")),
    "question": (gettext_lazy("Question"), gettext_lazy("Questions")),
    "account": (gettext_lazy("Social account"), gettext_lazy("Social accounts")),
    "person": (gettext_lazy("Person"), gettext_lazy("People")),
    "external": (gettext_lazy("From another organisation"), gettext_lazy("Other organisations")),
}


tally = Tally(lambda rows: count_searches.apply_async(args=[rows], retry=False, ignore_result=True))


@dataclass(frozen=True)
class Choice:
    """A link that narrows the search, with what it would leave."""

    label: str
    url: str
    count: int
    current: bool


@dataclass(frozen=True)
class Page:
    """What the pagination component asks for."""

    previous_url: str
    next_url: str
    where: str


@require_safe
def search(request):
    """`?q=` words, `kind=` and `topic=` narrow, `page=` goes on. The whole state is in the address."""
    asked = {
        "q": _text(request.GET),
        "kind": request.GET.get("kind") if request.GET.get("kind") in KINDS else "",
        "topic": request.GET.get("topic", "")[:80].replace("\0", ""),
    }
    page = _page_number(request)
    context = {"q": asked["q"], "q_quoted": quote(asked["q"]), "asked": asked}
    if asked["q"]:
        results = engine.search(
            asked["q"],
            group_ids=request.user.audience_group_ids(),
            kinds=[asked["kind"]] if asked["kind"] else (),
            topics=[asked["topic"]] if asked["topic"] else (),
            limit=PER_PAGE,
            offset=(page - 1) * PER_PAGE,
        )
        if page > 1 and not results.is_sure:
            return redirect(f"/search/{address(asked)}")
        context["results"] = results
        if results.is_sure or asked["kind"] or asked["topic"]:
            context |= {"kinds": _kinds(asked, results), "topics": _topics(asked, results)}
        if results.is_sure:
            first = (page - 1) * PER_PAGE + 1
            context |= {"hits": _with_places(results.hits), "page": _page(asked, page, results), "first": first}
        else:
            context |= {"hits": _with_places(results.hits[:NEAR]), "services": _services(asked["q"], request.user)}
        if page == 1 and not asked["kind"] and not asked["topic"]:
            tally.searched(asked["q"], answered=results.is_sure)
    else:
        context["recent"] = recent.of(request)
    response = render(request, "portal/search.html", context)
    if page == 1:
        recent.remember(request, response, asked["q"])
    return response


def _with_places(hits):
    """Each hit with what its link says, and with what it is and in what it was found, as HTML."""
    kinds = {kind: escape(one) for kind, (one, _many) in KINDS.items()}
    place = _("%(kind)s, in <bdi>%(title)s</bdi>")
    found = []
    for hit in hits:
        kind = kinds[hit.kind]
        if not hit.heading_html:
            found.append((hit, hit.title_html, kind))
        elif hit.kind == PERSON:
            # Her name is what one looks for, not what she does.
            found.append((hit, hit.title_html, mark_safe(f"{kind} · {hit.heading_html}")))
        else:
            found.append((hit, hit.heading_html, mark_safe(place % {"kind": kind, "title": hit.title_html})))
    return found


@require_safe
def suggest(request):
    """While one types: what she searched for lately, titles and topics that go on from it, as a piece of HTML."""
    text = _text(request.GET)
    found = engine.suggest(text, group_ids=request.user.audience_group_ids(), limit=SUGGESTIONS) if text else []
    rows = [(one, KINDS[one.kind][0]) for one in found]
    context = {"rows": rows, "topics": _topics_like(text), "recent": []}
    if len(text) >= SHORTEST:
        context["recent"] = recent.beginning_so(request, text)[:RECENT_SUGGESTED]
    return render(request, "portal/_suggestions.html", context)


def _topics_like(text):
    """[(name, address)] of topics with a word that begins so. Topics are open to everybody, and kept in memory."""
    start = text.casefold()
    if len(start) < SHORTEST:
        return []
    names = topic_names(())
    found = [(name, slug) for slug, name in names.items() if f" {name.casefold()}".find(f" {start}") >= 0]
    return [(name, address({"q": name, "topic": slug})) for name, slug in sorted(found)[:TOPICS_SUGGESTED]]


@require_POST
def opened(request):
    """Somebody opened a result of a search; counted without her."""
    tally.opened(_text(request.POST))
    return HttpResponse()


@require_POST
def forget(request):
    """Her recent searches are gone from her browser."""
    messages.success(request, _("Forgotten. This browser no longer knows what you searched for."))
    response = redirect("/search/")
    recent.forget(response)
    return response


@require_POST
def tell_me(request):
    """She is told once there is an answer."""
    text = _text(request.POST)
    hub_actions.ask_to_be_told(text=text, by=request.user)
    messages.success(request, _("You will get a mail when there is an answer."))
    return redirect(f"/search/{address({'q': text})}")


def _services(text, person):
    """What the hub could do about it: the services that come nearest, else the first ones of the catalogue."""
    near = engine.search(text, group_ids=person.audience_group_ids(), kinds=["service"], limit=SERVICES).hits
    offered = Service.objects.offered().in_catalogue_order()
    return offered.filter(pk__in=[hit.object_id for hit in near]) if near else offered[:SERVICES]


def _text(values):
    return " ".join(values.get("q", "")[:MOST_CHARACTERS].replace("\0", " ").split())


def _page_number(request):
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), MOST_PAGES) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def address(asked, **changes):
    """This search's address with other values; blank ones are left out."""
    return "?" + urlencode({name: value for name, value in {**asked, **changes}.items() if value})


def _kinds(asked, results):
    counts = results.facets["kind"]
    choices = [Choice(_("Everything"), address(asked, kind=""), sum(counts.values()), not asked["kind"])]
    for kind, (_one, many) in KINDS.items():
        if counts.get(kind) or asked["kind"] == kind:
            choices.append(Choice(many, address(asked, kind=kind), counts.get(kind, 0), asked["kind"] == kind))
    return choices


def _topics(asked, results):
    names = topic_names(results.facets["topic"])
    choices = [
        Choice(names[slug], address(asked, topic=slug), count, asked["topic"] == slug)
        for slug, count in results.facets["topic"].items()
        if slug in names
    ]
    choices = [one for one in choices if one.current] or choices[:MOST_TOPICS]
    if asked["topic"]:
        every = sum(results.facets["topic"].values())
        choices.insert(0, Choice(_("All topics"), address(asked, topic=""), every, False))
    return choices if len(choices) > 1 and (asked["topic"] or results.total >= MANY) else []


@lru_cache(maxsize=2)
def _names_in(minute):
    return dict(Topic.objects.values_list("slug", "name"))


def topic_names(wanted):
    """{slug: name}. Topics change a few times a year, so they are read once a minute, or when one is missing."""
    names = _names_in(int(time.monotonic() // 60))
    if set(wanted) - set(names):
        _names_in.cache_clear()
        names = _names_in(int(time.monotonic() // 60))
    return names


def _page(asked, number, results):
    last = min(-(-results.total // PER_PAGE), MOST_PAGES)
    return Page(
        previous_url=address(asked, page=number - 1) if number > 1 else "",
        next_url=address(asked, page=number + 1) if number < last else "",
        where=_("Page %(number)d of %(pages)d") % {"number": number, "pages": max(last, number)},
    )
