"""What the service had of an account's key is gone once the key is its owner's: old copies of the disks open nothing, and a kill at
any moment of the change loses nothing."""

import pathlib
import shutil
import threading
import time

from harness import paths
from harness.blob_client import BlobClient
from harness.cases import ServerCase
from harness.owners_key import UnderOwnersKey
from harness.server import StartFailed

WITHHELD = "KeyVaultEncryptionKeyNotFound"
SERVICES = {"properties": {"encryption": {"keySource": "Microsoft.Storage"}}}
KILLS = 8


class AccountKeys(UnderOwnersKey, ServerCase):
    def setUp(self):
        self.data = paths.temporary_folder(self) / "data"
        self.set_up(self.data)
        self.account(SERVICES)

    def copy(self, name: str) -> pathlib.Path:
        self.server.stop()
        copy = self.data.parent / name
        shutil.copytree(self.data, copy, symlinks=True)
        self.server.start()
        self.blobs = BlobClient.of(self.server)
        return copy

    def assert_light(self) -> None:
        self.assertEqual(self.blobs.get("box/small").body, self.small)
        self.assertEqual(self.blobs.get("box/big").body, self.big)

    def test_old_disks_open_nothing(self):
        before = self.copy("before")
        self.assert_light()
        token = {path.name for path in (self.data / "hsm" / "tokens").rglob("*.object")}
        self.put_under_key()
        self.assertNotEqual({path.name for path in (self.data / "hsm" / "tokens").rglob("*.object")}, token)
        self.assert_light()
        after = self.copy("after")
        self.assert_light()
        self.server.stop()
        # The disks of before and the token of now.
        mixed = self.data.parent / "mixed"
        shutil.copytree(before, mixed)
        shutil.rmtree(mixed / "hsm")
        shutil.copytree(after / "hsm", mixed / "hsm")
        with self.assertRaises(StartFailed) as refused:
            self.serve(mixed)
        self.assertIn("another time", refused.exception.output)

    def test_kills_in_the_middle_of_changes(self):
        for number in range(KILLS):
            timer = threading.Timer(0.08 * number, self.server.kill)
            timer.start()
            try:
                self.account(self.under_key() if number % 2 == 0 else SERVICES)
            except (OSError, AssertionError):
                pass
            timer.join()
            self.server.start()
            self.blobs = BlobClient.of(self.server)
            self.assertEqual(self.blobs.get("box/small").body, self.small)
        self.put_under_key()
        self.assert_light()
        self.enable(False)
        time.sleep(1)
        self.assertEqual(self.blobs.get("box/small").code, WITHHELD)
        self.enable(True)
        self.assert_light()
