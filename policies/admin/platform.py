"""Which clauses are about which platforms: one small page beside the list of policies."""

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.exceptions import Invalid
from hub.permissions import check_can_see_the_desk
from policies import actions
from policies.forms import ClausePlatformForm
from policies.models import Clause, ClausePlatform
from policies.permissions import can_curate_policies, check_can_curate_policies


@require_http_methods(["GET", "HEAD", "POST"])
def platforms(request):
    """What is linked, clause by clause; staff link a clause in the form. `?clause=address:key` fills the form."""
    check_can_see_the_desk(request.user)
    rows = _linked()
    if request.method == "POST":
        check_can_curate_policies(request.user)
        form = ClausePlatformForm(request.POST)
    else:
        chosen = request.GET.get("clause", "")
        form = ClausePlatformForm(
            initial={"clause": chosen, "platforms": next((row["values"] for row in rows if row["name"] == chosen), [])}
        )
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_platforms(by=request.user, **form.values())
        except Invalid as error:
            form.add_error(error.field, error.sentence)
        else:
            messages.success(request, _("Saved. Accounts of these platforms show the clause."))
            return redirect("admin:policies_policy_platforms")
    context = {"rows": rows, "form": form if can_curate_policies(request.user) else None}
    return render(request, "admin/policies/platforms.html", context, status=422 if form.errors else 200)


def _linked():
    """One dict a clause, in the order of policies; one statement."""
    headings = Clause.objects.filter(version=OuterRef("policy__current"), key=OuterRef("clause_key")).values("heading")
    rows = ClausePlatform.objects.select_related("policy").annotate(heading=Subquery(headings[:1]))
    found = {}
    for row in rows.order_by("policy__title", "clause_key", "platform"):
        name = f"{row.policy.slug}:{row.clause_key}"
        empty = {
            "name": name,
            "title": row.heading or row.clause_key,
            "is_gone": row.heading is None,
            "policy": row.policy.title,
            "url": row.policy.clause_url(row.clause_key),
            "values": [],
            "labels": [],
        }
        clause = found.setdefault(name, empty)
        clause["values"].append(row.platform)
        clause["labels"].append(row.get_platform_display())
    return list(found.values())
