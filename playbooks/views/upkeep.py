"""The lists that keep the library true, for owners, their deputies and the hub."""

from contextlib import suppress
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub import signed_links
from hub.charts import chart
from hub.exceptions import Conflict, NotAllowed
from hub.permissions import refusal
from playbooks import actions, reports
from playbooks.emails import STILL_TRUE
from playbooks.forms import UpkeepFilter
from playbooks.models import Playbook
from playbooks.permissions import can_verify, check_can_see_reasons, check_can_verify
from policies import clock

PER_PAGE = 25
READ_LATELY = timedelta(days=90)
# Of each list: its lead, and the title and text of an empty one.
WORDS = {
    "verify": (
        gettext_lazy("Read each once. If it is still true, one press says so; the longest overdue comes first."),
        gettext_lazy("Nothing to verify"),
        gettext_lazy("What you look after is verified for the next 60 days, or you look after nothing yet."),
    ),
    "change": (
        gettext_lazy("Readers asked or suggested something here, or a rule that it rests on has changed."),
        gettext_lazy("Nothing needs a change"),
        gettext_lazy("No open question, no suggestion, and no changed clause."),
    ),
    "unhelpful": (
        gettext_lazy("Where most readers said that it did not help, and why."),
        gettext_lazy("Nobody has said no"),
        gettext_lazy("As soon as a reader says that a playbook did not help, it stands here."),
    ),
    "unverified": (
        gettext_lazy("Nobody vouches for these, and people read them all the same: begin at the top."),
        gettext_lazy("All is verified"),
        gettext_lazy("When the word on a playbook runs out, it stands here."),
    ),
}


def _in_care(request, **options):
    """(filter form, the published playbooks whose upkeep this person sees, filtered)."""
    form = UpkeepFilter(request.GET, reads_all=request.user.reads_all, **options)
    rows = form.apply(Playbook.objects.published().in_care_of(request.user), request.user)
    return form, rows.select_related("topic", "owner", "deputy")


def _show(request, tab, form, rows):
    """One of the lists; what it is for and what an empty one means stands in WORDS."""
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for playbook in page:
        playbook.can_verify = can_verify(request.user, playbook)
        playbook.owner_left = not playbook.owner.is_active
    lead, none_title, none_text = WORDS[tab]
    context = {"lead": lead, "none_title": none_title, "none_text": none_text, f"tab_{tab}": True}
    context |= {"form": form, "page": page, "is_filtered": form.is_used, "here": request.get_full_path()}
    return render(request, "playbooks/upkeep.html", context)


@require_safe
def to_verify(request):
    """What should be read once more, the longest overdue first."""
    form, rows = _in_care(request, with_due=True)
    rows = rows.with_changed_clauses().order_by(F("verified_until").asc(nulls_first=True), "pk")
    return _show(request, "verify", form, rows)


@require_safe
def unhelpful(request):
    form, rows = _in_care(request)
    return _show(request, "unhelpful", form, rows.most_unhelpful_first())


@require_safe
def needs_change(request):
    """Where a reader waits for an answer or a decision, or a clause that it rests on is no longer what it was."""
    form, rows = _in_care(request)
    rows = rows.with_open_questions().with_open_suggestions().with_changed_clauses()
    rows = rows.annotate(work=F("open_questions") + F("open_suggestions") + F("changed_clauses"))
    return _show(request, "change", form, rows.filter(work__gt=0).order_by("-work", "title", "pk"))


@require_safe
def unverified(request):
    """Of what is not verified what is read most, for there a mistake does most harm."""
    form, rows = _in_care(request)
    rows = rows.not_verified().with_reads_since(clock.today() - READ_LATELY)
    return _show(request, "unverified", form, rows.order_by("-reads", "verified_until", "pk"))


@require_safe
def share(request):
    """How much of the library was verified, day by day, beside what the hub means to reach. Open to everybody."""
    days = reports.verified_days()
    target = settings.VERIFIED_TARGET
    return render(
        request,
        "playbooks/verified_share.html",
        {"tab": "share", "chart": chart(days, target=target), "now": days[-1] if days else None, "target": target},
    )


@require_safe
def reasons(request, slug):
    """Why it did not help, for those who can put it right; never who said so."""
    playbook = get_object_or_404(Playbook.objects.published().for_audience_of(request.user), slug=slug)
    check_can_see_reasons(request.user, playbook)
    found = reports.reasons_of(playbook)
    too_few = _("From %(n)d answers on you see how often each reason was given, and what people wrote.")
    too_few %= {"n": reports.FEWEST_REASONS}
    return render(
        request,
        "playbooks/reasons.html",
        {"playbook": playbook, "reasons": found, "too_few": too_few},
    )


@require_POST
def read(request, slug):
    """A browser tells that somebody is reading, once a day; a page that is merely asked for is not counted."""
    playbook = get_object_or_404(Playbook.objects.published().for_audience_of(request.user), slug=slug)
    actions.count_read(playbook=playbook, by=request.user)
    return HttpResponse()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def still_true(request, token):
    """The link in a mail: it shows a page, and the button there gives the word of whoever the mail was sent to."""
    link = signed_links.read(STILL_TRUE, token)
    if request.user.is_authenticated and request.user != link.person:
        raise NotAllowed(_("This link was sent to somebody else and works for nobody but her or him."))
    playbooks = Playbook.objects.published().for_audience_of(link.person)
    playbook = get_object_or_404(playbooks.select_related("topic", "owner", "deputy"), pk=link.about)
    seen = date.fromisoformat(link.state)
    state = "open" if playbook.verified_until == seen else "done"
    if state == "open" and link.has_expired:
        state = "expired"
    elif state == "open" and request.method == "POST":
        # Whoever was quicker has given the word; the page says so.
        with suppress(Conflict):
            actions.verify(playbook=playbook, seen=seen, by=link.person)
        return redirect(request.path)
    context = {
        "playbook": playbook,
        "person": link.person,
        "state": state,
        "refusal": refusal(check_can_verify, link.person, playbook),
    }
    return render(request, "playbooks/still_true.html", context, status=410 if state == "expired" else 200)
