"""What lets one machine run the portal with nothing but Python: a message broker on files, and well-kept children."""

from kombu.transport import TRANSPORT_ALIASES


def register_transport():
    """Make `embedded://` a broker address that Celery understands."""
    TRANSPORT_ALIASES["embedded"] = "coe_portal.embedded.transport:Transport"
