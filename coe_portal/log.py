"""What a log may hold."""

import logging
import re

# The addresses whose token opens something for whoever has it; docs/deploy/nginx.conf knows the same.
TOKENS = re.compile(r"(/outside/|/still-true/|/feeds/|/reset/key/|/confirm-email/)[^/\s]+")


class WithoutTokens(logging.Filter):
    def filter(self, record):
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # Words and values that do not fit are the handler's to report; here it would break whoever wrote the line.
            return True
        if TOKENS.search(text):
            record.msg, record.args = TOKENS.sub(r"\1…", text), None
        return True
