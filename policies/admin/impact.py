"""Before publishing: what will this version touch?"""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from hub import audit
from hub.exceptions import Conflict, Invalid
from policies import actions
from policies.reports import impact as impact_of

from .editor import common, lock_sent, open_version, with_open_version, with_policy


@require_safe
@with_policy
def impact(request, policy):
    version = open_version(policy)
    if version is None:
        return redirect("admin:policies_policy_versions", policy.pk)
    version.policy = policy
    context = common(request, policy, version)
    made = [line for line in audit.history(version)[:50] if line.verb == "made the follow-ups"]
    return render(
        request,
        "admin/policies/impact.html",
        {
            **context,
            "tab": "impact",
            "impact": impact_of(version, context["published"]),
            "made": made[0] if made else None,
        },
    )


@require_POST
@with_policy
@with_open_version
def follow_ups(request, policy, version):
    try:
        posted = actions.make_follow_ups(version=version, lock=lock_sent(request), by=request.user)
    except (Conflict, Invalid) as error:
        messages.error(request, error.sentence)
    else:
        told = ngettext("%(n)d message is on its way.", "%(n)d messages are on their way.", posted) % {"n": posted}
        messages.success(request, told if posted else _("Everybody concerned has been asked already."))
    return redirect("admin:policies_policy_impact", policy.pk)
