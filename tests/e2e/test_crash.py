"""kill -9 under load: everything that was acknowledged is there afterwards, and what was under way is whole or absent."""

import base64
import hashlib
import http.client
import random
import threading
import time

from harness import paths, server
from harness.blob_client import BlobClient
from harness.cases import ServerCase

ROUNDS = 5
WRITERS = 6
NAMES_PER_WRITER = 25
LOAD_SECONDS = 2.0
SIZES = [4096, 4096, 4096, 20_000, 65_536, 65_537, 300_000, 1 << 20, (4 << 20) + 1, 9 << 20]
ABSENT = "absent"


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Writer(threading.Thread):
    """Writes, overwrites and deletes blobs of its own until the server is gone; remembers what each may be."""

    def __init__(self, server_process, number: int, known: dict, seed: int):
        super().__init__()
        self.client = BlobClient.of(server_process, emulator=True, timeout=30)
        self.number = number
        self.known = known  # name -> set of digests (or ABSENT) that a reader may find
        self.rng = random.Random(seed)
        self.acknowledged = 0
        self.surprise = None

    def run(self):
        try:
            while True:
                self._one()
        except (OSError, http.client.HTTPException):
            pass  # the server was killed: whatever was under way stays uncertain
        except Exception as error:  # noqa: BLE001: handed to the test, which fails with it
            self.surprise = error
        finally:
            self.client.close()

    def _one(self) -> None:
        name = f"crash/{self.number}/{self.rng.randrange(NAMES_PER_WRITER)}"
        before = self.known.get(name, {ABSENT})
        kind = self.rng.random()
        if kind < 0.1 and before != {ABSENT}:
            self.known[name] = before | {ABSENT}
            self._expect(self.client.delete(name), 202)
            self.known[name] = {ABSENT}
        else:
            body = self.rng.randbytes(self.rng.choice(SIZES))
            self.known[name] = before | {digest(body)}
            if kind < 0.3:
                self._in_blocks(name, body)
            else:
                self._expect(self.client.put(name, body), 201)
            self.known[name] = {digest(body)}
        self.acknowledged += 1

    def _in_blocks(self, name: str, body: bytes) -> None:
        size = max(1, len(body) // 3 + 1)
        ids = []
        for offset in range(0, len(body), size):
            ids.append(base64.b64encode(f"{offset:08d}".encode()).decode())
            part = body[offset:offset + size]
            self._expect(self.client.request("PUT", name, {"comp": "block", "blockid": ids[-1]}, None, part), 201)
        listing = "".join(f"<Latest>{each}</Latest>" for each in ids)
        xml = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listing}</BlockList>'.encode()
        self._expect(self.client.request("PUT", name, {"comp": "blocklist"}, None, xml), 201)

    def _expect(self, reply, status: int) -> None:
        if reply.status not in (status, 503):  # 503: busy, and nothing was promised
            raise AssertionError(f"{reply.status} {reply.code} where {status} was due: {reply.body[:500]!r}")
        if reply.status == 503:
            raise ConnectionError("the server is busy: what was under way is uncertain")


class Crash(ServerCase):
    def test_kill_under_load_loses_nothing_acknowledged(self):
        data = paths.temporary_folder(self) / "data"
        process = self.serve(data, emulator=True)
        first = BlobClient.of(process, emulator=True)
        self.assertEqual(first.create_container("crash").status, 201)
        first.close()
        known: dict = {}
        for round_number in range(ROUNDS):
            writers = [Writer(process, number, known, round_number * 100 + number) for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(LOAD_SECONDS)  # the load itself, not a wait for something
            process.kill()
            for writer in writers:
                writer.join(60)
                self.assertFalse(writer.is_alive(), "a writer hangs though the server is gone")
                self.assertIsNone(writer.surprise)
            self.assertGreater(sum(writer.acknowledged for writer in writers), WRITERS)
            process.start()
            self.assertLess(process.start_seconds, server.START_SECONDS)
            self.verify(process, known)
        process.stop()
        checked = server.run("fsck", "--data", data, seconds=120)
        self.assertIn(checked.returncode, (0, 1), checked.stdout + checked.stderr)
        again = server.run("fsck", "--data", data, seconds=120)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)

    def verify(self, process, known: dict) -> None:
        client = BlobClient.of(process, emulator=True)
        listed = client.listing("crash")
        for name, allowed in sorted(known.items()):
            reply = client.get(name)
            found = ABSENT if reply.status == 404 else digest(reply.body)
            self.assertIn(reply.status, (200, 404), f"{name}: {reply.status} {reply.code}")
            self.assertIn(found, allowed, f"{name} is not what was acknowledged")
            element = f"<Name>{name.partition('/')[2]}</Name>".encode()
            self.assertEqual(element in listed, found != ABSENT, f"the listing is wrong about {name}")
            known[name] = {found}
        client.close()
