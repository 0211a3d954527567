"""What readers choose and what editors write."""

from datetime import timedelta

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from hub.models import Topic
from hub.prepared import prepared
from policies import clock
from policies.actions.quiz import FEWEST_CHOICES, LONGEST_CHOICE, LONGEST_TEXT, MOST_CHOICES
from policies.models import (
    Clause,
    Force,
    Obligation,
    Policy,
    PolicyVersion,
    ReviewKind,
    WithdrawalReason,
    group_name,
    group_names,
)
from spokes.forms import PeopleField, PersonField
from spokes.models import Platform, Spoke


@prepared()
def _topics_with_policies():
    topics = Topic.objects.filter(policies__current__isnull=False).distinct()
    return topics.order_by("order", "name").values_list("slug", "name", "order")


class LibraryFilter(forms.Form):
    STATES = [
        ("", _("Any")),
        ("in_force", _("In force")),
        ("announced", _("Announced")),
        ("withdrawn", _("Withdrawn")),
    ]
    MINE = [("", _("Any")), ("to-sign", _("For me to sign")), ("signed", _("Signed by me"))]
    SORTS = [("title", _("Title")), ("newest", _("Newest first"))]

    topic = forms.ChoiceField(label=_("Topic"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=STATES)
    mine = forms.ChoiceField(label=_("Signature"), required=False, choices=MINE)
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)

    def __init__(self, data, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        topics = ((slug, name) for slug, name, _order in _topics_with_policies())
        self.fields["topic"].choices = [("", _("All")), *topics]


class DayForm(forms.Form):
    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Type a day as year, month, day, such as 2026-01-31.")},
    )


class ComparePicker(forms.Form):
    older = forms.TypedChoiceField(label=_("From"), coerce=int)
    newer = forms.TypedChoiceField(label=_("To"), coerce=int)

    def __init__(self, data, *, versions, **kwargs):
        super().__init__(data, **kwargs)
        choices = [(version.number, _("Version %(n)d") % {"n": version.number}) for version in versions]
        self.fields["older"].choices = self.fields["newer"].choices = choices


class PublishForm(forms.Form):
    publish_on = forms.DateField(
        label=_("Readers see it from"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty means now."),
    )
    effective_on = forms.DateField(
        label=_("It binds from"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty means the same day. Later gives people time to read and sign it."),
    )


class UnapprovedForm(PublishForm):
    prefix = "now"
    reason = forms.CharField(
        label=_("Why it cannot wait"),
        widget=forms.Textarea({"rows": 2}),
        max_length=1000,
        help_text=_("Every reader sees that it was published without a second pair of eyes, and why."),
    )


class ReturnForm(forms.Form):
    comment = forms.CharField(label=_("What should change"), widget=forms.Textarea({"rows": 3}), max_length=4000)


class WithdrawForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why"), choices=WithdrawalReason.choices)
    into = forms.ModelChoiceField(
        label=_("Merged into"), queryset=Policy.objects.none(), required=False, empty_label=_("no other policy")
    )

    def __init__(self, *args, policy, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Policy.objects.published().exclude(pk=policy.pk).order_by("title")


class AskForm(forms.Form):
    people = PeopleField(label=_("Whom do you ask?"), help_text=_("Their e-mail addresses, one a line."))
    kind = forms.ChoiceField(
        label=_("What for"), choices=ReviewKind.choices, initial=ReviewKind.REVIEW, widget=forms.RadioSelect
    )
    due_on = forms.DateField(
        label=_("By when"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        initial=lambda: clock.today() + timedelta(days=7),
    )


class QuestionForm(forms.Form):
    """A question of a policy's bank. `clauses` are (key, heading, whether it is new) to choose from."""

    text = forms.CharField(
        label=_("Question"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("About a situation, in plain words. Whoever has read the clause knows the answer."),
    )
    clause_key = forms.ChoiceField(
        label=_("Clause that answers it"), help_text=_("It is shown to whoever answers wrong.")
    )

    def __init__(self, data=None, *, question=None, clauses=(), **kwargs):
        if question is not None:
            written = {f"choice_{number}": text for number, text in enumerate(question.choices, 1)}
            kwargs["initial"] = {
                "text": question.text,
                "clause_key": question.clause_key,
                "right": str(question.right + 1),
                **written,
            }
        super().__init__(data, **kwargs)
        labels = [(key, _("%s (not published yet)") % heading if new else heading) for key, heading, new in clauses]
        self.fields["clause_key"].choices = [("", _("Choose one")), *labels]
        for number in range(1, MOST_CHOICES + 1):
            self.fields[f"choice_{number}"] = forms.CharField(
                label=_("Answer %(n)d") % {"n": number}, max_length=LONGEST_CHOICE, required=number <= FEWEST_CHOICES
            )
        self.fields["right"] = forms.ChoiceField(
            label=_("Right answer"),
            choices=[(str(number), _("Answer %(n)d") % {"n": number}) for number in range(1, MOST_CHOICES + 1)],
            widget=forms.RadioSelect,
        )

    def values(self):
        sent = self.cleaned_data
        return {
            "text": sent["text"],
            "clause_key": sent["clause_key"],
            "choices": [sent[f"choice_{number}"] for number in range(1, MOST_CHOICES + 1)],
            "right": int(sent["right"]) - 1,
        }


class QuizForm(forms.Form):
    """The questions before a signature. `missed` goes along from try to try: what was answered wrong before."""

    def __init__(self, data=None, *, questions, **kwargs):
        super().__init__(data, **kwargs)
        self.questions = questions
        for question in questions:
            name = f"q{question.pk}"
            self.fields[name] = forms.ChoiceField(
                label=question.text,
                choices=[(str(place), text) for place, text in enumerate(question.choices)],
                widget=forms.RadioSelect,
                error_messages={
                    "required": _("Choose an answer to “%(text)s”.") % {"text": question.text},
                    "invalid_choice": _("This question has changed. Please choose an answer."),
                },
            )
        known = {str(question.pk) for question in questions}
        sent = (data.get("missed", "") if data else "")[:200].split()
        self.missed = {int(pk) for pk in sent if pk in known}

    def clean(self):
        for question in self.questions:
            name = f"q{question.pk}"
            if name in self.cleaned_data and int(self.cleaned_data[name]) != question.right:
                self.missed.add(question.pk)
                self.add_error(name, _("Not quite. Read the clause below once more, and choose again."))

    def answers(self):
        return {question.pk: int(self.cleaned_data[f"q{question.pk}"]) for question in self.questions}

    @property
    def rows(self):
        """(bound field, the clause to read once more if the answer was wrong)."""
        for question in self.questions:
            name = f"q{question.pk}"
            yield self[name], question.clause if self.errors.get(name) and self.data.get(name) else None

    @property
    def missed_text(self):
        return " ".join(str(pk) for pk in sorted(self.missed))


class OutsideForm(forms.Form):
    """An invitation of somebody outside the company."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As it shall stand beside her or his comments.")
    )
    email = forms.EmailField(label=_("E-mail"))
    until = forms.DateField(
        label=_("Until"),
        help_text=_(
            "The link works until the end of this day, at most 60 days ahead, and until the draft is published."
        ),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        initial=lambda: clock.today() + timedelta(days=14),
    )

    def __init__(self, data=None, **kwargs):
        super().__init__(data, auto_id="outside-%s", **kwargs)


class ProofForm(forms.Form):
    """A proof pack's policy, unless it is known, and its day."""

    policy = forms.ModelChoiceField(label=_("Policy"), queryset=Policy.objects.none(), empty_label=_("Choose a policy"))
    day = forms.DateField(
        label=_("As of"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Whom the policy bound on that day, and who had signed by its end."),
    )

    def __init__(self, *args, policy=None, **kwargs):
        super().__init__(*args, **kwargs)
        if policy is not None:
            del self.fields["policy"]
        else:
            self.fields["policy"].queryset = Policy.objects.exclude(current=None).order_by("title")


class ImportForm(forms.Form):
    """What is said about a version that comes from a document; its parts are read from the same POST.

    `open_version` is the version being written, if there is one: its text is replaced only if somebody says so.
    """

    base = forms.CharField(widget=forms.HiddenInput)
    lock = forms.IntegerField(widget=forms.HiddenInput, required=False)
    replace = forms.BooleanField(required=False)
    with_comments = forms.BooleanField(
        label=_("Bring the file's comments along"),
        required=False,
        initial=True,
        help_text=_("They become comments of the version's review, with the names that the file gives them."),
    )
    change_note = forms.CharField(
        label=_("What changed and why"),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Plain words; readers see them beside the new version. You can write it later, in the draft."),
    )

    def __init__(self, data=None, *, open_version=None, has_comments=False, **kwargs):
        super().__init__(data, **kwargs)
        if not has_comments:
            del self.fields["with_comments"]
        self.fields["replace"].required = open_version is not None
        if open_version is None:
            del self.fields["replace"]
        else:
            self.fields["replace"].label = _("Replace the text of version %(n)d with this one") % {
                "n": open_version.number
            }

    def take_base(self, base, lock):
        """The next attempt is about the text that the page shows now."""
        self.data = self.data.copy()
        self.data["base"], self.data["lock"] = base, "" if lock is None else str(lock)


CLAUSE_FIELDS = ["key", "force", "heading", "body"]
ADDED = "add"


class DraftForm(forms.Form):
    """A version's text: what is said about it, and its clauses in the order of their position fields.

    `act` is the button pressed: "save", or a step that only changes what the page shows: "add", "up-2", "down-2",
    "remove-2" (the number counts from 0, as the clauses were sent).
    """

    lock = forms.IntegerField(widget=forms.HiddenInput)
    change_note = forms.CharField(
        label=_("What changed and why"),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_(
            "Plain words; readers see them beside the new version. Needed before you submit, unless all is editorial."
        ),
    )

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        self.refused = {}
        self.focus = None
        self.act = data.get("act", "save") if data is not None else ""
        self.groups = {group.pk: group for group in Group.objects.select_related("spoke")}
        self.labels = group_names(self.groups.values())
        self.names = {label.casefold(): pk for pk, label in self.labels.items()}
        self.clauses = self._sent(data) if data is not None else []

    @classmethod
    def of(cls, version):
        form = cls(initial={"lock": version.lock, "change_note": version.change_note})
        form.clauses = [
            {
                **{name: getattr(clause, name) for name in CLAUSE_FIELDS},
                "html": clause.html,
                "audiences": [group.pk for group in clause.groups],
            }
            for clause in version.clauses.with_groups()
        ]
        return form

    def _sent(self, data):
        sent = []
        count = data.get("count", "")
        for index in range(int(count) if count.isdecimal() and len(count) < 6 else 0):
            if f"c-{index}-heading" not in data:
                break
            position = data.get(f"c-{index}-position", "")
            clause = {name: data.get(f"c-{index}-{name}", "") for name in CLAUSE_FIELDS}
            clause |= self._audiences_sent(data, f"c-{index}-audience")
            sent.append((int(position) if position.isdecimal() and len(position) < 6 else index + 1, index, clause))
        in_order = sorted(sent, key=lambda one: one[:2])
        return [{**clause, "sent_as": index} for _position, index, clause in in_order]

    def _audiences_sent(self, data, name):
        """Groups that are ticked, and those named in the field beside them; `add` is what names no group."""
        known = {str(pk): pk for pk in self.groups}
        chosen = [known[one] for one in data.getlist(name) if one in known]
        typed = data.get(f"{name}-{ADDED}", "").strip()
        names = [typed] if typed.casefold() in self.names else [one.strip() for one in typed.split(";") if one.strip()]
        chosen += [self.names[one.casefold()] for one in names if one.casefold() in self.names]
        unknown = [one for one in names if one.casefold() not in self.names]
        return {"audiences": list(dict.fromkeys(chosen)), ADDED: "; ".join(unknown)}

    def clean(self):
        for number, clause in enumerate(self.clauses, start=1):
            if clause.get(ADDED):
                shared = {group_name(group).casefold() for group in self.groups.values()} - self.names.keys()
                sentence = (
                    _("Several departments are called “%(name)s”. Choose one of those in the list.")
                    if clause[ADDED].casefold() in shared
                    else _("No department and no role is called “%(name)s”.")
                ) % {"name": clause[ADDED]}
                self.refused[f"clause-{number}-audiences"] = sentence
                self.add_error(None, sentence)
        return super().clean()

    def take_step(self):
        """Adds, moves or removes a clause in what the page shows; nothing is stored."""
        step, _dash, number = self.act.partition("-")
        place = next((i for i, clause in enumerate(self.clauses) if str(clause["sent_as"]) == number), None)
        if step == "add":
            place = len(self.clauses) if place is None else place + 1
            self.clauses.insert(place, {"key": "", "force": Force.MUST, "heading": "", "body": "", "audiences": []})
            self.focus = place
        elif place is not None and step == "remove":
            self.clauses.pop(place)
            self.focus = min(place, len(self.clauses) - 1)
        elif place is not None and step in {"up", "down"}:
            other = max(0, min(place + (1 if step == "down" else -1), len(self.clauses) - 1))
            self.clauses.insert(other, self.clauses.pop(place))
            self.focus = other

    def unsaved_clauses(self):
        """The clauses as typed, for showing beside those of somebody else."""
        clauses = []
        for number, sent in enumerate(self.clauses, start=1):
            clause = Clause(number=number, **{name: sent[name] for name in CLAUSE_FIELDS})
            clause.groups = [self.groups[pk] for pk in sorted(sent["audiences"])]
            clauses.append(clause)
        return clauses

    @property
    def audience_names(self):
        """What can be typed to name a group."""
        return sorted(self.labels.values(), key=str.casefold)

    def take_lock(self, lock):
        """The next save knowingly writes over what somebody else saved."""
        self.data = self.data.copy()
        self.data["lock"] = str(lock)

    def add_refusal(self, error):
        """Puts an action's refusal beside the field it is about."""
        if error.field and error.field.startswith("clause-"):
            self.refused[error.field] = error.sentence
            self.add_error(None, error.sentence)
        else:
            self.add_error(error.field if error.field in self.fields else None, error.sentence)

    def rows(self):
        """What the template draws: one dict a clause."""
        forces = Force.choices
        for index, clause in enumerate(self.clauses):
            yield {
                **clause,
                "index": index,
                "number": index + 1,
                "forces": [(value, label, value == clause["force"]) for value, label in forces],
                "is_first": index == 0,
                "is_last": index == len(self.clauses) - 1,
                "has_focus": index == self.focus,
                "heading_error": self.refused.get(f"clause-{index + 1}-heading", ""),
                "body_error": self.refused.get(f"clause-{index + 1}-body", ""),
                "audience_error": self.refused.get(f"clause-{index + 1}-audiences", ""),
                "names": "; ".join(self.labels[pk] for pk in clause["audiences"] if pk in self.labels),
                "chosen": [(pk, self.labels[pk]) for pk in clause["audiences"] if pk in self.labels],
            }


# --- Waivers, campaigns, obligations ---------------------------------------------------------------------------------


def _day(**attributes):
    return forms.DateInput({"type": "date", **attributes}, format="%Y-%m-%d")


def clause_choices(*, policy=None, forces=()):
    """Clauses of the texts that readers have, as choices "address:key" in groups by policy; two statements at most.

    An announced text that waits behind the one in force comes with it, so that its new clauses can be chosen too.
    """
    versions = PolicyVersion.objects.published_on(clock.today())
    if policy is not None:
        versions = versions.filter(policy=policy)
    clauses = Clause.objects.filter(version__in=versions).order_by(
        "version__policy__title", "version__policy", "number"
    )
    if forces:
        clauses = clauses.filter(force__in=forces)
    groups = {}
    for slug, title, key, number, heading in clauses.values_list(
        "version__policy__slug", "version__policy__title", "key", "number", "heading"
    ):
        groups.setdefault((slug, title), {}).setdefault(f"{slug}:{key}", f"{number} {heading}")
    return [(title, list(options.items())) for (_slug, title), options in groups.items()]


def spoke_choices():
    """Open departments in the order of the tree, each under what is above it."""
    return [(spoke.pk, f"{'— ' * spoke.depth}{spoke.name}") for spoke in Spoke.objects.open().in_tree_order()]


class WaiverForm(forms.Form):
    clause = forms.ChoiceField(label=_("Clause"))
    spoke = forms.TypedChoiceField(
        label=_("Department"), coerce=int, help_text=_("With it, all departments below are released.")
    )
    reason = forms.CharField(
        label=_("Why it cannot keep the clause"), widget=forms.Textarea({"rows": 3}), max_length=2000
    )
    mitigation = forms.CharField(
        label=_("What it does instead"),
        widget=forms.Textarea({"rows": 3}),
        max_length=2000,
        help_text=_("So that what the clause protects is protected all the same. The department reads this."),
    )
    starts_on = forms.DateField(label=_("From"), required=False, widget=_day(), help_text=_("Empty means today."))
    ends_on = forms.DateField(
        label=_("Until"), widget=_day(), help_text=_("The last day it holds. It ends by itself, after two reminders.")
    )

    def __init__(self, data=None, *, policy=None, **kwargs):
        super().__init__(data, **kwargs)
        self.fields["clause"].choices = [
            ("", _("Choose a clause")),
            *clause_choices(policy=policy, forces=[Force.MUST, Force.SHOULD]),
        ]
        self.fields["spoke"].choices = [("", _("Choose a department")), *spoke_choices()]


class ProlongForm(forms.Form):
    prefix = "prolong"
    ends_on = forms.DateField(label=_("Until"), widget=_day())
    reason = forms.CharField(
        label=_("Why it still cannot be kept"), widget=forms.Textarea({"rows": 2}), max_length=2000
    )


class EndWaiverForm(forms.Form):
    prefix = "end"
    reason = forms.CharField(label=_("Why it ends early"), widget=forms.Textarea({"rows": 2}), max_length=2000)


class CampaignForm(forms.Form):
    """A campaign's plan. Of one that has been started, only what can still change is asked."""

    policy = forms.ModelChoiceField(
        label=_("Policy"),
        queryset=Policy.objects.none(),
        empty_label=_("Choose a policy"),
        help_text=_("People sign the text that binds, or the announced one once it binds."),
    )
    name = forms.CharField(label=_("Name"), max_length=160, help_text=_("Such as “Spring round on disclosure”."))
    audiences = forms.ModelMultipleChoiceField(
        label=_("Whom it asks"),
        queryset=Group.objects.none(),
        required=False,
        widget=forms.SelectMultiple({"size": 8}),
        help_text=_("Nobody chosen means everybody the policy is for. Others the policy is not for are never asked."),
    )
    starts_on = forms.DateField(label=_("Starts"), widget=_day())
    due_on = forms.DateField(
        label=_("To sign by"),
        widget=_day(),
        help_text=_("Whoever joins or moves in later has as many days as lie between these two."),
    )
    remind_before = forms.IntegerField(
        label=_("Remind so many days before"), min_value=0, max_value=90, help_text=_("0 means no such reminder.")
    )
    remind_on_due = forms.BooleanField(label=_("Remind on the day itself"), required=False)
    remind_after = forms.IntegerField(
        label=_("Remind so many days after"), min_value=0, max_value=90, help_text=_("0 means no such reminder.")
    )

    def __init__(self, data=None, *, campaign=None, **kwargs):
        if campaign is not None:
            names = [name for name in self.base_fields if name not in {"policy", "audiences"}]
            kwargs["initial"] = {name: getattr(campaign, name) for name in names}
            kwargs["initial"]["audiences"] = list(campaign.audiences.all())
        super().__init__(data, **kwargs)
        self.fields["audiences"].queryset = Group.objects.select_related("spoke").order_by("spoke__path", "name")
        self.fields["audiences"].label_from_instance = group_name
        if campaign is None:
            self.fields["policy"].queryset = Policy.objects.published().order_by("title")
            return
        del self.fields["policy"]
        if campaign.is_running:
            del self.fields["audiences"], self.fields["starts_on"]


class ExemptForm(forms.Form):
    prefix = "exempt"
    person = PersonField(label=_("Who"), help_text=_("Their work e-mail address."))
    reason = forms.CharField(label=_("Why she need not sign"), max_length=300, widget=forms.Textarea({"rows": 2}))


class CloseForm(forms.Form):
    prefix = "close"
    reason = forms.CharField(label=_("Why it ends"), widget=forms.Textarea({"rows": 2}), max_length=1000)


class ObligationForm(forms.Form):
    """An obligation and the clauses that cover it: one choice a clause, and some more to fill."""

    SPARE = 3

    title = forms.CharField(
        label=_("Title"), max_length=160, help_text=_("Such as “Paid posts are marked as adverts”.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Obligation.Kind.choices, widget=forms.RadioSelect)
    source = forms.CharField(
        label=_("Source"), max_length=250, help_text=_("Whose it is and where it stands, such as “16 CFR Part 255”.")
    )
    demands = forms.CharField(
        label=_("What it demands"),
        widget=forms.Textarea({"rows": 4}),
        max_length=4000,
        help_text=_("In plain words, as for a colleague."),
    )
    url = forms.URLField(label=_("Link"), required=False, max_length=300, assume_scheme="https")
    look_on = forms.DateField(
        label=_("Look again on"), widget=_day(), help_text=_("When somebody must see whether it has changed.")
    )

    def __init__(self, data=None, *, obligation=None, **kwargs):
        covered = []
        if obligation is not None:
            kwargs["initial"] = {name: getattr(obligation, name) for name in self.base_fields}
            covered = [
                (f"{slug}:{key}", title)
                for slug, title, key in obligation.coverage.values_list("policy__slug", "policy__title", "clause_key")
            ]
        super().__init__(data, **kwargs)
        choices = clause_choices()
        known = {value for _title, options in choices for value, _label in options}
        gone = [(value, f"{title}: {value.partition(':')[2]}") for value, title in covered if value not in known]
        if gone:
            choices = [*choices, (_("No longer in force"), gone)]
        sent = sum(name.startswith("clause-") for name in data) if data is not None else 0
        for number in range(min(max(len(covered) + self.SPARE, sent), 60)):
            self.fields[f"clause-{number}"] = forms.ChoiceField(
                label=_("Clause %(n)d") % {"n": number + 1},
                choices=[("", _("none")), *choices],
                required=False,
                initial=covered[number][0] if number < len(covered) else "",
            )

    def clause_fields(self):
        return [self[name] for name in self.fields if name.startswith("clause-")]

    def values(self):
        """What the action takes: plain fields, and `clauses` as (policy, key) pairs."""
        values = {name: self.cleaned_data[name] for name in self.base_fields}
        chosen = {self.cleaned_data[name] for name in self.fields if name.startswith("clause-")} - {""}
        policies = Policy.objects.in_bulk({value.partition(":")[0] for value in chosen}, field_name="slug")
        values["clauses"] = [(policies[slug], key) for slug, _colon, key in (one.partition(":") for one in chosen)]
        return values


class ClausePlatformForm(forms.Form):
    """Which platforms a clause is about."""

    clause = forms.ChoiceField(label=_("Clause"))
    platforms = forms.MultipleChoiceField(
        label=_("Platforms"),
        choices=Platform.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None takes the clause off the list. What you choose takes the place of what was chosen."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["clause"].choices = [("", ""), *clause_choices()]

    def values(self):
        slug, _colon, key = self.cleaned_data["clause"].partition(":")
        return {
            "policy": Policy.objects.get(slug=slug),
            "clause_key": key,
            "platforms": self.cleaned_data["platforms"],
        }
