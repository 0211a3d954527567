"""What people choose and fill in about departments and accounts."""

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from hub.models import User
from spokes.handles import address_of, recognised
from spokes.models import Platform, SocialAccount, Spoke, TableImport
from spokes.workflow import AccountStatus

INDENT = "\u2003"


def indented(spokes):
    """(slug, name) of departments in tree order, set in by their depth. One query."""
    return [(spoke.slug, f"{INDENT * spoke.depth}{spoke.name}") for spoke in in_tree_order(spokes)]


def in_tree_order(spokes):
    """Each department directly after the one above it, sisters by name."""
    spokes = list(spokes)
    names = {spoke.pk: spoke.name.casefold() for spoke in spokes}
    return sorted(spokes, key=lambda s: [(names.get(pk, ""), pk) for pk in [*s.ancestor_ids, s.pk]])


class RegisterFilter(forms.Form):
    ATTENTION = [
        ("", _("Any")),
        ("any", _("Needs attention")),
        ("stale", _("Not looked at for six months")),
        ("no-deputy", _("Without deputy")),
        ("owner-left", _("Without owner, or owner left")),
    ]
    q = forms.CharField(label=_("Handle or purpose"), required=False, max_length=100)
    platform = forms.ChoiceField(label=_("Platform"), required=False, choices=[("", _("All")), *Platform.choices])
    department = forms.ChoiceField(label=_("Department and below"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("In use or planned")), *AccountStatus.choices, ("all", _("All, archived too"))],
    )
    attention = forms.ChoiceField(label=_("Attention"), required=False, choices=ATTENTION)

    def __init__(self, data, *, spokes):
        super().__init__(data)
        self.fields["department"].choices = [("", _("All")), *indented(spokes)]


class PersonField(forms.CharField):
    """Somebody who works here, by e-mail address."""

    default_error_messages = {"unknown": _("Nobody who works here has this address.")}

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.EmailInput({"autocomplete": "off", "spellcheck": "false"}))
        kwargs.setdefault("max_length", 254)  # no address is longer, and SQLite compares no text of any length
        super().__init__(**kwargs)

    def clean(self, value):
        email = super().clean(value)
        if not email:
            return None
        person = User.objects.active().filter(email__iexact=email).first()
        if person is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return person

    def prepare_value(self, value):
        return value.email if isinstance(value, User) else value


class PeopleField(forms.CharField):
    """Several people who work here, by e-mail address."""

    default_error_messages = {"unknown": _("Nobody who works here has the address %(email)s.")}

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.Textarea({"rows": 3, "spellcheck": "false"}))
        super().__init__(**kwargs)

    def clean(self, value):
        emails = super().clean(value).lower().replace(",", " ").replace(";", " ").split()
        people = {person.email.lower(): person for person in User.objects.active().filter(email__in=emails)}
        for email in emails:
            if email not in people:
                raise forms.ValidationError(self.error_messages["unknown"], code="unknown", params={"email": email})
        return list(people.values())

    def prepare_value(self, value):
        return value if isinstance(value, str) or value is None else "\n".join(person.email for person in value)


class AccountForm(forms.Form):
    """One account. A pasted address fills platform and handle by itself."""

    account = forms.CharField(
        label=_("Address or handle"),
        max_length=300,
        help_text=_(
            "Paste the account's address, such as https://www.instagram.com/example/, and we recognise the rest."
        ),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    platform = forms.ChoiceField(
        label=_("Platform"),
        required=False,
        choices=[("", _("As the address says")), *Platform.choices],
        help_text=_("Only needed for a handle without an address."),
    )
    spoke = forms.ModelChoiceField(
        label=_("Department"), queryset=Spoke.objects.none(), to_field_name="slug", empty_label=_("Choose one")
    )
    owner = PersonField(label=_("Owner"), required=False, help_text=_("Who answers for it. Their work e-mail address."))
    deputy = PersonField(
        label=_("Deputy"),
        required=False,
        help_text=_("Who can get in when the owner is ill. Their work e-mail address."),
    )
    purpose = forms.CharField(
        label=_("What it is for"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("One or two sentences: what it says, and to whom it does not speak."),
    )
    audience = forms.CharField(label=_("Who it speaks to"), required=False, max_length=200)
    language = forms.CharField(
        label=_("Language of its posts"), required=False, max_length=40, help_text=_("For example: English, or de, fr.")
    )
    mfa_checked_on = forms.DateField(
        label=_("Second factor last checked on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(
        label=_("Note for those who look after it"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Never write passwords or recovery codes here."),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    PLAIN = ["owner", "deputy", "purpose", "audience", "language", "mfa_checked_on", "note", "spoke"]

    def __init__(self, *args, spokes, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["spoke"]
        field.queryset = spokes
        field.choices = [("", field.empty_label), *indented(spokes)]
        if len(field.choices) == 2:
            field.initial = field.choices[1][0]

    @classmethod
    def of(cls, account, data=None, *, seen="", **kwargs):
        """`seen` marks the values that are shown, so that a later change by somebody else is noticed."""
        initial = {"seen": seen} | {name: getattr(account, name) for name in cls.PLAIN}
        initial["spoke"] = account.spoke.slug
        initial.update(account=account.url or account.handle, platform=account.platform)
        return cls(data, initial=initial, **kwargs)

    def clean(self):
        values = super().clean()
        guessed, handle, url = recognised(values.get("account", ""))
        platform = values.get("platform") or guessed
        if "account" in values and not handle:
            self.add_error("account", _("We cannot read a handle from this. Write it as @example."))
        elif len(handle) > SocialAccount._meta.get_field("handle").max_length:
            self.add_error("account", _("This handle is too long."))
        elif not platform:
            self.add_error("platform", _("Say on which platform this is."))
        elif guessed and values.get("platform") and guessed != platform and platform != Platform.OTHER:
            self.add_error("platform", _("The address is on %(there)s.") % {"there": Platform(guessed).label})
        url = url or (address_of(platform, handle) if platform else "")
        if url:
            try:
                URLValidator(schemes=["http", "https"])(url)
            except forms.ValidationError:
                self.add_error("account", _("This is not an address a browser understands."))
        values.update(platform=platform, handle=handle, url=url)
        return values

    def others_values(self, account):
        """(label, what is stored now) of each field in which what was typed differs."""
        stored = {"account": account.url or account.handle, "platform": account.get_platform_display()}
        stored |= {name: getattr(account, name) for name in self.PLAIN}
        typed = {**self.cleaned_data, "account": self.cleaned_data["url"] or self.cleaned_data["handle"]}
        typed["platform"] = Platform(self.cleaned_data["platform"]).label
        return [
            (self.fields[name].label, "" if stored[name] is None else stored[name])
            for name in self.fields
            if name in stored and (stored[name] or "") != (typed[name] or "")
        ]

    def fields_for_action(self):
        names = ["platform", "handle", "url", *self.PLAIN]
        return {name: self.cleaned_data[name] for name in names}


class ReviewForm(forms.Form):
    """Three questions about an account, asked twice a year; the first two must be answered with yes."""

    still_ours = forms.BooleanField(
        label=_("It is still ours and in use"),
        error_messages={"required": _("If it is no longer in use, archive it instead.")},
    )
    owner_right = forms.BooleanField(
        label=_("Its owner is right"), error_messages={"required": _("Change the owner first, then come back.")}
    )
    mfa_checked = forms.BooleanField(label=_("I checked that its second factor is on"), required=False)


class WelcomeForm(forms.Form):
    department = forms.ModelChoiceField(
        label=_("Which department do you work in?"),
        queryset=Spoke.objects.none(),
        to_field_name="slug",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one department."), "invalid_choice": _("Choose one department.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Spoke.objects.open()


class UploadForm(forms.Form):
    """A table for the portal: people, departments or accounts."""

    kind = forms.ChoiceField(
        label=_("What is in the file?"), choices=TableImport.Kind.choices, widget=forms.RadioSelect
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX, at most 20 MB. Its first row names the columns."),
        widget=forms.FileInput({"accept": ".csv,.xlsx,text/csv"}),
    )
    complete = forms.BooleanField(
        label=_("The file is complete: whoever is missing from it has left"),
        required=False,
        help_text=_("For people only."),
    )
    below = forms.ModelChoiceField(
        label=_("Department"),
        required=False,
        queryset=Spoke.objects.open(),
        to_field_name="slug",
        empty_label=_("None"),
        help_text=_("For departments: hang the list under this one. For accounts: where rows name no department."),
    )
    name_column = forms.CharField(
        label=_("Heading of the names"),
        required=False,
        max_length=80,
        help_text=_("For departments, if it is not “name”."),
    )
    parent_column = forms.CharField(
        label=_("Heading of the parents"),
        required=False,
        max_length=80,
        help_text=_("For departments, if it is not “parent”."),
    )
    state = forms.ChoiceField(
        label=_("New accounts are"),
        required=False,
        choices=[
            (AccountStatus.PLANNED.value, AccountStatus.PLANNED.label),
            (AccountStatus.ACTIVE.value, AccountStatus.ACTIVE.label),
        ],
        help_text=_("For accounts only."),
    )

    def __init__(self, *args, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, label) for kind, label in TableImport.Kind.choices if kind in kinds]

    def options(self):
        values = self.cleaned_data
        slug = values["below"].slug if values["below"] else ""
        return {
            TableImport.Kind.PEOPLE: {"complete": values["complete"]},
            TableImport.Kind.DEPARTMENTS: {
                "below": slug,
                "columns": {"name": values["name_column"], "parent": values["parent_column"]},
            },
            TableImport.Kind.ACCOUNTS: {"department": slug, "state": values["state"] or AccountStatus.PLANNED},
        }[values["kind"]]
