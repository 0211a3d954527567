"""Why a file could not be read."""

from hub.exceptions import HubError


class UnreadableDocument(HubError):
    """The sentence says what is wrong with the file and how to go on."""
