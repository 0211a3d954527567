"""The portal's own settings, as the tests run them: quick passwords, mail and jobs kept in memory, data in a folder
that is thrown away. DATABASE_URL and CELERY_BROKER_URL choose other servers, as everywhere."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "COE_TEST_DATA" not in os.environ:
    # The first process makes the folder; pytest's helpers inherit it.
    os.environ["COE_TEST_DATA"] = tempfile.mkdtemp(prefix="coe-test-")
    atexit.register(shutil.rmtree, os.environ["COE_TEST_DATA"], ignore_errors=True)

os.environ["DEBUG"] = "1"
os.environ.pop("COE_SAMPLE", None)
os.environ["COE_DATA_DIR"] = os.environ["COE_TEST_DATA"]
os.environ["COE_SECRET_KEY"] = "only-for-tests-" + "x" * 40
os.environ["COE_PROOF_KEY"] = "5e" * 32
os.environ["COE_SITE_URL"] = "http://portal.test"
os.environ.setdefault("CELERY_BROKER_URL", "memory://")

from coe_portal.settings import *  # noqa: F403
from coe_portal.settings import ALLOWED_HOSTS, CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES

DEBUG = False
# Nothing is collected for tests; without the folder the static file server would warn.
(Path(os.environ["COE_TEST_DATA"]) / "static").mkdir(exist_ok=True)
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "portal.test", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: so that threads meet each other's locks, as they do in real life.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["COE_TEST_DATA"]) / "test.sqlite3")}
else:
    # Tests close their connections themselves; one kept alive would keep the test database from being dropped.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
CELERY_BROKER_TRANSPORT_OPTIONS = {**CELERY_BROKER_TRANSPORT_OPTIONS, "global_keyprefix": f"coe-test-{os.getpid()}-"}
