"""What a person follows, and the one button that begins and ends it."""

from collections import defaultdict

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub import actions, slots
from hub.exceptions import Invalid
from hub.models import Follow
from hub.paging import key_page

PER_PAGE = 25
CHOICES = {"yes", "no"}


@require_safe
def following(request):
    page = key_page(Follow.objects.filter(person=request.user), request.GET, keys=["-since_at!", "-pk"], size=PER_PAGE)
    _name_things(page.rows, request.user)
    return render(
        request,
        "hub/settings/following.html",
        {"tab": "following", "page": page, "let_go": _let_go(request), "here": request.get_full_path()},
    )


def _name_things(rows, reader):
    """Gives each row its `label`, and the `title` and `url` of what it is about, blank where she may not see it now."""
    offered = {one.kind: one for one in slots.followables.gather()}
    wanted = defaultdict(list)
    for row in rows:
        wanted[row.kind].append(row.object_id)
    found = {
        kind: offered[kind].things(reader).filter(pk__in=ids).in_bulk()
        for kind, ids in wanted.items()
        if kind in offered
    }
    for row in rows:
        thing = found.get(row.kind, {}).get(row.object_id)
        row.label = offered[row.kind].label if row.kind in offered else ""
        row.title, row.url = (str(thing), _address(offered[row.kind], thing)) if thing else ("", "")


def _address(offered, thing):
    return offered.address(thing) if offered.address else thing.get_absolute_url()


def _let_go(request):
    """What she has just let go of on this page, as a row to take up again; None if she may not see it any more."""
    kind, _colon, number = request.GET.get("let-go", "").partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    row = Follow(kind=kind, object_id=int(number))
    if Follow.objects.filter(person=request.user, kind=kind, object_id=row.object_id).exists():
        return None
    _name_things([row], request.user)
    return row if row.title else None


@require_POST
def choose(request, kind, pk):
    """Begins with follow=yes, ends with follow=no; then back to where the button was."""
    choice = request.POST.get("follow")
    if choice not in CHOICES:
        raise Http404
    page = reverse("hub:following")
    after = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure()):
        after = page
    try:
        if choice == "yes":
            actions.follow(kind=kind, object_id=pk, by=request.user)
            messages.success(request, _("Your weekly letter tells you what is new here."))
        elif actions.unfollow(kind=kind, object_id=pk, by=request.user):
            if after.partition("?")[0] == page:
                return redirect(f"{page}?let-go={kind}:{pk}")
            messages.success(request, _("You no longer follow this. Press again to take it back."))
    except Invalid as error:
        messages.error(request, error.sentence)
    return redirect(after)
