"""What people choose for themselves."""

import zoneinfo

from django import forms
from django.conf import settings as configuration
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hub import actions
from hub.kinds import KINDS, Delivery
from hub.models import Preference, User
from hub.models.user import Scheme

Choice = Preference.Choice


def zones(now=""):
    """Time zones people live in, grouped by continent as the list itself does: "Europe/Berlin"; and the one she has."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    offered = [name for name in names if name.split("/")[0] not in {"posix", "right", "US"}]
    if now and now not in offered:
        offered.insert(0, now)
    return [
        ("", _("The hub's: %(zone)s") % {"zone": configuration.HUB_TIME_ZONE}),
        *((name, name.replace("_", " ")) for name in offered),
    ]


class DetailsForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["title", "bio", "time_zone", "language"]
        labels = {"bio": gettext_lazy("What colleagues can ask you about")}
        help_texts = {
            "bio": gettext_lazy("A line or two. Everybody signed in can read it."),
            "time_zone": gettext_lazy("Dates and times are shown in it."),
        }
        widgets = {"bio": forms.Textarea({"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["time_zone"] = forms.ChoiceField(
            label=gettext_lazy("Time zone"),
            required=False,
            choices=zones(self.instance.time_zone),
            help_text=self.fields["time_zone"].help_text,
        )
        if len(configuration.LANGUAGES) > 1:
            self.fields["language"] = forms.ChoiceField(label=gettext_lazy("Language"), choices=configuration.LANGUAGES)
        else:
            del self.fields["language"]


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request):
    # The form gets a person of its own, so that a refused value never shows in the page's head.
    person = User.objects.get(pk=request.user.pk)
    form = DetailsForm(request.POST or None, instance=person)
    if form.is_valid():
        actions.set_own_details(by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("hub:settings")
    context = {"form": form, "tab": "details"}
    return render(request, "hub/settings/details.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request):
    """One row a kind of message; what everybody must get is explained, not offered."""
    chosen = dict(Preference.objects.filter(person=request.user).values_list("kind", "choice"))
    offered = [kind for kind in KINDS.values() if not kind.obligatory and _concerns(kind, request.user)]
    if request.method == "POST":
        for kind in offered:
            value = request.POST.get(kind.name)
            if value not in Choice.values or value == current(kind, chosen):
                continue
            actions.set_preference(kind=kind.name, choice=value, by=request.user)
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("hub:reminders")
    return render(
        request,
        "hub/settings/reminders.html",
        {
            "tab": "reminders",
            "rows": [{"kind": kind, "choices": _choices(kind, current(kind, chosen))} for kind in offered],
            "obligatory": [kind for kind in KINDS.values() if kind.obligatory],
        },
    )


def _concerns(kind, person):
    return person.is_coe_staff or not kind.hub_only


def current(kind, chosen):
    """What holds for a kind: the person's choice, else the kind's own way."""
    usual = Choice.LETTER if kind.delivery == Delivery.LETTER else Choice.MAIL
    return chosen.get(kind.name, usual)


def _choices(kind, value):
    # The letter cannot be put off into the letter.
    offered = [choice for choice in Choice if not (kind.name == "letter" and choice == Choice.LETTER)]
    return [{"value": choice.value, "label": choice.label, "is_chosen": choice == value} for choice in offered]


@require_POST
def appearance(request):
    """Light, dark or like the device; back to where it was chosen."""
    scheme = request.POST.get("scheme")
    if scheme not in Scheme.values:
        return HttpResponse(_("There is no such choice of colours."), status=400, content_type="text/plain")
    actions.set_scheme(scheme=scheme, by=request.user)
    after = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure()):
        after = "/"
    return redirect(after)
