"""Which questions a person is asked before she signs."""

import hashlib

from policies.models import QuizQuestion
from policies.querysets import bound_by

MOST_ASKED = 5


def quiz_for(version, person):
    """At most five questions on clauses of this version that bind her, each with its `clause`: always the same.

    Others are asked others of the bank, so that what one of them answered is no help to the next.
    """
    clauses = {clause.key: clause for clause in bound_by(person).filter(version=version)}
    bank = [one for one in QuizQuestion.objects.asked(version.policy_id) if one.clause_key in clauses]
    chosen = sorted(bank, key=lambda one: _lot(one, version, person))[:MOST_ASKED]
    for question in chosen:
        question.clause = clauses[question.clause_key]
    return sorted(chosen, key=lambda one: (one.clause.number, one.pk))


def _lot(question, version, person):
    return hashlib.sha256(f"{person.pk}:{version.pk}:{question.pk}".encode()).digest()
