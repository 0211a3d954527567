"""A version as a file to keep or to work on; whoever may read it may have it."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from policies.exports import FORMATS, Stamp, pdf

from .reading import with_policy


@require_safe
@with_policy
def download(request, policy, standing, number, format):
    version = standing.numbered(number)
    if version is None or format not in FORMATS:
        raise Http404
    if format == "pdf" and not pdf.is_available():
        return render(request, "policies/no_pdf.html", {"policy": policy, "version": version}, status=404)
    stamp = Stamp.of(version, policy)
    kind, written = FORMATS[format]
    answer = HttpResponse(written(stamp, list(version.clauses.with_groups())), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{stamp.filename}.{format}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
