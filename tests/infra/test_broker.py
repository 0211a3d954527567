import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from coe_portal.embedded import register_transport
from coe_portal.embedded import transport as transport_module
from coe_portal.embedded.transport import Store

pytestmark = pytest.mark.once
HERE = Path(__file__).resolve().parents[2]


@pytest.fixture
def connect(tmp_path):
    """Makes connections to one broker folder."""
    register_transport()
    made = []

    def make():
        connection = Connection("embedded://", transport_options={"data_dir": str(tmp_path / "broker")})
        made.append(connection)
        return connection

    yield make
    for connection in made:
        connection.release()


@pytest.fixture
def make_store(tmp_path):
    """Makes stores on one folder, each as if in a process of its own."""
    made = []

    def make(folder=tmp_path):
        made.append(Store(folder))
        return made[-1]

    yield make
    for store in made:
        store.close()


def files(folder):
    return [path for path in Path(folder).rglob("*.json") if "exchanges" not in path.parts]


def test_a_message_arrives_once_and_leaves_nothing_behind(connect, tmp_path):
    queue = connect().SimpleQueue("jobs")
    queue.put({"number": 1})
    message = queue.get(timeout=2)
    assert message.payload == {"number": 1}
    assert len(files(tmp_path)) == 1
    message.ack()
    assert files(tmp_path) == []
    with pytest.raises(Empty):
        queue.get(block=False)


def test_messages_come_in_order(connect):
    queue = connect().SimpleQueue("jobs")
    for number in range(20):
        queue.put(number)
    received = []
    for _ in range(20):
        message = queue.get(timeout=2)
        received.append(message.payload)
        message.ack()
    assert received == list(range(20))


def test_a_message_that_was_not_acknowledged_comes_back_when_the_connection_closes(connect):
    first = connect()
    queue = first.SimpleQueue("jobs")
    queue.put("unfinished")
    queue.get(timeout=2)
    first.close()
    assert connect().SimpleQueue("jobs").get(timeout=2).payload == "unfinished"


def test_a_refused_message_is_gone_and_a_requeued_one_comes_again(connect):
    queue = connect().SimpleQueue("jobs")
    queue.put("again")
    queue.get(timeout=2).requeue()
    queue.get(timeout=2).reject()
    with pytest.raises(Empty):
        queue.get(block=False)


def test_a_queue_name_cannot_leave_the_folder(connect, tmp_path):
    queue = connect().SimpleQueue("../../outside")
    queue.put("in")
    assert [path.name for path in tmp_path.iterdir()] == ["broker"]
    assert queue.get(timeout=2).payload == "in"


def test_purge_and_size_count_only_their_own_queue(make_store):
    store = make_store()
    for queue in ("a", "a", "a.b"):
        store.put(queue, {})
    assert (store.size("a"), store.size("a.b")) == (2, 1)
    assert store.purge("a") == 2
    assert (store.size("a"), store.size("a.b")) == (0, 1)


def test_half_a_message_is_never_seen(make_store, monkeypatch):
    """The file appears in the queue whole: while it is being written, the queue is empty."""
    store = make_store()
    seen = []
    write = Path.write_text

    def slow_write(path, text, **kwargs):
        write(path, text[: len(text) // 2], **kwargs)
        seen.append(store.size("jobs"))
        return write(path, text, **kwargs)

    monkeypatch.setattr(Path, "write_text", slow_write)
    store.put("jobs", {"text": "x" * 1000})
    assert seen == [0]
    assert store.size("jobs") == 1


def test_a_disk_that_refuses_the_message_is_reported_and_leaves_nothing(tmp_path, make_store, monkeypatch):
    store = make_store()

    def full(path, text, **kwargs):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(transport_module.ChannelError, match="No space left"):
        store.put("jobs", {})
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


TAKER = """
import sys, time
from coe_portal.embedded.transport import Store
store = Store(sys.argv[1])
payload, held = store.take("jobs")
print(payload["number"], flush=True)
time.sleep(60)
"""


def test_what_a_killed_taker_held_comes_back(tmp_path, make_store):
    store = make_store()
    store.put("jobs", {"number": 7})
    taker = subprocess.Popen([sys.executable, "-c", TAKER, str(tmp_path)], cwd=HERE, stdout=subprocess.PIPE)
    try:
        assert taker.stdout.readline() == b"7\n"
        assert store.salvage() == 0  # it lives, so what it holds is its own
        with pytest.raises(Empty):
            store.take("jobs")
        taker.send_signal(signal.SIGKILL)
        taker.wait()
    finally:
        taker.kill()
        taker.wait()
        taker.stdout.close()
    assert store.salvage() == 1
    assert store.take("jobs")[0] == {"number": 7}


PRODUCER = """
import sys
from coe_portal.embedded.transport import Store
store = Store(sys.argv[1])
for number in range(int(sys.argv[3])):
    store.put("jobs", {"from": sys.argv[2], "number": number})
"""
CONSUMER = """
import json, os, sys, time
from queue import Empty
from coe_portal.embedded.transport import Store
store = Store(sys.argv[1])
while True:
    try:
        payload, held = store.take("jobs")
    except Empty:
        if os.path.exists(sys.argv[2]):
            break
        time.sleep(0.005)
        continue
    print(json.dumps(payload))
    store.done(held)
"""


def test_many_writers_and_readers_lose_and_double_nothing(tmp_path):
    broker, end, each = tmp_path / "broker", tmp_path / "end", 400

    def start(code, *arguments):
        command = [sys.executable, "-c", code, str(broker), *map(str, arguments)]
        return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True)

    consumers = [start(CONSUMER, end) for _ in range(3)]
    outputs = {}
    readers = [
        threading.Thread(target=lambda consumer=each_one: outputs.update({consumer.pid: consumer.stdout.read()}))
        for each_one in consumers
    ]
    for reader in readers:
        reader.start()
    producers = [start(PRODUCER, name, each) for name in "abc"]
    for producer in producers:
        assert producer.wait(60) == 0
        producer.stdout.close()
    end.touch()
    for consumer, reader in zip(consumers, readers, strict=True):
        assert consumer.wait(60) == 0
        reader.join()
        consumer.stdout.close()
    received = sorted(
        (row["from"], row["number"]) for text in outputs.values() for row in map(json.loads, text.split("\n")[:-1])
    )
    assert received == [(name, number) for name in "abc" for number in range(each)]
    assert files(broker) == []


def test_two_processes_that_bind_at_once_keep_both_bindings(make_store):
    store = make_store()
    stores = [make_store() for _ in range(12)]

    def bind(number):
        stores[number].change_bindings("x", lambda rows: [*rows, ("", "", f"q{number}")])

    threads = [threading.Thread(target=bind, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.bindings("x")) == sorted(("", "", f"q{number}") for number in range(12))


def test_a_taker_whose_lock_was_swept_away_takes_another(tmp_path, make_store):
    """The moment between making the lock file and locking it belongs to a reader that salvages."""
    store, other = make_store(), make_store()
    flock = transport_module.fcntl.flock
    swept = []

    def sweep_first(file, flags):
        if flags == transport_module.fcntl.LOCK_EX and not swept:
            swept.append(True)
            other.salvage()
        return flock(file, flags)

    store.put("jobs", {"number": 1})
    transport_module.fcntl.flock, before = sweep_first, flock
    try:
        store.take("jobs")
    finally:
        transport_module.fcntl.flock = before
    assert swept
    assert (tmp_path / "taken" / f"{store.taker}.lock").exists()
    assert other.salvage() == 0
    store.close()
    assert other.salvage() == 1
