"""A draft and what its readers say."""

from hub.reports import comments_by_part


def comments_by_clause(version, *, outside=None):
    """(the version's clauses, each with its `comments`; what is about the whole, or about a clause that is gone).

    Of what was said by one invitation from `outside`, if that is given.
    """
    clauses = list(version.clauses.all())
    comments = version.comments.select_related("author", "answered_by")
    if outside is not None:
        comments = comments.filter(outside=outside)
    return clauses, comments_by_part(clauses, comments, key="clause_key")
