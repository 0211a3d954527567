"""The messages policies send, one function each."""

from hub import mail
from hub.models import User


def approval_waiting(version):
    """To every lead who may approve: a version waits for a second pair of eyes."""
    writers = set(version.contributors.values_list("pk", flat=True)) | {version.submitted_by_id, version.created_by_id}
    for lead in User.objects.leads().exclude(pk__in=writers):
        mail.post(
            kind="approval_waiting",
            to=lead,
            about=f"policies.policyversion:{version.pk}",
            period=version.submitted_at.isoformat(timespec="seconds"),
            context={
                "title": version.policy.title,
                "what": f"v{version.number}",
                "by": version.submitted_by,
                "note": version.change_note,
                "path": f"/admin/policies/policy/{version.policy_id}/edit/",
            },
        )
