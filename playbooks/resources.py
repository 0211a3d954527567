"""Playbooks (plain fields: their texts are written in the editor), case studies and others' documents as tables."""

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from import_export.fields import Field

from hub.models import Topic
from hub.resources import SafeResource, SlugWidget, person_field, topic_field
from hub.text.markdown import clean
from playbooks import actions
from playbooks.models import CaseStudy, ExternalDocument, Goal, Playbook
from spokes.models import Platform, Spoke


class PlaybookResource(SafeResource):
    topic = topic_field()
    goal = Field(attribute="goal", column_name="goal", widget=SlugWidget(Goal))
    owner = person_field("owner")
    deputy = person_field("deputy")

    class Meta(SafeResource.Meta):
        model = Playbook
        import_id_fields = ["slug"]
        fields = [
            "slug",
            "title",
            "summary",
            "language",
            "topic",
            "goal",
            "owner",
            "deputy",
            "minutes",
            "difficulty",
            "verify_months",
        ]
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().select_related("topic", "goal", "owner", "deputy")

    def store(self, instance, is_create, by):
        values = {name: getattr(instance, name) for name in self._meta.fields if name != "slug"}
        if is_create:
            return actions.create_playbook(slug=instance.slug, by=by, **values)
        return actions.change_playbook(playbook=instance, by=by, **values)


class ListField(Field):
    """Several values in one cell: `read(instance)` gives those stored, `parse(text)` those of a cell, as lists."""

    def __init__(self, name, *, read, parse, join=", "):
        super().__init__(attribute=name, column_name=name)
        self.read, self.parse, self.join = read, parse, join

    def get_value(self, instance):
        given = getattr(instance, "_given", {})
        if self.column_name in given:
            return given[self.column_name]
        return self.read(instance) if instance.pk else []

    def export(self, instance, **kwargs):
        return self.join.join(str(value) for value in self.get_value(instance))

    def save(self, instance, row, is_m2m=False, **kwargs):
        given = getattr(instance, "_given", {})
        instance._given = {**given, self.column_name: self.parse(str(row.get(self.column_name) or ""))}


def _words(text):
    return sorted({word.strip() for word in text.replace(";", ",").split(",")} - {""})


def slugs_of(model):
    """Parses addresses with commas between; the error names what there is not."""

    def parse(text):
        wanted = _words(text)
        missing = set(wanted) - set(model.objects.filter(slug__in=wanted).values_list("slug", flat=True))
        if missing:
            raise ValidationError(
                _("There is no %(what)s with the address “%(slug)s”.")
                % {"what": model._meta.verbose_name, "slug": sorted(missing)[0]}
            )
        return wanted

    return parse


def _platforms(text):
    names = {value: value for value in Platform.values}
    names |= {str(label).casefold(): value for value, label in Platform.choices}
    wanted = _words(text)
    for word in wanted:
        if word.casefold() not in names:
            raise ValidationError(_("There is no channel “%(name)s”.") % {"name": word})
    return sorted({names[word.casefold()] for word in wanted})


MEASURE_PARTS = ("what", "before", "after", "unit", "period")


def _measures(text):
    """One measure a line: what | before | after | unit | period."""
    lines = [line for line in text.splitlines() if line.strip()]
    found = []
    for line in lines:
        parts = [part.strip() for part in line.split("|")]
        if not 3 <= len(parts) <= len(MEASURE_PARTS):
            raise ValidationError(
                _("“%(line)s” is no measure. Write: what | before | after | unit | period.") % {"line": line[:80]}
            )
        found.append(" | ".join([*parts, "", ""][: len(MEASURE_PARTS)]))
    return found


def _as_measures(lines):
    return [dict(zip(MEASURE_PARTS, line.split(" | "), strict=True)) for line in lines]


class CaseStudyResource(SafeResource):
    """Case studies with their texts and measures. New rows are proposed, and somebody else publishes them."""

    topic = topic_field()
    department = Field(attribute="spoke", column_name="department", widget=SlugWidget(Spoke))
    channels = ListField(
        "channels", read=lambda case: sorted(c.platform for c in case.channels.all()), parse=_platforms
    )
    playbooks = ListField(
        "playbooks", read=lambda case: sorted(one.slug for one in case.playbooks.all()), parse=slugs_of(Playbook)
    )
    measures = ListField(
        "measures",
        read=lambda case: [" | ".join(getattr(m, name) for name in MEASURE_PARTS) for m in case.measures.all()],
        parse=_measures,
        join="\n",
    )
    state = Field(attribute="status", column_name="state", readonly=True)

    PLAIN = ["title", "summary", "topic", "year", "language", "organisation", "source_url", "licence", "author"]
    TEXTS = ["challenge", "approach", "results"]

    class Meta(SafeResource.Meta):
        model = CaseStudy
        import_id_fields = ["slug"]
        fields = [
            "slug",
            "title",
            "summary",
            "topic",
            "year",
            "language",
            "department",
            "organisation",
            "source_url",
            "licence",
            "author",
            "channels",
            "playbooks",
            "challenge",
            "approach",
            "results",
            "measures",
            "state",
        ]
        export_order = fields

    def get_queryset(self):
        found = super().get_queryset().select_related("topic", "spoke")
        return found.prefetch_related("channels", "playbooks", "measures")

    def before_import(self, dataset, **kwargs):
        self.by = kwargs.get("user")
        # Lists from elsewhere know no addresses of ours; the same title again is the same case study.
        if dataset.headers and "slug" not in dataset.headers:
            dataset.append_col([""] * len(dataset), header="slug")

    def init_instance(self, row=None):
        return CaseStudy(created_by=self.by)

    def before_import_row(self, row, **kwargs):
        super().before_import_row(row, **kwargs)
        for column in [*self.TEXTS, "title", "summary"]:
            if isinstance(row.get(column), str):
                row[column] = clean(row[column]).strip()
        row["slug"] = row.get("slug") or slugify(str(row.get("title") or ""))[:100].strip("-")
        if not row.get("language"):
            row["language"] = "en"

    def store(self, instance, is_create, by):
        values = {name: getattr(instance, name) for name in [*self.PLAIN, "spoke"]}
        given = getattr(instance, "_given", {})
        if "channels" in given:
            values["platforms"] = given["channels"]
        if "playbooks" in given:
            values["playbooks"] = Playbook.objects.filter(slug__in=given["playbooks"])
        texts = {name: getattr(instance, name) for name in self.TEXTS}
        if "measures" in given:
            texts["measures"] = _as_measures(given["measures"])
        if is_create:
            return actions.create_case(slug=instance.slug, propose=True, by=by, **values, **texts)
        stored = CaseStudy.objects.get(pk=instance.pk)
        if self._is_other_text(stored, instance, given):
            stored = actions.save_case(case=stored, lock=stored.lock, by=by, **values, **texts)
            return actions.propose_case(case=stored, lock=stored.lock, by=by)
        return actions.change_case(case=stored, by=by, **values)

    def _is_other_text(self, stored, instance, given):
        if any(getattr(stored, name) != getattr(instance, name) for name in self.TEXTS):
            return True
        return "measures" in given and given["measures"] != self.fields["measures"].read(stored)


class ExternalDocumentResource(SafeResource):
    """The collection of others' policies and guidelines; a row is known by its address."""

    topics = ListField(
        "topics", read=lambda document: sorted(one.slug for one in document.topics.all()), parse=slugs_of(Topic)
    )
    tags = ListField("tags", read=lambda document: sorted(tag.name for tag in document.tags.all()), parse=_words)

    PLAIN = [
        "title",
        "organisation",
        "kind",
        "url",
        "summary",
        "language",
        "licence",
        "may_keep_text",
        "text",
        "retrieved_on",
        "checked_on",
        "is_shown",
    ]

    class Meta(SafeResource.Meta):
        model = ExternalDocument
        import_id_fields = ["url"]
        fields = [
            "title",
            "organisation",
            "kind",
            "url",
            "summary",
            "topics",
            "tags",
            "language",
            "licence",
            "may_keep_text",
            "text",
            "retrieved_on",
            "checked_on",
            "is_shown",
        ]
        export_order = fields

    def get_queryset(self):
        return super().get_queryset().prefetch_related("topics", "tags")

    def before_import_row(self, row, **kwargs):
        super().before_import_row(row, **kwargs)
        for column, usual in {"kind": "policy", "language": "en", "is_shown": "1", "may_keep_text": "0"}.items():
            if row.get(column) in (None, ""):
                row[column] = usual

    def store(self, instance, is_create, by):
        values = {name: getattr(instance, name) for name in self.PLAIN}
        given = getattr(instance, "_given", {})
        if "topics" in given:
            values["topics"] = Topic.objects.filter(slug__in=given["topics"])
        if "tags" in given:
            values["tags"] = given["tags"]
        return actions.save_external(document=None if is_create else instance, by=by, **values)
