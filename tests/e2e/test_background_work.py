"""What the region does by itself is in its audit log: what it removed, once, and nothing while it is idle."""

import json

from harness import paths, server
from harness.blob_client import BlobClient
from harness.cases import SharedServerCase
from harness.waiting import wait_until


class BackgroundWork(SharedServerCase):
    def records(self) -> list:
        folder = paths.temporary_folder(self)
        out = folder / "out"
        server.run("export-audit", "--data", self.server.data, "--out", out, check=True)
        done = server.run("verify", out, "--key", self.server.data / "audit.pub")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return [json.loads(line)["record"] for line in (out / "records.jsonl").read_bytes().splitlines()]

    def jobs(self, operation: str) -> list:
        return [record for record in self.records()
                if record["credential"] == "SystemJob" and record["operation"] == operation]

    def test_removals_are_recorded_and_idleness_is_not(self):
        client = BlobClient.of(self.server)
        self.assertEqual(client.create_container("box").status, 201)
        for number in range(4):
            self.assertEqual(client.put(f"box/{number}", bytes([number]) * 300_000).status, 201)
        self.assertEqual(client.delete("box/0").status, 202)
        collected = wait_until(lambda: self.jobs("CollectGarbage"), 20, "the deleted blob's content to be collected")
        self.assertTrue(collected[0]["resource"].startswith(f"/{self.server.account}/"), collected)
        self.assertEqual(collected[0]["status"], 200)

        self.assertEqual(client.request("DELETE", "box", {"restype": "container"}).status, 202)
        purged = wait_until(lambda: self.jobs("PurgeContainer"), 30, "the deleted container to be purged")
        self.assertEqual([record["status"] for record in purged], [200])
        client.close()

        # Only the exports themselves are recorded from now on, however many rounds go by.
        before = len([record for record in self.records() if record["credential"] == "SystemJob"])
        for _ in range(5):
            after = [record for record in self.records() if record["credential"] == "SystemJob"]
        self.assertEqual(len(after), before)
