"""The yardstick: what Django itself costs for a page of the usual size, with nothing of ours in it.

Django's default middleware, a signed-in person from the session, one indexed query, and 19 KB from a template with a
navigation, a list of twenty links made with `{% url %}` and a body of stored HTML.
"""

from django.contrib.auth.decorators import login_not_required
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.template import Context, Engine
from django.test import override_settings
from django.urls import include, path

from hub.models import User

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ENGINE = Engine(
    loaders=[
        (
            "django.template.loaders.locmem.Loader",
            {
                "base.html": (
                    '<!doctype html><html lang="en"><head><title>{% block title %}{% endblock %}</title></head><body>'
                    '<nav><ul>{% for name, slug in places %}<li><a href="{% url "floor_item" slug %}"'
                    "{% if slug == current %} aria-current=page{% endif %}>{{ name }}</a></li>{% endfor %}</ul></nav>"
                    "<p>{{ user.name }}</p>{% block content %}{% endblock %}</body></html>"
                ),
                "page.html": (
                    '{% extends "base.html" %}{% block title %}{{ title }}{% endblock %}{% block content %}'
                    "<h1>{{ title }}</h1><ul>{% for one in rows %}<li><a href=\"{% url 'floor_item' one.slug %}\">"
                    "{{ one.title|title }}</a><time>{{ one.day|date:'j F Y' }}</time>"
                    "{% if one.late %}<b>late</b>{% endif %}</li>{% endfor %}</ul>{{ html|safe }}{% endblock %}"
                ),
            },
        )
    ]
)
BODY = "<h2>Heading</h2>\n<p>" + "A sentence of some eight words or so. " * 12 + "</p>\n"


def page(request, slug="floor"):
    someone = User.objects.only("name", "joined_on").get(pk=request.user.pk)
    rows = [{"slug": f"thing-{n}", "title": f"thing {n}", "day": someone.joined_on, "late": n % 3} for n in range(20)]
    places = [(f"Place {n}", f"place-{n}") for n in range(7)]
    context = {"user": someone, "title": "Floor", "rows": rows, "places": places, "current": slug, "html": BODY * 30}
    return HttpResponse(ENGINE.get_template("page.html").render(Context(context)))


urlpatterns = [
    path("floor/<slug:slug>/", login_not_required(page), name="floor_item"),
    path("", include("coe_portal.urls")),
]


def application():
    """The floor's own WSGI application; the portal's own has all of its middleware."""
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        return WSGIHandler()
