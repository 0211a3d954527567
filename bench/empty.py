"""An empty project with the portal's libraries installed and none of its code: what starting up is compared with."""

from bench.settings import *  # noqa: F403
from bench.settings import INSTALLED_APPS, MIDDLEWARE, TEMPLATES

OURS = ("coe_portal", "engagements", "playbooks", "policies", "spokes", "hub", "bench")


def _without_ours(names):
    return [name for name in names if name.partition(".")[0] not in OURS]


INSTALLED_APPS = [*_without_ours(INSTALLED_APPS), "django.contrib.staticfiles"]
MIDDLEWARE = _without_ours(MIDDLEWARE)
TEMPLATES = [
    {**TEMPLATES[0], "OPTIONS": {"context_processors": _without_ours(TEMPLATES[0]["OPTIONS"]["context_processors"])}}
]
AUTH_USER_MODEL = "auth.User"
ACCOUNT_ADAPTER = "allauth.account.adapter.DefaultAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = None
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_DISPLAY = str
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
ROOT_URLCONF = "bench.empty_urls"
WSGI_APPLICATION = None
