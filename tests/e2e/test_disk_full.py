"""A disk that fills up: writes are refused, reads go on, deleting gives the space back, and nothing has to be restarted."""

import http.client
import os
import pathlib
import socket
import struct
import subprocess

from harness import paths, server
from harness.blob_client import BlobClient
from harness.cases import ServerCase
from harness.vault_client import VaultClient
from harness.waiting import wait_until

DISK_BYTES = 2400 << 20
BLOB_BYTES = 8 << 20
REFUSALS = (503, 507, 409, 0)  # busy or out of space, or cut off in mid-body; never a success, never a hang
SPACE_SECONDS = 90


class DiskFull(ServerCase):
    def small_disk(self) -> pathlib.Path:
        """An ext4 file system in a file, mounted; unmounted at the end."""
        folder = paths.temporary_folder(self)
        image, mount = folder / "disk.img", folder / "disk"
        mount.mkdir()
        with open(image, "wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True, capture_output=True, timeout=60)
        mounted = subprocess.run(["mount", "-o", "loop,discard", str(image), str(mount)], capture_output=True, text=True,
                                 timeout=60)
        if mounted.returncode != 0:
            self.skipTest(f"needs the right to mount a file system: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", str(mount)], capture_output=True, timeout=60)
        return mount

    def setUp(self):
        self.mount = self.small_disk()
        self.process = self.serve(self.mount / "data", emulator=True)
        self.client = BlobClient.of(self.process, emulator=True, timeout=60)
        self.addCleanup(self.client.close)
        self.assertEqual(self.client.create_container("full").status, 201)

    def body(self, number: int) -> bytes:
        return number.to_bytes(8, "big") * (BLOB_BYTES // 8)

    def put(self, name: str, number: int) -> int:
        """The status of a PUT; 0 where the server refused so early that its answer was lost with the connection."""
        try:
            return self.client.put(f"full/{name}", self.body(number)).status
        except (ConnectionError, http.client.HTTPException):
            return 0

    def fill(self) -> int:
        """Writes until refused; the number of blobs that were taken."""
        for number in range(DISK_BYTES // BLOB_BYTES):
            status = self.put(str(number), number)
            if status != 201:
                self.assertIn(status, REFUSALS)
                self.assertNotIn("a fault domain is dropped", self.process.log())
                return number
        self.fail("a disk took three times more than it can hold")

    def free_bytes(self) -> int:
        stat = os.statvfs(self.mount)
        return stat.f_bavail * stat.f_frsize

    def test_full_and_back(self):
        taken = self.fill()
        self.assertGreater(taken, 10)
        self.assertEqual(self.client.get(f"full/{taken}").status, 404, "a refused write must not be visible")
        for number in (0, taken // 2, taken - 1):
            self.assertTrue(self.client.get(f"full/{number}").body == self.body(number), number)
        self.assertIn(self.put("again", 0), REFUSALS)

        before = self.free_bytes()
        kept = range(0, taken, 8)
        for number in range(taken):
            if number not in kept:
                self.assertEqual(self.client.delete(f"full/{number}").status, 202, "a full disk must let one delete")
        wait_until(lambda: self.free_bytes() > before + (taken // 2) * BLOB_BYTES, SPACE_SECONDS,
                   "the space of deleted blobs to come back", every=0.25)
        wait_until(lambda: self.put("after", 7) == 201, SPACE_SECONDS,
                   "writes to work again without a restart", every=0.25)
        self.assertTrue(self.client.get("full/after").body == self.body(7))
        for number in kept:
            self.assertTrue(self.client.get(f"full/{number}").body == self.body(number), number)
        self.process.stop()
        checked = server.run("fsck", "--data", self.mount / "data", seconds=120)
        self.assertIn(checked.returncode, (0, 1), checked.stdout + checked.stderr)

    def test_what_is_purged_is_destroyed(self):
        vault = VaultClient(self.process).create(softDeleteRetentionInDays=7)
        for name in ("gone", "kept"):
            vault.must("PUT", f"/secrets/{name}", {"value": name})
        vault.must("DELETE", "/secrets/gone")
        other = VaultClient(self.process).create(softDeleteRetentionInDays=7)
        other.must("PUT", "/secrets/gone", {"value": "gone"})
        place = f"/providers/Microsoft.KeyVault/locations/{self.process.endpoints['region']}/deletedVaults/{other.name}"
        self.fill()
        vault.must("DELETE", "/deletedsecrets/gone")
        self.assertIn(other.manage("DELETE", other.resource)[0], (200, 202, 204))
        self.assertEqual(other.manage("GET", place)[0], 200)
        self.assertIn(other.manage("POST", place + "/purge")[0], (200, 202))
        wait_until(lambda: other.manage("GET", place)[0] == 404, SPACE_SECONDS, "the vault to be gone")
        self.assertEqual(vault.call("GET", "/deletedsecrets/gone")[0], 404)
        self.process.stop()
        self.process.start()
        vault.tokens.clear()
        self.assertEqual(vault.must("GET", "/secrets/kept")["value"], "kept")

    def test_uploads_broken_off_give_their_space_back(self):
        # Together they are more than the disk could hold three times over.
        target = self.client.target("full/broken")
        sent = 48 << 20
        for _ in range(DISK_BYTES // 3 // sent + 4):
            headers = self.client.signed("PUT", target, {"x-ms-blob-type": "BlockBlob"}, 64 << 20)
            connection = self.client.connect()
            try:
                connection.sendall(self.client.head_bytes("PUT", target, headers))
                for _ in range(sent // BLOB_BYTES):
                    connection.sendall(self.body(1))
            except OSError:
                pass  # refused for the moment: the disk waits for its space
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        self.assertEqual(self.client.get("full/broken").status, 404)
        for number in range(20):
            wait_until(lambda: self.put(str(number), number) == 201, SPACE_SECONDS,
                       "room for whole blobs after the broken ones", every=0.25)
        for number in range(20):
            self.assertTrue(self.client.get(f"full/{number}").body == self.body(number), number)
        self.process.stop()
