"""A Celery broker made of files: no server to install, nothing lost.

A message is one file in its queue's folder. It is written under another name and then renamed, so a reader sees a
whole message or none. Taking a message is a rename too, so only one reader gets it, into a folder that belongs to the
taker and that the taker keeps locked while it lives. Acknowledging removes the file. When a taker dies, its lock goes
with it, and the next reader puts its messages back.

    broker/
        queues/q.celery/<time>-<id>.json      waiting
        taken/<taker>/q.celery/<...>.json     being worked on; taken/<taker>.lock is held by the taker
        exchanges/x.celery.json               which queues an exchange feeds
        new/                                  being written

kombu's own filesystem transport writes in place, and a reader that comes between the first and the last byte loses
the message; it also forgets what a killed worker held.
"""

import contextlib
import fcntl
import json
import logging
import os
import shutil
import threading
import time
import uuid
from pathlib import Path
from queue import Empty
from urllib.parse import quote, unquote

from kombu.exceptions import ChannelError
from kombu.transport import virtual

logger = logging.getLogger(__name__)

# How often a reader looks for what dead takers left behind.
SALVAGE_EVERY_SECONDS = 15


class Store:
    """The folder of messages. One process has one store for each folder."""

    _stores = {}
    _stores_lock = threading.Lock()

    @classmethod
    def at(cls, folder):
        """This process's store for a folder; a forked child gets its own, since a lock is its taker's alone."""
        key = (os.getpid(), str(folder))
        with cls._stores_lock:
            if key not in cls._stores:
                cls._stores[key] = cls(folder)
            return cls._stores[key]

    def __init__(self, folder):
        self.folder = Path(folder)
        self.new = self.folder / "new"
        self.queues = self.folder / "queues"
        self.taken = self.folder / "taken"
        self.exchanges = self.folder / "exchanges"
        for path in (self.new, self.queues, self.taken, self.exchanges):
            path.mkdir(parents=True, exist_ok=True)
        self.taker = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._lock_file = None
        self._lock = threading.Lock()
        self._salvaged_at = None

    def close(self):
        """Stop being a taker; what is still held is for others to put back."""
        with self._lock:
            if self._lock_file is not None:
                self._lock_file.close()
                self._lock_file = None

    # --- writing

    def _write(self, target, text):
        """Put a whole file in place, or none."""
        draft = self.new / uuid.uuid4().hex
        try:
            draft.write_text(text, encoding="utf-8")
            try:
                os.replace(draft, target)
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(draft, target)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise ChannelError(f"The message could not be stored in {self.folder}: {error}") from error

    def put(self, queue, payload):
        self._write(self._queue(queue) / f"{time.time_ns():020d}-{uuid.uuid4().hex}.json", json.dumps(payload))

    # --- taking

    def take(self, queue):
        """The oldest waiting message as (payload, the file to hand to `done` or `give_back`); raises Empty."""
        self._salvage_now_and_then()
        for name in self._names(queue):
            held = self._hold(queue) / name
            try:
                os.rename(self._queue(queue) / name, held)
            except FileNotFoundError:
                continue  # somebody else was quicker
            try:
                return json.loads(held.read_text(encoding="utf-8")), held
            except ValueError:
                # Only a power cut can leave such a file; the sweepers send again whatever it was for.
                logger.warning("An unreadable message in queue %s was removed", queue)
                held.unlink(missing_ok=True)
        raise Empty

    def done(self, held):
        held.unlink(missing_ok=True)

    def give_back(self, held):
        """Return a message to its queue, at its old place."""
        target = self.queues / held.parent.name / held.name
        with contextlib.suppress(FileNotFoundError):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.rename(held, target)

    def _hold(self, queue):
        """This taker's folder for a queue; the first call takes the lock that says the taker is alive."""
        with self._lock:
            while self._lock_file is None:
                path = self.taken / f"{self.taker}.lock"
                lock_file = open(path, "w")  # noqa: SIM115 (held for life)
                fcntl.flock(lock_file, fcntl.LOCK_EX)
                # A reader that salvages may have taken the lock first, and removed the file as a dead taker's.
                if path.exists() and os.path.samestat(os.fstat(lock_file.fileno()), path.stat()):
                    self._lock_file = lock_file
                else:
                    lock_file.close()
            folder = self.taken / self.taker / self._queue(queue).name
            folder.mkdir(parents=True, exist_ok=True)
            return folder

    def _salvage_now_and_then(self):
        now = time.monotonic()
        if self._salvaged_at is None or now - self._salvaged_at > SALVAGE_EVERY_SECONDS:
            self._salvaged_at = now
            self.salvage()

    def salvage(self):
        """Put back what dead takers held. Returns how many messages came back."""
        count = 0
        for lock_path in self.taken.glob("*.lock"):
            if lock_path.stem == self.taker:
                continue
            with contextlib.suppress(OSError), open(lock_path, "r+") as lock_file:
                fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                folder = lock_path.with_suffix("")
                for held in folder.glob("*/*.json"):
                    self.give_back(held)
                    count += 1
                shutil.rmtree(folder, ignore_errors=True)
                lock_path.unlink(missing_ok=True)
        an_hour_ago = time.time() - 3600
        for draft in self.new.iterdir():
            with contextlib.suppress(OSError):
                if draft.stat().st_mtime < an_hour_ago:
                    draft.unlink()
        if count:
            logger.info("%d messages of a process that died were put back", count)
        return count

    # --- queues

    def _queue(self, queue):
        return self.queues / f"q.{quote(queue, safe='@')}"

    def _names(self, queue):
        try:
            return sorted(os.listdir(self._queue(queue)))
        except FileNotFoundError:
            return []

    def declare(self, queue):
        self._queue(queue).mkdir(parents=True, exist_ok=True)

    def exists(self, queue):
        return self._queue(queue).is_dir()

    def size(self, queue):
        return len(self._names(queue))

    def purge(self, queue):
        count = 0
        for name in self._names(queue):
            with contextlib.suppress(FileNotFoundError):
                (self._queue(queue) / name).unlink()
                count += 1
        return count

    def delete(self, queue):
        shutil.rmtree(self._queue(queue), ignore_errors=True)

    def queue_names(self):
        return [unquote(path.name[2:]) for path in self.queues.iterdir()]

    # --- exchanges

    def _exchange(self, exchange):
        return self.exchanges / f"x.{quote(exchange, safe='@')}.json"

    def bindings(self, exchange):
        """The exchange's rows: (routing key, pattern, queue)."""
        try:
            return [tuple(row) for row in json.loads(self._exchange(exchange).read_text(encoding="utf-8"))]
        except FileNotFoundError:
            return []

    def change_bindings(self, exchange, change):
        """Replace the rows by `change(rows)`, one process at a time."""
        with open(self.exchanges / "lock", "a") as lock_file:
            fcntl.flock(lock_file, fcntl.LOCK_EX)
            rows = self.bindings(exchange)
            changed = change(rows)
            if changed != rows:
                self._write(self._exchange(exchange), json.dumps(changed))


class Channel(virtual.Channel):
    supports_fanout = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._held = {}
        self._without_ack = set()

    @property
    def store(self):
        return Store.at(self.connection.client.transport_options["data_dir"])

    # --- messages

    def _put(self, queue, message, **kwargs):
        self.store.put(queue, message)

    def _put_fanout(self, exchange, message, routing_key, **kwargs):
        for _key, _pattern, queue in self.get_table(exchange):
            self._put(queue, message)

    def _get(self, queue, timeout=None):
        payload, held = self.store.take(queue)
        if queue in self._without_ack:
            self.store.done(held)
        else:
            self._held[payload["properties"]["delivery_tag"]] = held
        return payload

    def basic_consume(self, queue, no_ack, callback, consumer_tag, **kwargs):
        if no_ack:
            self._without_ack.add(queue)
        return super().basic_consume(queue, no_ack, callback, consumer_tag, **kwargs)

    def basic_get(self, queue, no_ack=False, **kwargs):
        message = super().basic_get(queue, no_ack=no_ack, **kwargs)
        if message is not None and no_ack:
            self._done(message.delivery_tag)
        return message

    def basic_ack(self, delivery_tag, multiple=False):
        super().basic_ack(delivery_tag, multiple=multiple)
        self._done(delivery_tag)

    def basic_reject(self, delivery_tag, requeue=False):
        super().basic_reject(delivery_tag, requeue=requeue)
        self._done(delivery_tag)

    def _done(self, delivery_tag):
        held = self._held.pop(delivery_tag, None)
        if held is not None:
            self.store.done(held)

    def _restore(self, message):
        held = self._held.pop(message.delivery_tag, None)
        if held is not None:
            self.store.give_back(held)

    # --- queues and exchanges

    def _new_queue(self, queue, **kwargs):
        self.store.declare(queue)

    def _has_queue(self, queue, **kwargs):
        return self.store.exists(queue)

    def _size(self, queue):
        return self.store.size(queue)

    def _purge(self, queue):
        return self.store.purge(queue)

    def get_table(self, exchange):
        return self.store.bindings(exchange)

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        row = (routing_key or "", pattern or "", queue or "")
        self.store.change_bindings(exchange, lambda rows: rows if row in rows else [*rows, row])

    def _delete(self, queue, exchange, routing_key, pattern, *args, **kwargs):
        row = (routing_key or "", pattern or "", queue or "")
        self.store.change_bindings(exchange, lambda rows: [each for each in rows if each != row])
        self.store.delete(queue)


class Transport(virtual.Transport):
    Channel = Channel

    implements = virtual.Transport.implements.extend(
        asynchronous=False, exchange_type=frozenset(["direct", "topic", "fanout"])
    )
    # Seconds an idle worker sleeps before it looks again: a look is one or two directory listings.
    polling_interval = 0.25
    default_port = 0
    driver_type = "files"
    driver_name = "embedded"

    def driver_version(self):
        return "1"
