"""A worker's work in a process of its own, so that it can be killed."""

import sys
from datetime import timedelta

import django


def main(port, database, lease_seconds):
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", int(port), 30
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    django.setup()

    from hub import mail

    mail.LEASE = timedelta(seconds=float(lease_seconds))
    mail.deliver()


if __name__ == "__main__":
    main(*sys.argv[1:])
