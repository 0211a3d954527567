"""Cells of exported tables: none may start as a formula, and re-import gives the same value."""

# What a spreadsheet program takes for the start of a formula, or strips and then takes for one.
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "%", "|")


def guard(value):
    """The value with an apostrophe before it if a spreadsheet could run it; other types than text pass."""
    if isinstance(value, str) and _is_risky(value):
        return "'" + value
    return value


def unguard(value):
    """The value without the apostrophe that `guard` put there."""
    if isinstance(value, str) and value.startswith("'") and _is_risky(value[1:]):
        return value[1:]
    return value


def _is_risky(value):
    return value.lstrip("' ").startswith(TRIGGERS)
