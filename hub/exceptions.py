"""What can go wrong in the domain, each with a sentence a person can read."""


class HubError(Exception):
    """A refusal; `str(error)` is shown to the person as it is."""

    @property
    def sentence(self):
        return str(self)


class NotAllowed(HubError):
    """This person may not do this, or not in this state."""


class Conflict(HubError):
    """Somebody else changed the same thing first. `theirs` holds what is stored now, for showing beside ours."""

    def __init__(self, sentence, *, theirs=None):
        super().__init__(sentence)
        self.theirs = theirs


class Invalid(HubError):
    """The values cannot be stored; `field` names the one at fault where there is one."""

    def __init__(self, sentence, *, field=None):
        super().__init__(sentence)
        self.field = field
