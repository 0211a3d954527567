"""The admin for stewards: rights from our own rules, writes through actions, refusals as form errors."""

import hashlib
import json

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.auth.models import Group
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models, transaction
from django.forms.models import ModelChoiceField, ModelChoiceIterator, ModelMultipleChoiceField
from django.forms.widgets import Textarea
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX

from hub import slots
from hub.exceptions import Conflict, HubError
from hub.models import Role
from hub.permissions import can_curate, can_see_the_desk
from hub.roles import PREFIX, name_of_group

# The hidden field that says which stored values somebody saw when she began to type.
SEEN = "_seen"


class AudienceField(ModelMultipleChoiceField):
    """Groups by the names people know: roles first, then departments as a tree, then what is left."""

    def __init__(self, queryset, **kwargs):
        self.names = {name.group_id: (place, name) for place, name in enumerate(slots.audience_names.gather())}
        super().__init__(queryset, **kwargs)
        self.iterator = AudienceIterator
        self.widget.choices = self.choices

    def label_from_instance(self, group):
        _place, known = self.names.get(group.pk, (0, None))
        return known.label if known else str(name_of_group(group) or group)

    def place_of(self, group):
        place, known = self.names.get(group.pk, (0, None))
        order = list(Role.values).index(group.name.removeprefix(PREFIX)) if name_of_group(group) else 0
        return (1, place, "") if known else (0 if name_of_group(group) else 2, order, group.name)


class AudienceIterator(ModelChoiceIterator):
    def __iter__(self):
        for group in sorted(self.queryset.all(), key=self.field.place_of):
            value, label = self.choice(group)
            _place, known = self.field.names.get(group.pk, (0, None))
            yield value, "\N{EN DASH} " * (known.depth if known else 0) + label


class StewardAdmin(admin.ModelAdmin):
    """Staff change, auditors look, nobody deletes.

    Subclasses write in `store(request, obj, form, change)` by calling an action and may name another rule in
    `can_change` and `can_add` (functions of the user). A refusal (`HubError`) comes back as an error on the form,
    with everything that was typed still there.

    Whoever saves a form after somebody else has saved it gets both texts (409): the form holds a signed digest of
    every value it was opened with, which is compared with what is stored now.
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

    def lookup_allowed(self, lookup, value, request=None):
        """Only what the list offers to filter by.

        Any other column, such as a password's hash or the text of a message, could be guessed letter by letter from
        what is listed.
        """
        offered = (
            one[0] if isinstance(one, tuple) else getattr(one, "parameter_name", one) for one in self.list_filter
        )
        is_offered = any(f"{lookup}__".startswith(f"{name}__") for name in offered)
        return is_offered and super().lookup_allowed(lookup, value, request)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        # A sentence or two does not fit a line of the form.
        if isinstance(db_field, models.CharField) and db_field.name == "summary" and db_field.max_length > 200:
            kwargs["widget"] = Textarea({"rows": 2, "class": "vLargeTextField two-lines"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.related_model is Group:
            kwargs.setdefault("form_class", AudienceField)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

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
                sentences = [refused.sentence, *(getattr(refused, "theirs", None) or [])]
                self.add_error(field if field in self.fields else NON_FIELD_ERRORS, sentences)

        return RefusedForm

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            with transaction.atomic():
                if request.method == "POST" and object_id is not None:
                    self._check_nobody_was_quicker(request, unquote(object_id))
                return super().changeform_view(request, object_id, form_url, extra_context)
        except HubError as error:
            request._refused_by_action = error
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if isinstance(error, Conflict):
                response.status_code = 409
            return response

    def lock(self, pk):
        """Holds the row until the end of the transaction, so that of two forms sent at once the second one waits."""
        list(self.model._base_manager.select_for_update(no_key=True).filter(pk=pk).values_list("pk"))

    def _check_nobody_was_quicker(self, request, pk):
        """Raises Conflict if what is stored is neither what this form was opened with nor what it brings."""
        if SEEN not in request.POST:
            return
        obj = self.get_object(request, pk)
        if obj is None or not self.has_change_permission(request, obj):
            return
        self.lock(obj.pk)
        obj = self.get_object(request, pk)
        if obj is None:
            return
        try:
            seen = signing.loads(request.POST[SEEN], salt=self._salt(obj))
        except signing.BadSignature:
            seen = {}
        form_class = self.get_form(
            request, obj, change=True, fields=flatten_fieldsets(self.get_fieldsets(request, obj))
        )
        form = form_class(instance=obj)
        inlines = [
            (inline, formset_class, formset_class(instance=obj, queryset=inline.get_queryset(request)))
            for formset_class, inline in self.get_formsets_with_inlines(request, obj)
        ]
        now = _digests(form, [formset for _inline, _class, formset in inlines])
        changed = {name for name, digest in now.items() if seen.get(name) != digest}
        if not changed:
            return
        # A form that was sent twice finds its own values there, and takes nothing from anybody.
        typed = form_class(request.POST, request.FILES, instance=self.get_object(request, pk))
        theirs = [
            _("%(field)s is now: %(value)s") % {"field": capfirst(form[name].label), "value": _in_words(form, name)}
            for name in form.fields
            if name in changed and name in typed.changed_data
        ]
        for inline, formset_class, formset in inlines:
            if formset.prefix in changed:
                sent = formset_class(request.POST, request.FILES, instance=obj, queryset=inline.get_queryset(request))
                if not sent.is_valid() or sent.has_changed():
                    lines = "; ".join(str(row.instance) for row in formset.initial_forms) or _("nothing")
                    label = capfirst(inline.opts.verbose_name_plural)
                    theirs.append(_("%(field)s is now: %(value)s") % {"field": label, "value": lines})
        if not theirs:
            return
        request._seen_now = signing.dumps(now, salt=self._salt(obj), compress=True)
        raise Conflict(
            _(
                "Somebody else changed this while you were writing. Your values are below, and nothing is stored yet. "
                "Compare them with theirs; if you save again, yours stay."
            ),
            theirs=theirs,
        )

    def _salt(self, obj):
        return f"hub.stewards:{self.opts.label_lower}:{obj.pk}"

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if change and obj is not None and self.has_change_permission(request, obj):
            seen = getattr(request, "_seen_now", None) or request.POST.get(SEEN)
            if seen is None and request.method != "POST":
                formsets = [inline.formset for inline in context["inline_admin_formsets"]]
                digests = _digests(context["adminform"].form, formsets)
                seen = signing.dumps(digests, salt=self._salt(obj), compress=True)
            context["seen"] = seen
        return super().render_change_form(request, context, add, change, form_url, obj)

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


def _digests(form, formsets):
    """{field or formset prefix: digest of the stored value} of forms that nothing was typed into."""
    values = {name: form.initial[name] for name in form.fields if name in form.initial}
    for formset in formsets:
        values[formset.prefix] = [row.initial for row in formset.initial_forms]
    return {name: hashlib.sha256(_plain(value).encode()).hexdigest()[:20] for name, value in values.items()}


def _plain(value):
    """The value as text that is the same for the same value; chosen rows in the order of their ids."""
    if isinstance(value, list | tuple | models.QuerySet) and any(isinstance(one, models.Model) for one in value):
        value = sorted(one.pk for one in value)
    return json.dumps(value, sort_keys=True, default=str)


def _in_words(form, name):
    """A stored value as people read it on the form."""
    field, value = form.fields[name], form.initial.get(name)
    if isinstance(field, ModelChoiceField):
        rows = value if isinstance(value, list | tuple | models.QuerySet) else [value]
        keys = [row.pk if isinstance(row, models.Model) else row for row in rows]
        chosen = field.queryset.model._base_manager.filter(pk__in=[key for key in keys if key is not None])
        words = ", ".join(field.label_from_instance(row) for row in chosen)
    elif isinstance(value, bool):
        words = _("yes") if value else _("no")
    elif getattr(field, "choices", None):
        words = str(dict(field.choices).get(value, value or ""))
    else:
        value = field.prepare_value(value)
        words = "" if value is None else str(localize(value))
    return words or _("nothing")


class ExportAdmin(ExportMixin, StewardAdmin):
    """A StewardAdmin with CSV and XLSX out only."""

    export_formats = [CSV, XLSX]

    # Here and below, not in StewardAdmin: the library's mixins allow everybody and come first.
    def has_export_permission(self, request):
        return self.has_view_permission(request)


class TableAdmin(ImportExportMixin, StewardAdmin):
    """A StewardAdmin with CSV and XLSX in (dry run first, errors by row) and out."""

    formats = [CSV, XLSX]
    import_formats = [CSV, XLSX]
    export_formats = [CSV, XLSX]

    def has_import_permission(self, request):
        return self.has_change_permission(request)

    def has_export_permission(self, request):
        return self.has_view_permission(request)


class LookOnlyAdmin(StewardAdmin):
    """For what only the portal writes: audit, outbox, job runs, acknowledgements."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
