"""A clock that steps back while the region serves (stepping_clock.c): nothing stops, nothing goes backwards."""

import email.utils

from harness import paths, signer
from harness.blob_client import BlobClient
from harness.cases import ServerCase


def stepping_clock() -> str:
    library = paths.freehold_binary().parent / "tests" / "libstepping_clock.so"
    if not library.exists():
        raise FileNotFoundError(f"no {library}: build the target stepping_clock")
    return str(library)


class ClockStepsBack(ServerCase):
    def setUp(self):
        folder = paths.temporary_folder(self)
        self.offset = folder / "offset"
        self.step(0)
        self.process = self.serve(folder / "data", emulator=True, env={
            "LD_PRELOAD": stepping_clock(), "STEPPING_CLOCK_FILE": str(self.offset)})
        self.client = BlobClient.of(self.process, emulator=True)
        self.addCleanup(self.client.close)

    def step(self, seconds: int) -> None:
        fresh = self.offset.with_suffix(".new")
        fresh.write_text(f"{seconds}\n")
        fresh.rename(self.offset)

    def put(self, path: str, body: bytes):
        reply = self.client.put(path, body)
        self.assertEqual(reply.status, 201, reply.body)
        return reply.headers["etag"], email.utils.parsedate_to_datetime(reply.headers["last-modified"])

    def test_ten_minutes_back(self):
        self.assertEqual(self.client.create_container("clock").status, 201)
        etag, modified = self.put("clock/blob", b"before")
        self.step(-600)
        for number in range(50):
            new_etag, new_modified = self.put("clock/blob", b"after %d" % number)
            self.assertNotEqual(new_etag, etag)
            self.assertGreaterEqual(new_modified, modified, "Last-Modified must not go backwards")
            etag, modified = new_etag, new_modified
        self.assertEqual(self.client.get("clock/blob").body, b"after 49")
        # A deletion and what follows it keep their order too.
        self.assertEqual(self.client.delete("clock/blob").status, 202)
        self.assertEqual(self.client.get("clock/blob").status, 404)
        self.put("clock/blob", b"again")
        self.process.restart()
        self.client = BlobClient.of(self.process, emulator=True)
        self.assertEqual(self.client.get("clock/blob").body, b"again")
        self.put("clock/blob", b"after the restart")
        self.process.stop()

    def test_hours_back_and_forth(self):
        self.assertEqual(self.client.create_container("clock").status, 201)
        self.put("clock/one", b"one")
        self.step(-3 * 3600)
        refused = self.client.put("clock/two", b"two")
        self.assertEqual(refused.status, 403, "to the server, this client's clock is 3 h ahead")
        reply = self.client.put("clock/two", b"two", {"x-ms-date": signer.http_date(-3 * 3600)})
        self.assertEqual(reply.status, 201, reply.body)
        self.step(0)
        self.put("clock/three", b"three")
        for name in ("one", "two", "three"):
            self.assertEqual(self.client.get(f"clock/{name}").body, name.encode())
        self.process.stop()
