"""The first visit: everybody says where they work."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.exceptions import HubError
from spokes import actions
from spokes.forms import WelcomeForm, in_tree_order
from spokes.middleware import MARK
from spokes.models import Spoke


@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request):
    """Asks once for the home department; later moves are the hub's or an import's."""
    after = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure()):
        after = "/"
    if request.user.memberships.filter(ends_on=None).exists():
        return redirect(after)
    form = WelcomeForm(request.POST or None)
    if form.is_valid():
        try:
            spoke = form.cleaned_data["department"]
            actions.move_home(person=request.user, spoke=spoke, by=request.user)
        except HubError as error:
            form.add_error("department", error.sentence)
        else:
            request.session.pop(MARK, None)
            messages.success(request, _("Welcome. Your home is %(department)s.") % {"department": spoke.name})
            return redirect(after)
    words = request.GET.get("q", "").strip()
    return render(
        request,
        "spokes/welcome.html",
        {
            "form": form,
            "words": words,
            "next": after,
            "groups": _groups(words.casefold()),
            "chosen": request.POST.get("department", ""),
        },
        status=422 if form.errors else 200,
    )


def _groups(words):
    """[(heading, departments)]: those without branches first, then each branch; only what has the words, if any."""
    spokes = in_tree_order(Spoke.objects.open())
    by_pk = {spoke.pk: spoke for spoke in spokes}
    depth = 1 if sum(spoke.depth == 0 for spoke in spokes) == 1 else 0
    groups = {}
    for spoke in spokes:
        way = [by_pk[pk] for pk in [*spoke.ancestor_ids, spoke.pk] if pk in by_pk]
        spoke.way = " / ".join(one.name for one in way[depth + 1 : -1])
        if words and not any(words in one.name.casefold() for one in way):
            continue
        groups.setdefault(way[depth].name if len(way) > depth else way[0].name, []).append(spoke)
    alone = [spokes[0] for spokes in groups.values() if len(spokes) == 1]
    branches = [(heading, spokes) for heading, spokes in groups.items() if len(spokes) > 1]
    return [(_("Departments"), alone), *branches] if alone else branches
