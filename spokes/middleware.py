"""Who has just signed in and has no home department is asked for one before anything else."""

from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import reverse

from hub.sign_in import JUST_SIGNED_IN as MARK
from spokes.models import Spoke

# Where nobody is held up: signing in and out, the admin, settings, and what no person reads.
FREE = ("/welcome/", "/accounts/", "/admin/", "/settings/", "/static/", "/sample/")


class HomeMiddleware:
    """Looks only while the session carries the mark of a fresh sign-in, so it costs nothing otherwise."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not self._concerns(request):
            return self.get_response(request)
        if request.user.memberships.filter(ends_on=None).exists() or not Spoke.objects.open().exists():
            del request.session[MARK]
            return self.get_response(request)
        return redirect(f"{reverse('spokes:welcome')}?{urlencode({'next': request.get_full_path()})}")

    @staticmethod
    def _concerns(request):
        return (
            request.method == "GET"
            and not request.path.startswith(FREE)
            and not request.headers.get("HX-Request")
            and MARK in request.session
            and request.user.is_authenticated
        )
