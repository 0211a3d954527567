"""The admin for stewards: rights from our own rules, writes through actions, refusals as form errors."""

from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models, transaction
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX

from hub.exceptions import HubError
from hub.permissions import can_curate, can_see_the_desk


class StewardAdmin(admin.ModelAdmin):
    """Staff change, auditors look, nobody deletes.

    Subclasses write in `store(request, obj, form, change)` by calling an action and may name another rule in
    `can_change` and `can_add` (functions of the user). A refusal (`HubError`) comes back as an error on the form,
    with everything that was typed still there.
    """

    can_look = staticmethod(can_see_the_desk)
    can_change = staticmethod(can_curate)
    can_add = staticmethod(can_curate)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    show_full_result_count = False
    list_per_page = 50

    def has_module_permission(self, request):
        return request.user.is_authenticated and self.can_look(request.user)

    def has_view_permission(self, request, obj=None):
        return request.user.is_authenticated and self.can_look(request.user)

    def has_add_permission(self, request):
        return request.user.is_authenticated and self.can_add(request.user)

    def has_change_permission(self, request, obj=None):
        return request.user.is_authenticated and self.can_change(request.user)

    def has_delete_permission(self, request, obj=None):
        return False

    def has_import_permission(self, request):
        return self.has_change_permission(request)

    def has_export_permission(self, request):
        return self.has_view_permission(request)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        refused = getattr(request, "_refused_by_action", None)
        if refused is None:
            return form

        class RefusedForm(form):
            """The same form, which shows what the action said."""

            def _post_clean(self):
                super()._post_clean()
                field = getattr(refused, "field", None)
                self.add_error(field if field in self.fields else NON_FIELD_ERRORS, refused.sentence)

        return RefusedForm

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except HubError as error:
            request._refused_by_action = error
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        stored = self.store(request, obj, form, change)
        obj.pk = stored.pk
        obj._state.adding = False

    def save_related(self, request, form, formsets, change):
        """Many-to-many values are the action's to write; inline rows are written by `store_inlines`."""
        self.store_inlines(request, form.instance, formsets)

    def store(self, request, obj, form, change):
        raise TypeError(f"{type(self).__name__} must say by which action it writes")

    def store_inlines(self, request, obj, formsets):
        """Subclasses with inlines write them here, through an action."""


class TableAdmin(ImportExportMixin, StewardAdmin):
    """A StewardAdmin with CSV and XLSX in (dry run first, errors by row) and out."""

    formats = [CSV, XLSX]
    import_formats = [CSV, XLSX]
    export_formats = [CSV, XLSX]


class ExportAdmin(ExportMixin, StewardAdmin):
    """A StewardAdmin with CSV and XLSX out only."""

    export_formats = [CSV, XLSX]


class LookOnlyAdmin(StewardAdmin):
    """For what only the portal writes: audit, outbox, job runs, acknowledgements."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
