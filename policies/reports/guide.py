"""What a guide told somebody, for pages where she goes on."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from policies.models import Guide, table_of


@dataclass(frozen=True)
class Told:
    """What somebody was asked and told by a guide, in words to go on with."""

    title: str
    text: str
    topic: str


def answers_text(path):
    """Answers as they stand in an address: "people:yes,music:none"."""
    return ",".join(f"{key}:{option}" for key, option in path.items())


def told_by_guide(user, slug, answers):
    """A Told for a guide this person may use and answers as `answers_text` writes them; None if there is no such guide.

    For pages where she goes on, with a question or a request.
    """
    if not slug or "\0" in slug:
        return None
    guide = Guide.objects.published().for_audience_of(user).select_related("topic").filter(slug=slug).first()
    if guide is None:
        return None
    questions, rows = list(guide.questions.all()), list(guide.rows.all())
    given = dict(pair.partition(":")[::2] for pair in answers[:2000].split(","))
    walk = table_of(questions, rows).walk(given)
    lines = [_("I answered the questions of “%(title)s”:") % {"title": guide.title}, ""]
    lines += [f"- {one.text} {one.label_of(walk.path[one.key])}" for one in questions if one.key in walk.path]
    if walk.question is None:
        verdict = rows[walk.rule].get_verdict_display() if walk.rule is not None else _("nobody has written an answer")
        lines += ["", _("The guide says: %(verdict)s.") % {"verdict": verdict}]
    lines += ["", _("What I want to post, where and when:"), ""]
    return Told(title=guide.title, text="\n".join(lines), topic=guide.topic.slug)
