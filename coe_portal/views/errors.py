"""Pages for what went wrong before a view could answer."""

from django.shortcuts import render


def csrf_failure(request, reason=""):
    """The form came without its token: most often the page was open for very long."""
    return render(request, "403_csrf.html", status=403)
