"""Every message the portal has sent, means to send, or gave up."""

from csp.decorators import csp
from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hub import mail
from hub.kinds import KINDS
from hub.models import OutboxMessage
from hub.paging import key_page
from hub.permissions import check_can_read_message, check_can_see_the_desk, check_can_work_the_desk, refusal

PER_PAGE = 50
TONES = {
    OutboxMessage.State.WAITING: "info",
    OutboxMessage.State.SENDING: "info",
    OutboxMessage.State.SENT: "good",
    OutboxMessage.State.KEPT: "neutral",
    OutboxMessage.State.DROPPED: "neutral",
    OutboxMessage.State.GIVEN_UP: "bad",
}
# A message's own styles and nothing else: no script, no form, no picture from elsewhere, and an origin of its own.
ONLY_STYLES = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "form-action": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "sandbox": True,
}


class OutboxFilter(forms.Form):
    q = forms.CharField(label=gettext_lazy("Person, address or subject"), required=False, max_length=120)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("Any")), *OutboxMessage.State.choices],
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", gettext_lazy("Any")), *((kind.name, kind.label) for kind in KINDS.values())],
    )


@require_safe
def outbox(request):
    check_can_see_the_desk(request.user)
    form = OutboxFilter(request.GET)
    form.is_valid()
    rows = OutboxMessage.objects.select_related("recipient").defer("text", "html")
    for name in ("state", "kind"):
        if form.cleaned_data.get(name):
            rows = rows.filter(**{name: form.cleaned_data[name]})
    words = form.cleaned_data.get("q", "").replace("\0", "")
    if words:
        rows = rows.filter(
            Q(to_address__icontains=words) | Q(subject__icontains=words) | Q(recipient__name__icontains=words)
        )
    page = key_page(rows, request.GET, keys=["-created_at!", "-pk"], size=PER_PAGE)
    for row in page:
        _describe(row)
    return render(request, "hub/outbox.html", {"form": form, "page": page, "is_filtered": any(request.GET.values())})


def _describe(row):
    row.tone = TONES[row.state]
    row.kind_label = KINDS[row.kind].label if row.kind in KINDS else row.kind


def _message(request, pk):
    check_can_see_the_desk(request.user)
    row = get_object_or_404(OutboxMessage.objects.select_related("recipient"), pk=pk)
    _describe(row)
    return row


@require_safe
def message(request, pk):
    row = _message(request, pk)
    can_be_tried = row.state == OutboxMessage.State.GIVEN_UP
    return render(
        request,
        "hub/message.html",
        {
            "message_row": row,
            "why_hidden": refusal(check_can_read_message, request.user, row),
            "can_be_tried": can_be_tried,
            "why_not": refusal(check_can_work_the_desk, request.user),
        },
    )


@require_safe
@csp(ONLY_STYLES)
def message_html(request, pk):
    """The message as a mail program shows it, fenced in."""
    row = _message(request, pk)
    check_can_read_message(request.user, row)
    if not row.html:
        raise Http404
    return HttpResponse(row.html)


@require_POST
def message_again(request, pk):
    """For what was given up: the cause has gone, so it is tried once more."""
    row = _message(request, pk)
    check_can_work_the_desk(request.user)
    if mail.try_again(row, by=request.user):
        messages.success(request, _("It goes out within a minute."))
    else:
        messages.info(request, _("Nothing to do: it was not given up, or somebody was quicker."))
    return redirect("hub:message", pk=row.pk)
