"""What several verbs begin with."""

from django.utils.translation import gettext as _

from hub.exceptions import Invalid
from spokes.models import Spoke


def open_spoke(spoke):
    """The department as it is stored now, locked so that it is not closed meanwhile. Raises Invalid if it is closed."""
    spoke = Spoke.objects.select_for_update().get(pk=spoke.pk)
    if spoke.closed_on:
        raise Invalid(_("%(department)s is closed.") % {"department": spoke.name}, field="spoke")
    return spoke
