"""What new playbooks can begin from."""

from django.db import transaction
from django.utils.translation import gettext as _

from hub import audit
from hub.exceptions import Invalid
from hub.text.markdown import clean
from playbooks.models import PlaybookTemplate, Revision
from playbooks.permissions import check_can_curate_playbooks

from .playbook import sections_of
from .text import written_sections


@transaction.atomic
def save_template(*, by, template=None, **fields):
    """A new template, or new values for one there is. Raises Invalid for a text that no draft could begin with."""
    check_can_curate_playbooks(by)
    template = template or PlaybookTemplate()
    for name, value in fields.items():
        setattr(template, name, clean(value).strip() if isinstance(value, str) else value)
    sections = sections_of(template.text)
    if not sections:
        raise Invalid(_("Begin at least one section with a line such as “## When to use it”."), field="text")
    try:
        written_sections(Revision(), sections)
    except Invalid as error:
        raise Invalid(error.sentence, field="text") from error
    template.save()
    audit.record("saved", template, by=by)
    return template
