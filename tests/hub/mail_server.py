"""A real mail server in a thread, which can be told to misbehave."""

import asyncio
import contextlib
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller

from tests.plugins.servers import free_port


class Sink:
    """Keeps what it is sent. `replies` maps an address to what the server says to it instead of 250 OK.

    `hangs` are addresses whose message is never answered, `drops` those at which the server hangs up.
    """

    def __init__(self):
        self.received = []
        self.replies = {}
        self.hangs = set()
        self.drops = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.hangs & set(envelope.rcpt_tos):
            await asyncio.sleep(30)
        if self.drops & set(envelope.rcpt_tos):
            server.transport.abort()
            return "421 gone"
        for address in envelope.rcpt_tos:
            self.received.append((address, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"

    @property
    def addresses(self):
        return [address for address, _message in self.received]


@contextlib.contextmanager
def mail_server():
    """(sink, port) for as long as the block."""
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop(no_assert=True)
