"""Background jobs: the same code on Redis in production and on files when the portal runs by itself."""

import os

from celery import Celery

from coe_portal.embedded import register_transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coe_portal.settings")

register_transport()
app = Celery("coe_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()  # tasks.py: what an action sends off
app.autodiscover_tasks(related_name="jobs")  # jobs.py: what the clock starts
