"""A draft and what its readers say."""


def comments_by_clause(version):
    """(the version's clauses, each with its `comments`; what is about the whole, or about a clause that is gone)."""
    clauses = list(version.clauses.all())
    by_key = {clause.key: clause for clause in clauses}
    for clause in clauses:
        clause.comments = []
    general = []
    for comment in version.comments.select_related("author", "answered_by"):
        clause = by_key.get(comment.clause_key)
        (clause.comments if clause else general).append(comment)
    return clauses, general
