"""Playbooks as files to keep: one as Markdown, a list as a ZIP. Whoever may read them may have them."""

import tempfile
import zipfile
from collections import defaultdict

from django.contrib.auth.models import Group
from django.http import FileResponse, HttpResponse
from django.views.decorators.http import require_safe

from hub.models import Service
from playbooks.bundles import LISTS, as_markdown
from playbooks.models import Citation, Playbook, PlaybookPlatform, Section, Tag
from policies import clock
from policies.models import Policy

from .library import selected
from .reading import found_or_moved

IN_MEMORY = 4 * 1024 * 1024
AT_ONCE = 200


def markdown_of(playbooks, user):
    """(address, file as text) of each of these published playbooks, read in parts of `AT_ONCE`."""
    day = clock.today()
    ids = list(playbooks.values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        rows = Playbook.objects.filter(pk__in=part).select_related("topic", "goal", "owner", "current")
        sections, cites = defaultdict(list), defaultdict(list)
        lists = defaultdict(lambda: {name: [] for name in LISTS})
        for section in Section.objects.filter(revision__in=[row.current_id for row in rows]).order_by("number"):
            sections[section.revision_id].append(section)
        may_see = Policy.objects.readable().for_audience_of(user)
        cited = Citation.objects.filter(playbook__in=part, policy__in=may_see)
        for pk, *cite in cited.values_list("playbook", "section_key", "policy__slug", "clause_key"):
            cites[pk].append(tuple(cite))
        offered = Service.objects.offered().filter(playbooks__in=part).values_list("playbooks", "slug")
        named = {
            "platforms": PlaybookPlatform.objects.filter(playbook__in=part).values_list("playbook", "platform"),
            "tags": Tag.objects.filter(playbooks__in=part).values_list("playbooks", "name"),
            "audiences": Group.objects.filter(playbooks__in=part).values_list("playbooks", "name"),
            "services": offered,
        }
        for name, pairs in named.items():
            for pk, value in pairs:
                lists[pk][name].append(value)
        by_pk = {row.pk: row for row in rows}
        for row in (by_pk[pk] for pk in part if pk in by_pk):
            yield (
                row.slug,
                as_markdown(
                    row, sections=sections[row.current_id], cites=cites[row.pk], lists=lists[row.pk], today=day
                ),
            )


def zipped(playbooks, user):
    """A FileResponse with a ZIP of these playbooks."""
    # Closed by the answer that sends it.
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for slug, text in markdown_of(playbooks, user):
            archive.writestr(f"{slug}.md", text)
    file.seek(0)
    name = f"playbooks-{clock.today().isoformat()}.zip"
    answer = FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def export(request):
    """The library as the filters in the address leave it."""
    _form, _facets, rows = selected(request)
    return zipped(rows, request.user)


@require_safe
def download(request, slug):
    playbook, _revisions, moved = found_or_moved(request, slug)
    if moved:
        return moved
    [(name, text)] = markdown_of(Playbook.objects.filter(pk=playbook.pk), request.user)
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.md"'
    answer["Cache-Control"] = "private, no-store"
    return answer
