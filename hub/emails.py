"""The messages of the hub itself, one function each."""

from hub import mail


def search_answered(gap, wishes):
    """To all who asked to be told: what they looked for has an answer."""
    context = {"gap": gap, "path": gap.answer_url}
    about = f"hub.searchgap:{gap.pk}"
    mail.post_many(
        kind="search_answered",
        letters=((wish.person, about, wish.asked_at.isoformat(), context) for wish in wishes),
    )
