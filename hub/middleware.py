"""What happens around every request."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme

from hub.exceptions import NotAllowed
from hub.health import report
from hub.search import recent


class HealthCheckMiddleware:
    """Answers `/healthz` before hosts are checked and https is asked for: the prober knows neither."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/healthz":
            healthy, text = report()
            return HttpResponse(text, content_type="text/plain; charset=utf-8", status=200 if healthy else 503)
        return self.get_response(request)


class PermissionsPolicyMiddleware:
    """Tells the browser that no page of ours uses its camera, position and the like."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class PersonMiddleware:
    """Dates, times and words follow the person; whoever signs out leaves no page behind that Back would show."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = request.user
        zone = user.zone if user.is_authenticated else None
        language = user.language if user.is_authenticated else settings.LANGUAGE_CODE
        with timezone.override(zone), translation.override(language):
            response = self.get_response(request)
        if user.is_authenticated and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"cache"'
            recent.forget(response)
        return response


class NotAllowedMiddleware:
    """A refused act becomes its sentence: on the page the person came from for a POST, as a 403 page for a GET."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, NotAllowed):
            return None
        back = request.headers.get("Referer", "")
        came_from_us = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        if request.method == "POST" and came_from_us and not request.headers.get("HX-Request"):
            messages.error(request, exception.sentence)
            return redirect(back)
        return render(request, "403.html", {"sentence": exception.sentence}, status=403)
