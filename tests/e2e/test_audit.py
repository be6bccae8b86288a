"""The audit log: exported while the region runs, verified with a public key alone; tampering is found and named."""

import json
import pathlib
import shutil

from harness import paths, server
from harness.blob_client import BlobClient
from harness.cases import SharedServerCase

REQUESTS = 40


def record_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """Files of JSON lines that hold records of requests, longest first."""
    found = []
    for path in sorted(folder.rglob("*.jsonl")):
        lines = path.read_bytes().splitlines()
        if lines and all(isinstance(json.loads(line), dict) for line in lines):
            found.append((len(lines), path))
    return [path for _, path in sorted(found, key=lambda item: -item[0])]


class Audit(SharedServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = BlobClient.of(cls.server)
        assert client.create_container("audited").status == 201
        for number in range(REQUESTS):
            assert client.put(f"audited/{number}", b"x" * number).status == 201
            assert client.get(f"audited/{number}").status == 200
        assert client.request("GET", "audited/0", key="d3Jvbmc=").status == 403
        client.close()
        cls.key = cls.server.data / "audit.pub"
        cls.out = paths.temporary_folder(cls) / "out"
        server.run("export-audit", "--data", cls.server.data, "--out", cls.out, check=True)

    def setUp(self):
        self.copy = paths.temporary_folder(self) / "copy"
        shutil.copytree(self.out, self.copy)
        self.records = next((path for path in record_files(self.copy)), None)
        self.assertIsNotNone(self.records, f"no records among {[str(p) for p in self.copy.rglob('*')]}")
        self.lines = self.records.read_bytes().splitlines(keepends=True)
        self.assertGreater(len(self.lines), 3)

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
        text = b"".join(path.read_bytes() for path in record_files(self.copy)).decode()
        for number in range(REQUESTS):
            self.assertGreaterEqual(text.count(f"audited/{number}\""), 2, "one record of the write and one of the read")
        self.assertIn("AuthenticationFailed", text, "refusals are recorded too")
        self.assertNotIn(self.server.key, text)
        self.assertNotIn("SharedKey " + self.server.account, text)

    def test_a_changed_byte_is_named(self):
        middle = len(self.lines) // 2
        line = self.lines[middle]
        at = line.index(b"audited/") + 3 if b"audited/" in line else line.index(b'"') + 1
        self.lines[middle] = line[:at] + bytes([line[at] ^ 1]) + line[at + 1:]
        self.records.write_bytes(b"".join(self.lines))
        self.assertRegex(self.found(), r"chang|differ|match|alter")

    def test_a_removed_record_is_named(self):
        del self.lines[len(self.lines) // 2]
        self.records.write_bytes(b"".join(self.lines))
        self.assertRegex(self.found(), r"missing|removed|lack")

    def test_reordered_records_are_named(self):
        middle = len(self.lines) // 2
        self.lines[middle - 1], self.lines[middle] = self.lines[middle], self.lines[middle - 1]
        self.records.write_bytes(b"".join(self.lines))
        self.assertRegex(self.found(), r"order|moved|swap")

    def test_an_added_record_is_named(self):
        self.lines.insert(len(self.lines) // 2, self.lines[0])
        self.records.write_bytes(b"".join(self.lines))
        self.assertRegex(self.found(), r"added|extra|duplicate|twice")

    def test_a_truncated_file_is_found(self):
        for path in sorted(path for path in self.copy.rglob("*") if path.is_file()):
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
        out = paths.temporary_folder(self) / "out"
        server.run("export-audit", "--data", own.data, "--out", out, check=True)
        done = self.verify(out, own.data / "audit.pub")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        text = b"".join(path.read_bytes() for path in record_files(out)).decode()
        self.assertIn("before-the-kill", text, "an acknowledged write has its record, even after a kill -9")
        own.stop()
