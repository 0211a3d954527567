"""Who may do what with policies. Reading is `Policy.objects.readable().for_audience_of(user)`."""

from django.utils.translation import gettext as _

from hub.exceptions import NotAllowed
from hub.permissions import paired


def check_can_curate_policies(user):
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff write policies."))


def check_can_approve(user, version):
    if not user.is_lead:
        raise NotAllowed(_("Only a lead of the Center of Excellence approves policies."))
    check_is_another(user, version)


def check_is_another(user, version):
    """Four eyes: nobody who wrote or submitted any part of a version may approve it."""
    wrote = user.pk in {version.created_by_id, version.submitted_by_id}
    if wrote or version.contributors.filter(pk=user.pk).exists():
        raise NotAllowed(_("You wrote or submitted part of this version, so somebody else has to approve it."))


def check_can_publish(user):
    if not user.is_lead:
        raise NotAllowed(_("Only a lead of the Center of Excellence publishes and withdraws policies."))


def check_can_look_at(user, version):
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff can confirm this."))
    if user.pk == version.published_by_id:
        raise NotAllowed(_("You published this version, so somebody else has to look at it."))
    check_is_another(user, version)


def check_can_say_still_true(user, policy):
    if user.pk != policy.owner_id and not user.is_coe_staff:
        raise NotAllowed(_("Only the owner of a policy, or the Center of Excellence, can say that it is still true."))


def check_can_sign(user, policy):
    """Whoever reads all may read this one, but signs only what is addressed to her."""
    if not policy.must_sign:
        raise NotAllowed(_("Nobody needs to sign this policy. Reading it is enough."))
    if not type(policy).objects.filter(pk=policy.pk).addressed_to(user).exists():
        raise NotAllowed(_("This policy is for other departments, so there is nothing for you to sign."))


def check_can_waive(user):
    if not user.is_lead:
        raise NotAllowed(_("Only a lead of the Center of Excellence releases a department from a clause."))


can_curate_policies = paired(check_can_curate_policies)
can_approve = paired(check_can_approve)
can_publish = paired(check_can_publish)
can_look_at = paired(check_can_look_at)
can_say_still_true = paired(check_can_say_still_true)
can_sign = paired(check_can_sign)
can_waive = paired(check_can_waive)
