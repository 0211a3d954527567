"""The portal's settings, read top to bottom from the environment.

Three modes, told apart by two switches:

* **production** (neither switch): every secret must be given, https is expected;
* **development** (`DEBUG=1`): sensible defaults, mail printed to the console;
* **sample** (`COE_SAMPLE=1`, set by the start script): the invented company, a sign-in chooser, mail kept and shown.

Any variable can also be given as a file: `COE_SECRET_KEY_FILE=/run/secrets/key`.
"""

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environ.fileaware_mapping import FileAwareMapping

BASE_DIR = Path(__file__).resolve().parent.parent


class FilesWithoutLineEnd(FileAwareMapping):
    """The environment, where the line end after a secret in a file is no part of the secret."""

    def __getitem__(self, key):
        return super().__getitem__(key).rstrip("\r\n")


env = environ.FileAwareEnv()
env.ENVIRON = FilesWithoutLineEnd()

DEBUG = env.bool("DEBUG", default=False)
SAMPLE_MODE = env.bool("COE_SAMPLE", default=False)
PRODUCTION = not (DEBUG or SAMPLE_MODE)
DATA_DIR = Path(env.str("COE_DATA_DIR", default=str(BASE_DIR / "var")))


def required(name, hint, *, default=""):
    """The variable's value; in production its absence stops the start with a hint."""
    value = env.str(name, default="" if PRODUCTION else default)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


# --- Who we are -------------------------------------------------------------------------------------------------------

SITE_NAME = env.str("COE_SITE_NAME", default="Social Media Center of Excellence")
SITE_URL = required(
    "COE_SITE_URL",
    "Give the address people type, such as https://social.example.com; links in mail start with it.",
    default="http://127.0.0.1:8000",
).rstrip("/")
SECRET_KEY = required(
    "COE_SECRET_KEY",
    "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
    default="not-secret-and-only-for-development-" + "x" * 20,
)
# Signs the end of the chain of proof and every proof pack. Without it the portal works, and packs say that they are not
# signed.
PROOF_KEY = env.str("COE_PROOF_KEY", default="").strip().lower()
if PROOF_KEY and not re.fullmatch("[0-9a-f]{64}", PROOF_KEY):
    raise ImproperlyConfigured(
        "COE_PROOF_KEY is not a key: 64 hexadecimal figures are needed. "
        "Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
    )
SITE = urlsplit(SITE_URL)
HTTPS = SITE.scheme == "https"
ALLOWED_HOSTS = env.list("COE_ALLOWED_HOSTS", default=[SITE.hostname])
if not PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
SECURITY_CONTACT = env.str("COE_SECURITY_CONTACT", default="")
# The hub's own zone: days, such as the day a policy binds, begin here at 00:00.
HUB_TIME_ZONE = env.str("COE_TIME_ZONE", default="Europe/Berlin")
# So many days after its word has run out a playbook leaves the usual lists; and the share of playbooks, in hundredths,
# that the hub means to keep verified.
UNVERIFIED_HIDE_DAYS = env.int("COE_UNVERIFIED_HIDE_DAYS", default=90)
VERIFIED_TARGET = env.int("COE_VERIFIED_TARGET", default=90)
# Mail domains whose owners may make their own account; empty closes sign-up.
SIGNUP_DOMAINS = [domain.lower() for domain in env.list("COE_SIGNUP_DOMAINS", default=[])]

if SAMPLE_MODE and (HTTPS or env.str("EMAIL_URL", default="").startswith("smtp")):
    raise ImproperlyConfigured(
        "Sample mode lets anybody sign in as anybody, so it refuses an https address and a real mail server. "
        "Remove COE_SAMPLE, or remove COE_SITE_URL and EMAIL_URL."
    )


def only_nearby(host):
    """Whether nobody far away can reach this host name: this machine itself, or an address of a private network."""
    host = (host or "").strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


PUBLIC_HOSTS = [host for host in (SITE.hostname, *ALLOWED_HOSTS) if not only_nearby(host)]
if SAMPLE_MODE and PUBLIC_HOSTS:
    raise ImproperlyConfigured(
        f"Sample mode lets anybody sign in as anybody, so it refuses the host {PUBLIC_HOSTS[0]}. Give COE_SITE_URL and "
        "COE_ALLOWED_HOSTS this machine or a private address, such as http://127.0.0.1:8000 or "
        "http://192.168.1.20:8000, or remove COE_SAMPLE."
    )

# --- Applications -----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "coe_portal",
    "engagements",
    "playbooks",
    "policies",
    "spokes",
    "hub",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "import_export",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "coe_portal.apps.PortalStaticFilesConfig",
]

MIDDLEWARE = [
    "hub.middleware.HealthCheckMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "hub.middleware.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "hub.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "spokes.middleware.HomeMiddleware",
    "hub.middleware.NotAllowedMiddleware",
]

ROOT_URLCONF = "coe_portal.urls"
WSGI_APPLICATION = "coe_portal.wsgi.application"
ASGI_APPLICATION = "coe_portal.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "coe_portal.context.portal",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "hub.templatetags.ui"],
        },
    },
    {
        # Text mail: the default engine would turn an apostrophe into &#x27;.
        "NAME": "text",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"autoescape": False, "builtins": ["django.templatetags.i18n"]},
    },
]
FORM_RENDERER = "hub.rendering.Renderer"
INSTALLED_APPS.append("django.forms")

# --- Database, cache --------------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="")
if PRODUCTION and not DATABASE_URL:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. Give the database, such as postgres://portal:secret@db:5432/portal"
    )
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Write-ahead logging and immediate transactions: many writers wait for each other instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("COE_DATABASE_KEEP_SECONDS", default=600)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A pooler may give each transaction another session: nothing may be left in one (server-side cursors, plans).
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("COE_DATABASE_POOLER", default=False)
    # A server that takes the connection and says nothing must not hold a page, or the health check, for ever.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
# Sign-in limits count in the cache, so it must be shared between processes; a database table needs no Redis to be up.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}}

# --- People and sign-in -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "hub.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "hub.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "hub.sign_in.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "hub.sign_in.display_name"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = SITE.scheme
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("COE_PROXIES", default=1 if PRODUCTION and HTTPS else 0)

# --- Language and time ------------------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = HUB_TIME_ZONE
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Static files -----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("COE_STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "coe_portal.joined_static.JoinedFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000

# --- Mail -------------------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("COE_MAIL_FROM", default="") or f"{SITE_NAME} <no-reply@{SITE.hostname}>"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
vars().update(env.email_url("EMAIL_URL", default="consolemail://" if not PRODUCTION else "smtp://localhost:25"))
EMAIL_TIMEOUT = 10

# --- Jobs -------------------------------------------------------------------------------------------------------------

# Without Redis, jobs run on messages kept as files (see coe_portal/embedded).
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "embedded://files")
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "max_retries": 0,
    "visibility_timeout": 3600,
    "data_dir": str(DATA_DIR / "broker"),
}

# --- Security ---------------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# What browsers offer to pages and no page of ours uses.
UNUSED_FEATURES = """
    accelerometer autoplay bluetooth camera display-capture encrypted-media fullscreen gamepad geolocation gyroscope hid
    idle-detection local-fonts magnetometer microphone midi payment picture-in-picture
    screen-wake-lock serial usb web-share window-management xr-spatial-tracking
""".split()
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "coe_portal.views.errors.csrf_failure"
if HTTPS:
    SECURE_SSL_REDIRECT = env.bool("COE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SILENCED_SYSTEM_CHECKS = []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"without_tokens": {"()": "coe_portal.log.WithoutTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_tokens"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.server": {"level": "WARNING"}, "fontTools": {"level": "WARNING"}},
}
