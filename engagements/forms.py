"""What people fill in around a request."""

from dataclasses import dataclass, field
from datetime import datetime, time

from django import forms
from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from engagements import answers
from engagements.actions.base import MOST_CHARACTERS
from engagements.actions.filing import LONGEST_TITLE
from engagements.models import EngagementRequest
from engagements.workflow import Status
from hub.models import Mode, Service, User
from hub.prepared import prepared
from playbooks.models import Playbook
from policies.models import Clause, Policy
from spokes.models import Platform, SocialAccount, Spoke, Term

# --- Sending a request ------------------------------------------------------------------------------------------------

TITLE_HINT = _("One line, as you would say it to a colleague.")


class RequestForm(forms.Form):
    """What every request has: its title, and whose it is when the person speaks for several departments."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("What is it about?"),
        help_text=TITLE_HINT,
        max_length=LONGEST_TITLE,
        error_messages={"required": _("Give your request a title.")},
    )
    spoke = forms.ChoiceField(
        label=_("For which department?"), error_messages={"required": _("Choose the department.")}
    )

    def __init__(self, *args, service, spokes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].widget.attrs |= {
            "data-suggest-url": f"/services/{service.slug}/request/suggest/",
            "data-suggest-into": "suggestions",
            "autocomplete": "off",
        }
        self.spokes = {str(spoke.pk): spoke for spoke in spokes}
        if len(self.spokes) == 1:
            del self.fields["spoke"]
        else:
            pairs = [(key, " " * 2 * spoke.depth + spoke.name) for key, spoke in self.spokes.items()]
            self.fields["spoke"].choices = [("", _("Choose …")), *pairs]

    def chosen_spoke(self):
        """The department chosen, the only one there is, or the first when nothing valid was chosen yet."""
        only = next(iter(self.spokes.values()), None)
        if "spoke" not in self.fields:
            return only
        return self.spokes.get(self.data.get("spoke", "") if self.is_bound else "", only)

    def spoke_is_chosen(self):
        return "spoke" not in self.fields or self.data.get("spoke", "") in self.spokes

    def clean_spoke(self):
        return self.spokes[self.cleaned_data["spoke"]]


@dataclass
class About:
    """What a request refers to: clauses as (policy, clause key, heading), accounts and playbooks."""

    clauses: list = field(default_factory=list)
    accounts: list = field(default_factory=list)
    playbooks: list = field(default_factory=list)

    def __bool__(self):
        return bool(self.clauses or self.accounts or self.playbooks)

    @property
    def cites(self):
        return [(policy, key) for policy, key, _heading in self.clauses]


def read_about(user, data):
    """What the address or the form refers to, as far as it exists and this person may read it. No query for nothing."""
    about = About()
    pairs = [pair.partition(":")[::2] for pair in data.getlist("clause")[:20] if "\0" not in pair]
    if pairs:
        policies = (
            Policy.objects.readable().for_audience_of(user).in_bulk([slug for slug, _key in pairs], field_name="slug")
        )
        headings = {
            (clause.version_id, clause.key): clause.heading
            for clause in Clause.objects.filter(version__in=[policy.current_id for policy in policies.values()])
        }
        for slug, key in pairs:
            policy = policies.get(slug)
            heading = headings.get((policy.current_id, key)) if policy else None
            if heading:
                about.clauses.append((policy, key, heading))
    accounts = [key for key in data.getlist("account")[:20] if key.isdecimal() and len(key) < 16]
    if accounts:
        about.accounts = list(SocialAccount.objects.filter(pk__in=accounts).select_related("spoke"))
    playbooks = [slug for slug in data.getlist("playbook")[:20] if "\0" not in slug]
    if playbooks:
        about.playbooks = list(Playbook.objects.published().for_audience_of(user).filter(slug__in=playbooks))
    return about


def about_of(request, user):
    """What a stored request refers to, as far as the reader may know of it. Three queries."""
    clauses = Clause.objects.filter(version=OuterRef("policy__current"), key=OuterRef("clause_key"))
    rows = (
        request.citations.filter(policy__in=Policy.objects.readable().for_audience_of(user))
        .select_related("policy")
        .annotate(heading=Subquery(clauses.values("heading")[:1]))
    )
    return About(
        clauses=[(row.policy, row.clause_key, row.heading or row.clause_key) for row in rows],
        accounts=list(request.accounts.select_related("spoke")),
        playbooks=list(request.playbooks.filter(pk__in=Playbook.objects.published().for_audience_of(user))),
    )


@dataclass(frozen=True)
class Link:
    kind: str
    url: str
    title: str
    note: str


def links_of(request, user):
    """What a stored request refers to, as far as the reader may know of it, to be read. One query."""
    return [_link_of(*row) for row in _links(request=request, user=user)]


@prepared(shape=lambda request, user: user.reads_all)
def _links(request, user):
    clauses = Clause.objects.filter(version=OuterRef("policy__current"), key=OuterRef("clause_key"))
    policies = (
        request.citations.filter(policy__in=Policy.objects.readable().for_audience_of(user))
        .annotate(heading=Coalesce(Subquery(clauses.values("heading")[:1]), F("clause_key"), output_field=CharField()))
        .values_list(_kind("policy"), "policy__slug", "clause_key", "heading", "policy__title")
    )
    playbooks = request.playbooks.filter(pk__in=Playbook.objects.published().for_audience_of(user).values("pk"))
    playbooks = playbooks.order_by().values_list(_kind("playbook"), "slug", _kind(""), "title", _kind(""))
    accounts = request.accounts.order_by().values_list(
        _kind("account"), Cast("pk", CharField()), "platform", "handle", "spoke__name"
    )
    return policies.order_by().union(playbooks, accounts, all=True)


def _kind(word):
    return Value(word, output_field=CharField())


def _link_of(kind, place, part, title, note):
    if kind == "policy":
        return Link(kind, f"/policies/{place}/#c-{part}", title, note)
    if kind == "playbook":
        return Link(kind, f"/playbooks/{place}/", title, _("Playbook"))
    return Link(kind, f"/register/{place}/", f"{Platform(part).label}: {title}", note)


def departments_to_file_for(user):
    """The open departments a person may file for, in the order of the tree: hers and those below; for staff, all. One
    query."""
    return _departments(user=user)


@prepared(shape=lambda user: (user.is_coe_staff, timezone.localdate()))
def _departments(user):
    spokes = Spoke.objects.open().in_tree_order()
    if user.is_coe_staff:
        return spokes
    below = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    terms = Term.objects.current().filter(person=user).annotate(below=below)
    return spokes.filter(Exists(terms.filter(below__startswith=F("spoke__path"))))


def sources_for(definition, spoke):
    """What the questions of a definition choose from; only what they need is fetched."""
    needs = answers.needs(definition)
    accounts = departments = []
    if "account" in needs:
        accounts = [(a.pk, f"{a} ({a.spoke.name})") for a in SocialAccount.objects.live().select_related("spoke")]
        if spoke is not None:
            own = SocialAccount.objects.live().filter(spoke__path__startswith=spoke.path).values_list("pk", flat=True)
            own = set(own)
            accounts.sort(key=lambda pair: pair[0] not in own)
    if "department" in needs:
        departments = list(Spoke.objects.open().order_by("name").values_list("pk", "name"))
    return answers.Sources(accounts=accounts, departments=departments, person=find_person)


def find_person(text):
    """(id, label) of the colleague with this address or full name."""
    text = " ".join(text.split())
    found = list(User.objects.active().filter(email__iexact=text)[:1]) or list(
        User.objects.active().filter(name__iexact=text)[:2]
    )
    if not found:
        raise forms.ValidationError(_("We know nobody of this name or address. Type the work e-mail address."))
    if len(found) > 1:
        raise forms.ValidationError(_("More than one colleague has this name. Type the work e-mail address."))
    return found[0].pk, f"{found[0].name} ({found[0].email})"


# --- Acting on a request ----------------------------------------------------------------------------------------------


class ActForm(forms.Form):
    """A small form of one act. Its ids carry the act's name, because several stand on one page."""

    act = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id=f"{self.act}-%s", **kwargs)


def _area(label, help_text="", required=True, rows=4, sentence=""):
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea({"rows": rows}),
        error_messages={"required": sentence or _("Please write something.")},
    )


class MessageForm(ActForm):
    """Reply, answer, ask and note: the button decides which."""

    act = "message"
    form_token = forms.UUIDField(widget=forms.HiddenInput, required=False)
    text = _area(_("Your message"), sentence=_("Write your message first."))


class AcceptForm(ActForm):
    act = "accept"
    mode = forms.ChoiceField(label=_("How we help"), choices=Mode.choices)
    exit_criterion = _area(
        _("What will the team do alone afterwards?"),
        _("They read this too. It is how we know that we are done."),
        required=False,
        rows=2,
    )


class AssignForm(ActForm):
    act = "assign"
    to = forms.ModelChoiceField(label=_("Who looks after it?"), queryset=User.objects.none(), required=False)

    def __init__(self, *args, staff, **kwargs):
        super().__init__(*args, **kwargs)
        self.staff = {person.pk: person for person in staff}
        self.fields["to"] = forms.TypedChoiceField(
            label=_("Who looks after it?"),
            choices=[("", _("Nobody")), *((person.pk, person.name) for person in staff)],
            coerce=lambda key: self.staff[int(key)],
            empty_value=None,
            required=False,
        )


class DeliverForm(ActForm):
    act = "deliver"
    summary = _area(
        _("What do you deliver?"),
        _("A sentence or two, and where it is. This stays with the request as its outcome."),
        sentence=_("Say in a sentence or two what you deliver, and where it is."),
    )


class AdviseAgainstForm(ActForm):
    act = "advise_against"
    reason = _area(_("Why do you advise against it?"), sentence=_("Say why you advise against it."))
    alternative = _area(_("What can they do instead?"), sentence=_("Offer something they can do instead."))


class DuplicateForm(ActForm):
    act = "mark_duplicate"
    of = forms.IntegerField(
        label=_("Number of the earlier request"),
        help_text=_("It must be of the same department."),
        min_value=1,
        max_value=2**53,
        error_messages={"required": _("Give the number.")},
    )

    def clean_of(self):
        found = EngagementRequest.objects.filed().filter(pk=self.cleaned_data["of"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no request of that number."))
        return found


class UrgentForm(ActForm):
    act = "urgent"
    reason = forms.CharField(
        label=_("Why is it urgent?"),
        help_text=_("The department reads this too."),
        max_length=250,
        error_messages={"required": _("Say why it is urgent.")},
    )


class SnoozeForm(ActForm):
    act = "snooze"
    until = forms.DateField(
        label=_("Put aside until"),
        help_text=_("It comes back into the queue that morning. The promise runs on."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Give the day."), "invalid": _("Give a date, such as 2026-03-14.")},
    )

    def clean_until(self):
        day = self.cleaned_data["until"]
        if day <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day in the future."))
        return timezone.make_aware(datetime.combine(day, time(7)))


class ReopenForm(ActForm):
    act = "reopen"
    reason = _area(_("What is still missing?"), sentence=_("Say what is still missing."))


class WithdrawForm(ActForm):
    act = "withdraw"
    reason = _area(
        _("Why, in a word?"),
        _("The hub stops working on it. You can reopen it for 14 days."),
        required=False,
        rows=2,
    )


class GoAheadForm(ActForm):
    act = "go_ahead"
    reason = _area(
        _("What do you do instead?"),
        _("It is your decision. Telling us helps us to advise the next team better."),
        required=False,
        rows=2,
    )


class FromQuestionForm(forms.Form):
    service = forms.ModelChoiceField(
        label=_("Which service?"),
        queryset=Service.objects.offered().in_catalogue_order(),
        empty_label=_("Choose …"),
        error_messages={"required": _("Choose a service.")},
    )
    spoke = forms.ModelChoiceField(
        label=_("For which department?"),
        queryset=Spoke.objects.open().in_tree_order(),
        empty_label=_("Choose …"),
        error_messages={"required": _("Choose the department.")},
    )

    def __init__(self, *args, question, **kwargs):
        super().__init__(*args, **kwargs)
        if question.asked_for_id:
            del self.fields["spoke"]


# --- Lists ------------------------------------------------------------------------------------------------------------


class ListFilter(forms.Form):
    """The filters of a person's own lists."""

    q = forms.CharField(label=_("Words or number"), required=False, max_length=100, widget=forms.SearchInput)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Any")), ("open", _("Open")), *[pair for pair in Status.choices if pair[0] != Status.DRAFT]],
    )


class QueueFilter(forms.Form):
    q = forms.CharField(label=_("Words or number"), required=False, max_length=100, widget=forms.SearchInput)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("With the hub")),
            ("open", _("All open")),
            *[pair for pair in Status.choices if pair[0] != Status.DRAFT],
        ],
    )
    who = forms.ChoiceField(label=_("With"), required=False)
    service = forms.ChoiceField(label=_("Service"), required=False)
    spoke = forms.ChoiceField(label=_("Department"), required=False)
    promise = forms.ChoiceField(
        label=_("Promise"),
        required=False,
        choices=[("", _("Any")), ("risk", _("At risk or missed")), ("missed", _("Missed"))],
    )
    snoozed = forms.ChoiceField(
        label=_("Put aside"),
        required=False,
        choices=[("", _("Left out")), ("too", _("Shown too")), ("only", _("Only these"))],
    )

    def __init__(self, *args, staff, services, spokes, **kwargs):
        super().__init__(*args, **kwargs)
        self.paths = {spoke.slug: spoke.path for spoke in spokes}
        self.fields["who"].choices = [
            ("", _("Anybody")),
            ("me", _("Me")),
            ("none", _("Nobody")),
            *((str(person.pk), person.name) for person in staff),
        ]
        self.fields["service"].choices = [("", _("Any")), *((service.slug, service.title) for service in services)]
        self.fields["spoke"].choices = [
            ("", _("Any")),
            *((spoke.slug, " " * 2 * spoke.depth + spoke.name) for spoke in spokes),
        ]


def matching(requests, text):
    """Requests whose number or title is meant by what was typed."""
    text = text.strip().removeprefix("#")
    if not text:
        return requests
    if text.isdecimal() and len(text) < 16:
        return requests.filter(pk=text)
    return requests.filter(title__icontains=text)
