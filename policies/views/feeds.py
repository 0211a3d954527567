"""The feeds of policies: a token in the address, and exactly the rights of whoever it stands for."""

from hub.views.feeds import served
from policies import feeds

json_feed = served("application/feed+json; charset=utf-8")(feeds.json_feed)
atom = served("application/atom+xml; charset=utf-8")(feeds.atom)
calendar = served("text/calendar; charset=utf-8")(feeds.calendar)
