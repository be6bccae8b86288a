"""What was purged from a vault is gone from every copy of the disks, those of before included; what wasn't, is there."""

import hashlib
import pathlib
import shutil
import threading
import urllib.parse
from base64 import urlsafe_b64encode

from harness import paths
from harness.cases import ServerCase
from harness.server import StartFailed
from harness.vault_client import VaultClient

SECRET = "a secret that is purged"
KEPT = "a secret that stays"


class Shredding(ServerCase):
    def setUp(self):
        self.data = paths.temporary_folder(self) / "data"
        self.server = self.serve(self.data)
        self.vault = VaultClient(self.server).create(softDeleteRetentionInDays=7)
        self.vault.must("PUT", "/secrets/gone", {"value": SECRET})
        self.vault.must("PUT", "/secrets/kept", {"value": KEPT})
        self.paths = {}
        for name in ("gone", "kept"):
            made = self.vault.must("POST", f"/keys/{name}/create", {"kty": "RSA"})
            self.paths[name] = urllib.parse.urlsplit(made["key"]["kid"]).path
        self.digest = hashlib.sha256(b"signed").digest()

    def sign(self, key: str) -> int:
        value = urlsafe_b64encode(self.digest).rstrip(b"=").decode()
        return self.vault.call("POST", self.paths[key] + "/sign", {"alg": "RS256", "value": value})[0]

    def copy(self, name: str) -> pathlib.Path:
        self.server.stop()
        copy = self.data.parent / name
        shutil.copytree(self.data, copy, symlinks=True)
        self.server.start()
        return copy

    def purge(self) -> None:
        for kind in ("secrets", "keys"):
            self.vault.must("DELETE", f"/{kind}/gone")
            self.vault.must("DELETE", f"/deleted{kind}/gone")

    def assert_kept(self) -> None:
        self.assertEqual(self.vault.must("GET", "/secrets/kept")["value"], KEPT)
        self.assertEqual(self.sign("kept"), 200)

    def assert_gone(self) -> None:
        self.assertEqual(self.vault.call("GET", "/secrets/gone")[0], 404)
        self.assertEqual(self.sign("gone"), 404)
        for kind in ("secrets", "keys"):
            self.assertEqual(self.vault.call("GET", f"/deleted{kind}/gone")[0], 404)

    def test_purged_from_old_copies_too(self):
        before = self.copy("before")
        self.purge()
        self.assert_gone()
        self.assert_kept()
        after = self.copy("after")
        self.assert_gone()
        self.assert_kept()
        self.server.stop()

        # The disks of before and the token of now: the region's root key opens the rows, and what it finds refuses.
        mixed = self.data.parent / "mixed"
        shutil.copytree(before, mixed)
        shutil.rmtree(mixed / "hsm")
        shutil.copytree(after / "hsm", mixed / "hsm")
        with self.assertRaises(StartFailed) as refused:
            self.serve(mixed)
        self.assertIn("another time", refused.exception.output)

        # The token of before with its disks: what the threat model says such a copy can still do.
        server = self.serve(before)
        self.vault.server, self.vault.tokens = server, {}
        self.assertEqual(self.vault.must("GET", "/secrets/gone")["value"], SECRET)

    def test_no_copy_of_the_token_is_left_behind(self):
        sealed = [self.data / f"fd{number}" / "token.sealed" for number in range(3)]
        old = {path: path.read_bytes() for path in sealed}
        objects = {path.name for path in (self.data / "hsm" / "tokens").rglob("*.object")}
        self.purge()
        for path in sealed:
            self.assertTrue(path.read_bytes() != old[path], path)
        now = {path.name for path in (self.data / "hsm" / "tokens").rglob("*.object")}
        self.assertEqual(len(now), len(objects))
        self.assertNotEqual(now, objects)
        self.assertFalse((self.data / "hsm" / "tokens.old").exists())
        # A lost token comes back as it is now.
        self.server.stop()
        shutil.rmtree(self.data / "hsm")
        self.server.start()
        self.assert_gone()
        self.assert_kept()

    def test_a_disk_that_was_away_gets_the_copy_of_now(self):
        self.server.stop()
        shutil.move(self.data / "fd2", self.data.parent / "fd2")
        self.server.start()
        self.purge()
        self.server.stop()
        shutil.rmtree(self.data / "fd2", ignore_errors=True)
        shutil.move(self.data.parent / "fd2", self.data / "fd2")
        stale = (self.data / "fd2" / "token.sealed").read_bytes()
        self.server.start()
        self.assertTrue((self.data / "fd2" / "token.sealed").read_bytes() != stale)
        self.assert_kept()
        self.server.stop()
        # Even if only the stale copy and a newer one are left, the newer one is taken.
        (self.data / "fd0" / "token.sealed").write_bytes(stale)
        shutil.rmtree(self.data / "hsm")
        self.server.start()
        self.assert_gone()
        self.assert_kept()

    def test_a_kill_in_the_middle_of_purges(self):
        """Whatever was answered holds; what wasn't is purged or whole; nothing else is touched."""
        for number in range(6):
            self.vault.must("PUT", f"/secrets/s{number}", {"value": f"value {number}"})
            self.vault.must("DELETE", f"/secrets/s{number}")
        for number in range(6):
            timer = threading.Timer(0.05 * number, self.server.kill)
            timer.start()
            try:
                answered = self.vault.call("DELETE", f"/deletedsecrets/s{number}")[0] == 204
            except OSError:
                answered = False
            timer.join()
            self.server.start()
            status, _ = self.vault.call("GET", f"/deletedsecrets/s{number}")
            if answered:
                self.assertEqual(status, 404)
            else:
                self.assertIn(status, (200, 404))
                self.vault.must("DELETE", f"/deletedsecrets/s{number}") if status == 200 else None
            self.assert_kept()

    def test_a_purged_vault(self):
        """No copy of the disks opens a vault that was purged; those beside it stay."""
        before = self.copy("before")
        other = VaultClient(self.server).create()
        other.must("PUT", "/secrets/there", {"value": "still"})
        status, answer = self.vault.manage("DELETE", f"/resourceGroups/default/providers/Microsoft.KeyVault/vaults/{self.vault.name}")
        self.assertIn(status, (200, 202, 204), answer)
        region = self.server.endpoints["region"]
        status, answer = self.vault.manage(
            "POST", f"/providers/Microsoft.KeyVault/locations/{region}/deletedVaults/{self.vault.name}/purge")
        self.assertIn(status, (200, 202, 204), answer)
        self.assertEqual(other.must("GET", "/secrets/there")["value"], "still")
        self.server.stop()
        self.server.start()
        self.assertEqual(other.must("GET", "/secrets/there")["value"], "still")
        self.server.stop()
        for name in ("fd0", "fd1", "fd2"):
            shutil.rmtree(self.data / name)
            shutil.copytree(before / name, self.data / name)
        with self.assertRaises(StartFailed):
            self.server.start()
