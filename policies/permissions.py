"""Who may do what with policies. Reading is `Policy.objects.readable().for_audience_of(user)`."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.exceptions import NotAllowed
from hub.models import Role
from hub.permissions import check_does_not_only_read, paired
from policies import clock
from policies.models import Policy, ReviewComment, RollEntry
from policies.workflow import CampaignStatus, is_visible
from spokes.querysets import user_paths


def check_can_curate_policies(user):
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff write policies."))


def check_can_approve(user, version):
    if not user.is_lead:
        raise NotAllowed(_("Only a lead of the Center of Excellence approves policies."))
    check_is_another(user, version)
    check_is_answered(version)


def check_is_answered(version):
    """What readers said of it is answered, and what came too late to be answered before an earlier version."""
    waiting = ReviewComment.objects.open().up_to(version).count()
    if waiting:
        raise NotAllowed(
            ngettext(
                "%(n)d comment of a reviewer has not been answered yet.",
                "%(n)d comments of reviewers have not been answered yet.",
                waiting,
            )
            % {"n": waiting}
        )


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


def check_can_read_review(user, version):
    """Whoever was asked to read it, and those who read every draft; once it is published, only whom it is for."""
    if user.reads_all:
        return
    if not version.reviews.filter(person=user).exists():
        raise NotAllowed(_("Only those who were asked to read this draft can see it."))
    if (
        is_visible(version, clock.today())
        and not Policy.objects.filter(pk=version.policy_id).for_audience_of(user).exists()
    ):
        raise NotAllowed(_("It is published, and it is for other departments."))


def check_can_comment(user, version):
    check_does_not_only_read(user)
    if not user.is_coe_staff and not version.reviews.filter(person=user).exists():
        raise NotAllowed(_("Only those who were asked to read this draft can comment on it."))


def check_invitation_holds(invitation):
    """Whether a link sent to somebody outside still opens its draft."""
    if invitation.ended_at is not None:
        raise NotAllowed(_("This invitation has been ended. Thank you for your help."))
    if not invitation.version.is_open:
        raise NotAllowed(_("The draft is no longer open to comments, so this invitation is over. Thank you."))
    if invitation.until < clock.today():
        raise NotAllowed(_("The last day of this invitation is over. Ask whoever invited you for more time."))


def check_can_say_still_true(user, policy):
    check_does_not_only_read(user)
    if user.pk != policy.owner_id and not user.is_coe_staff:
        raise NotAllowed(_("Only the owner of a policy, or the Center of Excellence, can say that it is still true."))


def check_can_sign(user, policy):
    """Whoever reads all may read this one, but signs only what is addressed to her."""
    if (
        not policy.must_sign
        and not RollEntry.objects.filter(
            person=user, left_on=None, campaign__policy=policy, campaign__status=CampaignStatus.RUNNING
        ).exists()
    ):
        raise NotAllowed(_("Nobody needs to sign this policy. Reading it is enough."))
    if not type(policy).objects.filter(pk=policy.pk).addressed_to(user).exists():
        raise NotAllowed(_("This policy is for other departments, so there is nothing for you to sign."))


def check_can_be_counted(user):
    """Whose answers in a guide are counted: everybody's but those of auditors, who change nothing."""
    if user.role == Role.AUDITOR and not user.is_superuser:
        raise NotAllowed(_("Auditors read; what they look at is not counted."))


def check_can_prove(user):
    """Who may see who signed what may have it as a file."""
    if not user.reads_all:
        raise NotAllowed(_("Only the Center of Excellence's own staff and auditors make proof packs."))


def check_can_plan_campaigns(user):
    if not user.is_coe_staff:
        raise NotAllowed(_("Only the Center of Excellence's own staff plan campaigns."))


def check_can_start_campaigns(user):
    if not user.is_lead:
        raise NotAllowed(_("Only a lead of the Center of Excellence starts a campaign."))


def check_can_see_rates(user):
    """How many have signed, everywhere: staff, auditors, and sponsors, who see figures and no names."""
    if not user.sees_figures:
        raise NotAllowed(_("Only the Center of Excellence's own staff can see this."))


def check_can_see_signers(user):
    """Who has signed and who has not, everywhere. A representative sees her own on the policy's own page."""
    if not user.reads_all:
        raise NotAllowed(_("Only the Center of Excellence's own staff can see this."))


def check_can_see_sign_off(user):
    """A policy's sign-off page: whoever reads all, and representatives for their own departments and those below."""
    if not user.reads_all and not user_paths(user):
        raise NotAllowed(_("Only those who represent a department see who of it has signed."))


def check_can_waive(user):
    if not user.is_lead:
        raise NotAllowed(_("Only a lead of the Center of Excellence releases a department from a clause."))


can_curate_policies = paired(check_can_curate_policies)
can_approve = paired(check_can_approve)
can_publish = paired(check_can_publish)
can_look_at = paired(check_can_look_at)
can_read_review = paired(check_can_read_review)
can_comment = paired(check_can_comment)
can_say_still_true = paired(check_can_say_still_true)
can_sign = paired(check_can_sign)
can_be_counted = paired(check_can_be_counted)
can_prove = paired(check_can_prove)
can_waive = paired(check_can_waive)
can_plan_campaigns = paired(check_can_plan_campaigns)
can_start_campaigns = paired(check_can_start_campaigns)
can_see_rates = paired(check_can_see_rates)
can_see_signers = paired(check_can_see_signers)
can_see_sign_off = paired(check_can_see_sign_off)
