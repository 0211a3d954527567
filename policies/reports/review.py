"""A draft and what its readers say."""

from hub.reports import comments_by_part


def comments_by_clause(version):
    """(the version's clauses, each with its `comments`; what is about the whole, or about a clause that is gone)."""
    clauses = list(version.clauses.all())
    comments = version.comments.select_related("author", "answered_by")
    return clauses, comments_by_part(clauses, comments, key="clause_key")
