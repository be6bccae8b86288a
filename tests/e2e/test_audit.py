"""The audit log: exported while the region runs, verified with a public key alone; tampering is found and named."""

import json
import shutil

from harness import paths, server
from harness.blob_client import BlobClient
from harness.cases import SharedServerCase
from harness.waiting import wait_until

REQUESTS = 40


def leaf(line: bytes) -> int:
    return json.loads(line)["leaf"]


def export_that_holds(process, folder, text: str):
    """The folder of an export, made while the region runs, whose records hold `text`; tries for 10 s."""
    def attempt():
        out = folder / f"out{len(list(folder.iterdir()))}"
        server.run("export-audit", "--data", process.data, "--out", out, check=True)
        return out if text in (out / "records.jsonl").read_text() else None
    return wait_until(attempt, 10, f"{text} to be in the log", every=0.1)


class Audit(SharedServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = BlobClient.of(cls.server)
        assert client.create_container("audited").status == 201
        for number in range(REQUESTS):
            assert client.put(f"audited/{number}", b"x" * number).status == 201
            assert client.get(f"audited/{number}").status == 200
        assert client.request("GET", "audited/refused", key="d3Jvbmc=").status == 403
        client.close()
        cls.key = cls.server.data / "audit.pub"
        # The refusal came last; reads and refusals are gathered for up to 200 ms.
        cls.out = export_that_holds(cls.server, paths.temporary_folder(cls), '"AuthenticationFailed"')

    def setUp(self):
        self.copy = paths.temporary_folder(self) / "copy"
        shutil.copytree(self.out, self.copy)
        self.records = self.copy / "records.jsonl"
        self.lines = self.records.read_bytes().splitlines(keepends=True)
        self.assertGreater(len(self.lines), 2 * REQUESTS)
        # Two neighbours of one leaf, somewhere in the middle.
        self.place = next(index for index in range(len(self.lines) // 2, len(self.lines))
                          if leaf(self.lines[index - 1]) == leaf(self.lines[index]))

    def verify(self, folder=None, key=None):
        return server.run("verify", folder or self.copy, "--key", key or self.key)

    def found(self) -> str:
        done = self.verify()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return (done.stdout + done.stderr).lower()

    def test_an_untouched_export_verifies(self):
        done = self.verify()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_request_is_in_it(self):
        records = [json.loads(line)["record"] for line in self.lines]
        resources = [record["resource"] for record in records]
        for number in range(REQUESTS):
            name = f"/{self.server.account}/audited/{number}"
            self.assertEqual(resources.count(name), 2, f"{name}: its write and its read")
        refused = [record for record in records if record["decision"] == "denied"]
        self.assertIn(("AuthenticationFailed", 403), [(record["reason"], record["status"]) for record in refused])
        for record in records:
            self.assertNotIn("127.0.0.1", record["address"], "addresses are pseudonyms")
        text = b"".join(self.lines).decode()
        self.assertNotIn(self.server.key, text)

    def test_a_changed_byte_is_named(self):
        line = self.lines[self.place]
        at = line.index(b'"resource":"/') + 15
        self.lines[self.place] = line[:at] + bytes([line[at] ^ 1]) + line[at + 1:]
        self.records.write_bytes(b"".join(self.lines))
        self.assertIn("was changed", self.found())

    def test_a_removed_record_is_named(self):
        del self.lines[self.place]
        self.records.write_bytes(b"".join(self.lines))
        self.assertIn("is missing", self.found())

    def test_reordered_records_are_named(self):
        before, after = self.lines[self.place - 1:self.place + 1]
        self.lines[self.place - 1:self.place + 1] = [after, before]
        self.records.write_bytes(b"".join(self.lines))
        self.assertIn("was reordered", self.found())

    def test_an_added_record_is_named(self):
        self.lines.insert(self.place, self.lines[self.place])
        self.records.write_bytes(b"".join(self.lines))
        self.assertIn("was added", self.found())

    def test_a_truncated_file_is_found(self):
        for path in sorted(path for path in self.copy.rglob("*") if path.is_file() and path.stat().st_size > 0):
            with self.subTest(path=path.name):
                whole = path.read_bytes()
                path.write_bytes(whole[:len(whole) // 2])
                self.assertEqual(self.verify().returncode, 1)
                path.write_bytes(whole)
        self.assertEqual(self.verify().returncode, 0)

    def test_the_key_of_another_log_does_not_fit(self):
        stranger = self.serve()
        self.assertEqual(self.verify(key=stranger.data / "audit.pub").returncode, 1)
        stranger.stop()

    def test_an_export_after_a_restart_still_verifies_and_holds_the_old_records(self):
        own = self.serve()
        client = BlobClient.of(own)
        self.assertEqual(client.create_container("before-the-kill").status, 201)
        client.close()
        own.kill()
        own.start()
        # An acknowledged write has its record, even after a kill -9; recovery runs while the region serves.
        out = export_that_holds(own, paths.temporary_folder(self), "before-the-kill")
        done = self.verify(out, own.data / "audit.pub")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        own.stop()
