"""The components on one live page, for whoever builds the next one."""

import datetime as dt
from types import SimpleNamespace

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PAGES = {
    "": _("Small parts"),
    "reading": _("Reading"),
    "list": _("Work list"),
    "form": _("Form"),
    "thread": _("Conversation"),
    "home": _("Home"),
    "search": _("Search"),
    "redline": _("Redline"),
}


class ExampleForm(forms.Form):
    """One field of each kind; `?errors` shows it refused."""

    title = forms.CharField(label="What do you want to post?", max_length=200, help_text="One sentence is enough.")
    where = forms.MultipleChoiceField(
        label="Where will it appear?",
        choices=[("linkedin", "LinkedIn"), ("instagram", "Instagram"), ("tiktok", "TikTok")],
        widget=forms.CheckboxSelectMultiple,
        help_text="Choose all that apply.",
    )
    sponsored = forms.ChoiceField(
        label="Is somebody outside the company paid for it?",
        choices=[("yes", "Yes"), ("no", "No"), ("unsure", "Not sure")],
        widget=forms.RadioSelect,
    )
    who = forms.CharField(
        label="Who is paid, and by whom?", help_text="The advertising label depends on it.", required=False
    )
    day = forms.DateField(
        label="When should it go out?",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The hub answers within two working days.",
    )
    people = forms.IntegerField(label="How many people will see it, roughly?", required=False, min_value=0)
    department = forms.ChoiceField(label="Department", choices=[("retail", "Retail"), ("operations", "Operations")])
    details = forms.CharField(label="Anything we should know?", widget=forms.Textarea, required=False, max_length=600)
    consent = forms.BooleanField(label="Everybody who can be recognised in the picture has agreed")


class ExampleFilter(forms.Form):
    q = forms.CharField(label="Words", required=False)
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "Any"), ("new", "Submitted"), ("work", "In progress")]
    )
    who = forms.ChoiceField(label="With", required=False, choices=[("", "Anybody"), ("me", "Me"), ("none", "Nobody")])
    late = forms.BooleanField(label="Late only", required=False)


def styleguide(request, page=""):
    """`/styleguide/` and its example pages; what they show is invented here and stored nowhere."""
    if not request.user.is_staff:
        raise PermissionDenied
    if page not in PAGES:
        raise Http404
    now = timezone.now()
    form = ExampleForm({"title": "", "people": "many"}, prefix="example") if "errors" in request.GET else ExampleForm()
    return render(
        request,
        f"styleguide/{page or 'index'}.html",
        {
            "pages": [
                {"url": f"/styleguide/{key + '/' if key else ''}", "label": label, "current": key == page}
                for key, label in PAGES.items()
            ],
            "form": form,
            "filter_form": ExampleFilter(request.GET),
            "page": Paginator(range(120), 25).get_page(request.GET.get("page", 2)),
            "now": now,
            "in_two_hours": now + dt.timedelta(hours=2),
            "yesterday": now - dt.timedelta(days=1, hours=3),
            "in_three_days": timezone.localdate() + dt.timedelta(days=3),
            "last_spring": dt.date(timezone.localdate().year, 3, 14),
            "rita": SimpleNamespace(name="Rita Amsel"),
            "hana": SimpleNamespace(name="Hana Vogt"),
            "tones": ["neutral", "info", "good", "warn", "bad"],
            "rows": _rows(now),
        },
    )


def _rows(now):
    def row(number, title, spoke, service, tone, state, hours, who):
        return SimpleNamespace(
            number=number,
            title=title,
            spoke=spoke,
            service=service,
            tone=tone,
            state=state,
            due=now + dt.timedelta(hours=hours) if hours is not None else None,
            who=SimpleNamespace(name=who) if who else None,
            late=hours is not None and hours < 0,
        )

    return [
        row(1042, "Review the autumn recruitment film before Monday", "Retail North", "Content review", "info",
            "Submitted", 3, None),
        row(1041, "Customer posts our delivery drivers without asking them", "Operations", "Crisis advice", "bad",
            "In progress", -2, "Hana Vogt"),
        row(1038, "Which accounts may run the raffle?", "Retail South", "Policy question", "warn",
            "Waiting for you", 26, "Paul Lind"),
        row(1035, "Train six new community managers", "Customer Care", "Training", "info", "Accepted", 90,
            "Mira Okafor"),
        row(1029, "A plain-language caption template for plant tours", "Engineering", "Co-creation", "good",
            "Delivered", None, "Mira Okafor"),
        row(1027, "Close the dormant Twitter account of the Lyon showroom", "Retail South", "Account changes",
            "neutral", "Closed", None, "Hana Vogt"),
    ]  # fmt: skip
