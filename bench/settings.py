"""The portal as in production, for measuring: no debugging, plain http, mail nowhere."""

import os

os.environ.setdefault("COE_SITE_URL", "http://127.0.0.1:8000")
os.environ.setdefault("COE_SECRET_KEY", "only-for-measuring-" + "x" * 40)
os.environ.setdefault("EMAIL_URL", "dummymail://")

from coe_portal.settings import *  # noqa: F403

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
