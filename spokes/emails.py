"""Letters about the account register."""

from hub import mail
from spokes.models import Term


def who_reviews(account):
    """The owner if she is still here, else the department's representatives and deputies."""
    if account.owner and account.owner.is_active:
        return [account.owner]
    terms = Term.objects.current().filter(spoke=account.spoke, person__is_active=True).select_related("person")
    return [term.person for term in terms]


def account_review_due(account, people):
    """Once for each lapse: the day of the last review is the period. Returns how many letters are new."""
    period = account.last_reviewed_on.isoformat() if account.last_reviewed_on else "never"
    about = f"{account._meta.label_lower}:{account.pk}"
    context = {"account": account}
    return mail.post_many(kind="account_review_due", letters=[(person, about, period, context) for person in people])
