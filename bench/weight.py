"""How heavy a page is for a browser that has nothing yet: `python -m bench.weight --cookies cookies.json`."""

import argparse
import json
import os
from html.parser import HTMLParser
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

from bench import pages  # noqa: E402
from bench.run import Measured  # noqa: E402


class Page(HTMLParser):
    """Counts elements and collects what a browser fetches for the page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.fetched = 0, set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements += 1
        given = dict(attrs)
        address = given.get("href") if tag == "link" else given.get("src") if tag in {"script", "img"} else None
        if address and address.startswith(settings.STATIC_URL):
            self.fetched.add(address)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cookies", required=True)
    with open(parser.parse_args().cookies) as file:
        cookies = json.load(file)
    application = WSGIHandler()
    print(f"{'page, not compressed':34} {'KB':>6} {'of it JS':>8} {'requests':>8} {'elements':>8}")
    for page in pages.PAGES:
        if page.conditional:
            continue
        one = Measured(application, page, cookies)
        one.ask()
        read = Page(one.body.decode())
        sizes = {
            address: (Path(settings.STATIC_ROOT) / address.removeprefix(settings.STATIC_URL)).stat().st_size
            for address in read.fetched
        }
        scripts = sum(size for address, size in sizes.items() if address.endswith(".js"))
        total = len(one.body) + sum(sizes.values())
        print(f"{page.name:34} {total / 1024:6.0f} {scripts / 1024:8.0f} {1 + len(sizes):8} {read.elements:8}")


if __name__ == "__main__":
    main()
