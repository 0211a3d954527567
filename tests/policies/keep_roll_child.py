"""A worker that writes a campaign's roll in a process of its own, so that it can be killed."""

import sys

import django


def main(database, campaign, batch):
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()

    from policies import actions

    actions.keep_roll(int(campaign), batch=int(batch))


if __name__ == "__main__":
    main(*sys.argv[1:])
