"""Adaptations: a playbook as a department does it, read and written section by section."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hub.exceptions import Conflict, Invalid
from playbooks import actions
from playbooks.actions.adaptation import brought_together
from playbooks.actions.text import compare
from playbooks.forms import AdaptedForm, AddedForm, IntroForm, ReasonForm
from playbooks.models import Adaptation, AdaptedKind, AdaptedSection, Playbook, Section
from playbooks.permissions import can_adapt, can_curate_playbooks, check_can_adapt
from spokes.models import Spoke

from .reading import around, sections_of


@dataclass
class Line:
    """One section of an adaptation: the playbook's (`section`), the department's (`ours`), or both."""

    key: str
    section: Section | None
    ours: AdaptedSection | None

    @property
    def shown(self):
        """Whose words stand on the page: None where the section is left out."""
        if self.ours is None:
            return self.section
        return None if self.ours.kind == AdaptedKind.LEFT_OUT else self.ours

    @property
    def heading(self):
        return (self.shown or self.section or self.ours).heading


def lines_of(sections, adapted):
    """A Line for each section, in the order to read them: the playbook's, each followed by those added behind it."""
    ours = {one.key: one for one in adapted if one.kind != AdaptedKind.ADDED}
    added = [one for one in adapted if one.kind == AdaptedKind.ADDED]
    keys = {section.key for section in sections}
    lines = [Line(one.key, None, one) for one in added if not one.after]
    for section in sections:
        lines.append(Line(section.key, section, ours.get(section.key)))
        lines += [Line(one.key, None, one) for one in added if one.after == section.key]
    # What stood behind, or instead of, a section that the playbook has no more.
    lines += [Line(one.key, None, one) for one in added if one.after and one.after not in keys]
    gone = [one for key, one in ours.items() if key not in keys and one.kind == AdaptedKind.CHANGED]
    return lines + [Line(one.key, None, one) for one in gone]


def _playbook(request, slug):
    readable = Playbook.objects.published().for_audience_of(request.user)
    return get_object_or_404(readable.select_related("topic", "current"), slug=slug)


def _adaptation(request, slug, spoke):
    """The adaptation for whoever may read it, its department and playbook with it; else 404."""
    visible = Adaptation.objects.visible_to(request.user).select_related(
        "spoke", "playbook__topic", "playbook__current"
    )
    return get_object_or_404(visible, playbook__slug=slug, spoke__slug=spoke)


@require_safe
def adaptations(request, slug):
    """Who does it differently; and for who may, the button that begins."""
    playbook = _playbook(request, slug)
    rows = Adaptation.objects.filter(playbook=playbook).visible_to(request.user).with_behind()
    rows = list(rows.select_related("spoke").order_by("spoke__name"))
    for row in rows:
        row.playbook = playbook
    have = {row.spoke_id for row in rows}
    spokes = [spoke for spoke in _spokes_of(request.user) if spoke.pk not in have]
    return render(request, "playbooks/adaptations.html", {"playbook": playbook, "adaptations": rows, "spokes": spokes})


def _spokes_of(user):
    """The departments in whose name she may write."""
    if user.only_reads:
        return Spoke.objects.none()
    spokes = Spoke.objects.open() if user.is_coe_staff else Spoke.objects.open().represented_by(user)
    return spokes.order_by("name")


@require_POST
def start(request, slug):
    playbook = _playbook(request, slug)
    spoke = get_object_or_404(Spoke, slug=request.POST.get("spoke", ""))
    adaptation = actions.start_adaptation(playbook=playbook, spoke=spoke, by=request.user)
    return redirect(adaptation)


@require_safe
def adaptation(request, slug, spoke):
    adaptation = _adaptation(request, slug, spoke)
    playbook = adaptation.playbook
    adapted = list(adaptation.sections.select_related("written_by", "base", "taken_up_in"))
    lines = lines_of(sections_of(revision=playbook.current), adapted)
    cites = around(playbook, request.user).cites
    for line in lines:
        line.cites = cites.get(line.key, [])
    may_write = can_adapt(request.user, adaptation.spoke)
    return render(
        request,
        "playbooks/adaptation.html",
        {
            "adaptation": adaptation,
            "playbook": playbook,
            "lines": lines,
            "behind": [line for line in lines if line.ours and line.ours.is_behind],
            "writers": sorted({one.written_by for one in adapted}, key=lambda person: person.name),
            "may_write": may_write,
            "may_take": can_curate_playbooks(request.user),
            "intro_form": IntroForm(initial={"intro": adaptation.intro}) if may_write else None,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def section(request, slug, spoke, key):
    """The department's words beside the playbook's; where the playbook changed, all three and what both come to."""
    adaptation = _adaptation(request, slug, spoke)
    check_can_adapt(request.user, adaptation.spoke)
    ours = adaptation.sections.select_related("base", "written_by").filter(key=key).first()
    upstream = Section.objects.filter(revision=adaptation.playbook.current_id, key=key).first()
    if ours is None and upstream is None:
        raise Http404
    merged = brought_together(ours, upstream) if ours and ours.is_behind and ours.kind == AdaptedKind.CHANGED else None
    theirs, status = None, 422
    if request.method == "POST":
        form = AdaptedForm(request.POST)
        if form.is_valid():
            try:
                actions.adapt_section(adaptation=adaptation, key=key, by=request.user, **form.cleaned_data)
            except Conflict as error:
                theirs, status = error.theirs, 409
                form.data = form.data.copy()
                form.data["lock"] = theirs.lock if theirs else 0
                if theirs is None:
                    # A colleague has dropped the words meanwhile; saving again brings these in their place.
                    form.add_error(None, error.sentence)
            except Invalid as error:
                form.add_error(error.field if error.field in form.fields else None, error.sentence)
            else:
                is_read = _("Saved. Your version is published, so colleagues read it now.")
                is_draft = _("Saved. Colleagues read it as soon as your version is published.")
                messages.success(request, is_read if adaptation.is_published else is_draft)
                return redirect(f"{adaptation.get_absolute_url()}#s-{key}")
    else:
        text = upstream if ours is None or ours.kind == AdaptedKind.LEFT_OUT else ours
        form = AdaptedForm(
            initial={
                "lock": ours.lock if ours else 0,
                "seen": adaptation.playbook.current.number,
                "heading": text.heading,
                "body": merged.text if merged else text.body,
            }
        )
        status = 200
    context = {
        "adaptation": adaptation,
        "playbook": adaptation.playbook,
        "title": (upstream or ours).heading,
        "ours": ours,
        "upstream": upstream,
        "form": form,
        "merged": merged,
        "theirs": theirs,
        "reason_form": ReasonForm() if upstream else None,
    }
    if ours and ours.is_behind:
        context |= _three_ways(ours, upstream)
    return render(request, "playbooks/adapt_section.html", context, status=status)


def _three_ways(ours, upstream):
    """What the playbook changed since the words that both come from, and what the department did."""
    base = Section.objects.filter(revision=ours.base_id, key=ours.key)
    # Both redlines stand on one page, so the second has a name of its own.
    old, mine = list(base), Section(key="yours", number=1, heading=ours.heading, body=ours.body)
    for one in old:
        one.key = "yours"
    return {
        "their_changes": compare(list(base.all()), [upstream] if upstream else []),
        "our_changes": compare(old, [mine]) if ours.kind == AdaptedKind.CHANGED else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def add(request, slug, spoke):
    """A section that only the department has."""
    adaptation = _adaptation(request, slug, spoke)
    check_can_adapt(request.user, adaptation.spoke)
    places = [("", _("At the top"))]
    for one in sections_of(revision=adaptation.playbook.current):
        places.append((one.key, _("Behind “%(heading)s”") % {"heading": one.heading}))
    data = request.POST if request.method == "POST" else None
    form = AddedForm(data, places=places, initial={"after": request.GET.get("after", "")})
    if form.is_valid():
        try:
            made = actions.add_section(adaptation=adaptation, by=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
        else:
            messages.success(request, _("Added."))
            return redirect(f"{adaptation.get_absolute_url()}#{made.anchor}")
    context = {
        "adaptation": adaptation,
        "playbook": adaptation.playbook,
        "title": _("A section of your own"),
        "form": form,
        "is_new": True,
    }
    return render(request, "playbooks/adapt_section.html", context, status=422 if form.errors else 200)


def _act(request, slug, spoke, action, success, **values):
    """Runs a verb on an adaptation; a refusal of what was sent becomes a message on its page."""
    adaptation = _adaptation(request, slug, spoke)
    try:
        action(adaptation=adaptation, by=request.user, **values)
    except (Conflict, Invalid) as error:
        messages.error(request, error.sentence)
    else:
        messages.success(request, success)
    return redirect(adaptation)


def _number(request, name, otherwise):
    """A number that the page sent; `otherwise`, which fits nothing, for a page that does not say."""
    sent = request.POST.get(name, "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 6 else otherwise


def _seen(request):
    """The revision on the page that was sent."""
    return _number(request, "seen", 0)


def _lock(request):
    """That of the department's words on the page."""
    return _number(request, "lock", -1)


@require_POST
def leave_out(request, slug, spoke, key):
    values = {"key": key, "reason": request.POST.get("reason", ""), "seen": _seen(request), "lock": _lock(request)}
    return _act(request, slug, spoke, actions.leave_out, _("Left out. Readers see why."), **values)


@require_POST
def follow(request, slug, spoke, key):
    done = _("Your version follows the playbook here again.")
    return _act(request, slug, spoke, actions.follow_again, done, key=key, lock=_lock(request))


@require_POST
def keep(request, slug, spoke, key):
    done = _("Kept. Your words stay as they are.")
    return _act(request, slug, spoke, actions.keep_ours, done, key=key, seen=_seen(request))


@require_POST
def introduce(request, slug, spoke):
    intro = request.POST.get("intro", "")
    return _act(request, slug, spoke, actions.introduce, _("Saved."), intro=intro)


@require_POST
def publish(request, slug, spoke):
    done = _("Published. Whoever reads the playbook finds your version beside it.")
    return _act(request, slug, spoke, actions.publish_adaptation, done)


@require_POST
def retire(request, slug, spoke):
    done = _("Retired. Readers get the playbook itself again.")
    return _act(request, slug, spoke, actions.retire_adaptation, done)


@require_POST
def take(request, slug, spoke, key):
    """Staff put the department's words into the playbook's next revision."""
    adaptation = _adaptation(request, slug, spoke)
    ours = get_object_or_404(adaptation.sections, key=key)
    try:
        revision = actions.take_upstream(section=ours, by=request.user)
    except Conflict as error:
        messages.error(request, error.sentence)
        return redirect(f"{adaptation.get_absolute_url()}#{ours.anchor}")
    messages.success(
        request,
        _("The words stand in revision %(n)d, with %(name)s as one of its authors. Read it through, then submit it.")
        % {"n": revision.number, "name": ours.written_by.name},
    )
    return redirect("admin:playbooks_playbook_edit", adaptation.playbook_id)
