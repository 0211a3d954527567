"""A portal on a PostgreSQL that is about to be restarted: people file requests, and press again when told of an error.

python -m tests.faults.load_child SECONDS: prints "ready", works for so long, and prints what it saw as JSON.
"""

import json
import sys
import threading
import time
import uuid

import django

WRITERS = 4


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(seconds):
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from engagements.answers import PREFIX
    from engagements.models import EngagementRequest
    from tests.engagements.factories import make_offer
    from tests.factories import make_cast

    call_command("migrate", verbosity=0)
    cast = make_cast()
    make_offer(cast=cast)
    acknowledged, failures, gaps = [], [], []
    begin = time.monotonic()

    def work():
        client = Client(raise_request_exception=False)
        client.force_login(cast.rita)
        while time.monotonic() - begin < seconds:
            token = str(uuid.uuid4())
            data = {"form_token": token, "title": token, "spoke": cast.retail.pk}
            data |= {f"{PREFIX}-goal": "Try", f"{PREFIX}-claims": "no"}
            failed_at = None
            while True:
                try:
                    status = client.post("/services/campaign-review/request/", data).status_code
                except Exception as error:  # what a server would answer with 500
                    status = type(error).__name__
                if status == 302:
                    acknowledged.append(token)
                    if failed_at:
                        gaps.append(time.monotonic() - failed_at)
                    break
                failed_at = failed_at or time.monotonic()
                failures.append(str(status))
                time.sleep(0.1)
                if time.monotonic() - failed_at > 30:
                    return
        connection.close()

    say("ready")
    threads = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.close()
    stored = list(EngagementRequest.objects.values_list("title", flat=True))
    seen = {
        "acknowledged": len(acknowledged),
        "failures": len(failures),
        "longest_gap": max(gaps, default=0),
        "lost": sorted(set(acknowledged) - set(stored)),
        "twice": len(stored) - len(set(stored)),
    }
    say(json.dumps(seen))


if __name__ == "__main__":
    main(float(sys.argv[1]))
