"""Tables in and out, through django-import-export: safe cells, full validation, and writes through actions."""

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.safestring import mark_safe
from import_export import resources, widgets
from import_export.fields import Field

from hub.cells import guard, unguard
from hub.exceptions import HubError
from hub.models import Topic, User

# How the library marks differences; what stands in the cells is escaped.
_STYLE = re.compile(r'<(ins|del) style="[^"]*">')


class PersonWidget(widgets.ForeignKeyWidget):
    """A person written as her e-mail address."""

    def __init__(self):
        super().__init__(User, "email")

    def clean(self, value, row=None, **kwargs):
        text = (value or "").strip()
        if not text:
            return None
        person = User.objects.filter(email__iexact=text).first()
        if person is None:
            raise ValidationError(f"Nobody here has the address {text}.")
        return person


class SlugWidget(widgets.ForeignKeyWidget):
    """A thing written as its slug; the error names what was looked for."""

    def __init__(self, model):
        super().__init__(model, "slug")

    def clean(self, value, row=None, **kwargs):
        text = (value or "").strip()
        if not text:
            return None
        found = self.model.objects.filter(slug=text).first()
        if found is None:
            raise ValidationError(f"There is no {self.model._meta.verbose_name} with the address “{text}”.")
        return found


def person_field(name):
    return Field(attribute=name, column_name=name, widget=PersonWidget())


def topic_field():
    return Field(attribute="topic", column_name="topic", widget=SlugWidget(Topic))


class PlainDiff(resources.Diff):
    """What a row changes, marked by `ins` and `del` alone: our pages allow no inline style."""

    def as_html(self):
        return [mark_safe(_STYLE.sub(r"<\1>", cell)) for cell in super().as_html()]


class SafeResource(resources.ModelResource):
    """Base of every table of ours.

    Subclasses name plain fields only, never a status, and write in `store(instance, is_create, by)` through an action.
    A row that an action refuses is reported as that row's error, with the action's own sentence.
    """

    class Meta:
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True
        use_transactions = True

    def get_diff_class(self):
        return PlainDiff

    @classmethod
    def widget_from_django_field(cls, field, default=widgets.Widget):
        widget = super().widget_from_django_field(field, default)
        # The library knows no widget for long texts: an empty cell of a workbook would be nothing instead of "".
        if widget is widgets.CharWidget or isinstance(field, models.TextField):
            # Blanks and numbers in a spreadsheet's cells must come back as the same text.
            return lambda **given: widgets.CharWidget(**{"coerce_to_string": True, "allow_blank": True, **given})
        return widget

    def before_import_row(self, row, **kwargs):
        for column, value in row.items():
            row[column] = unguard(value)

    def export_resource(self, instance, selected_fields=None, **kwargs):
        return [guard(value) for value in super().export_resource(instance, selected_fields, **kwargs)]

    def save_instance(self, instance, is_create, row, **kwargs):
        self.before_save_instance(instance, row, **kwargs)
        try:
            stored = self.store(instance, is_create, kwargs.get("user"))
        except HubError as error:
            raise ValidationError(error.sentence) from error
        if stored is not None:
            instance.pk = stored.pk
        self.after_save_instance(instance, row, **kwargs)

    def store(self, instance, is_create, by):
        raise TypeError(f"{type(self).__name__} must say by which action it writes")
