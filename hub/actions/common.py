"""What the writes of several apps have in common."""

from contextlib import contextmanager

from django.db import IntegrityError, transaction

from hub.text.markdown import clean


def fill(thing, fields, *, known):
    """Gives a thing these of its `known` plain fields, texts cleaned."""
    unknown = fields.keys() - known
    if unknown:
        raise TypeError(f"A {thing._meta.model_name} has no field {sorted(unknown)}")
    for name, value in fields.items():
        setattr(thing, name, clean(value).strip() if isinstance(value, str) else value)


def differing(thing, before):
    """For the audit: {field: [before, now]} in words, of the fields whose value `before` is not the one it has now."""
    pairs = {name: [str(was), str(getattr(thing, name))] for name, was in before.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def put_anew(rows, put):
    """For the audit: [names before, names now] of the rows that `put` says anew; None where they stay the same."""
    was = sorted(map(str, rows.all()))
    put()
    now = sorted(map(str, rows.all()))
    return [was, now] if was != now else None


@contextmanager
def refused_as(check):
    """Around a write that `check` has just allowed: where somebody else was quicker, `check` now says so.

    Any other broken constraint is our mistake and stays one.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        check()
        raise


def made_once(find, make):
    """(thing, whether it is new): what `find` finds of an earlier press of the same form, or else what `make` makes.

    Where the other press was quicker by a moment, it is found then.
    """
    found = find()
    if found is None:
        try:
            with transaction.atomic():
                return make(), True
        except IntegrityError:
            found = find()
            if found is None:
                raise
    return found, False
