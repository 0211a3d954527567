"""The messages of the hub itself, one function each."""

from hub import mail


def search_answered(wish):
    """To who asked to be told: what she looked for has an answer."""
    gap = wish.gap
    mail.post(
        kind="search_answered",
        to=wish.person,
        about=f"hub.searchgap:{gap.pk}",
        period=wish.asked_at.isoformat(),
        context={"gap": gap, "path": gap.answer_url},
    )
