"""The HSM token lost or damaged: restored from a sealed copy, or a clear refusal that overwrites nothing."""

import hashlib
import pathlib
import shutil

from harness import paths
from harness.cases import ServerCase
from harness.server import StartFailed

from .domain_content import Content


def damage(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def snapshot(folder: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


class Token(ServerCase):
    def setUp(self):
        self.data = paths.temporary_folder(self) / "data"
        self.process = self.serve(self.data, emulator=True)
        self.content = Content("token", seed=21)
        self.content.write(self, self.process)
        self.process.stop()
        self.token = self.data / "hsm"
        self.copies = [self.data / f"fd{number}" / "token.sealed" for number in range(3)]
        for copy in self.copies:
            self.assertTrue(copy.exists(), f"no sealed copy at {copy}")

        self.further = self.token / "more" / "vault-keys" / "tokens"
        self.whole = snapshot(self.further)
        for number in range(3):
            self.assertTrue((self.data / f"fd{number}" / "token-vault-keys.sealed").exists())

    def starts_and_reads(self) -> None:
        self.process.start()
        # The token of keys in vaults is the one that was, not another that was made in its place.
        self.assertEqual(snapshot(self.further), self.whole)
        self.content.verify(self, self.process)
        self.process.stop()

    def test_missing(self):
        shutil.rmtree(self.token)
        self.starts_and_reads()

    def test_missing_and_one_copy_whole(self):
        shutil.rmtree(self.token)
        damage(self.copies[0])
        self.copies[1].unlink()
        # It may be older than the token was: its owner says that there is no other.
        with self.assertRaises(StartFailed) as refused:
            self.process.start()
        self.assertIn("only one whole sealed copy is at hand", refused.exception.output)
        shutil.copy(self.copies[2], self.copies[1])
        self.starts_and_reads()

    def test_every_object_file_damaged_or_emptied(self):
        objects = [path for path in self.token.rglob("*.object") if path.stat().st_size > 0]
        self.assertGreater(len(objects), 0)
        for path in objects:
            path.write_bytes(b"")  # what a kill during key generation leaves
        self.starts_and_reads()
        for path in self.token.rglob("*.object"):
            data = bytearray(path.read_bytes())
            path.write_bytes(bytes(byte ^ 0xFF for byte in data))
        self.starts_and_reads()

    def test_all_gone_is_refused_and_nothing_is_overwritten(self):
        shutil.rmtree(self.token)
        for copy in self.copies[:2]:
            damage(copy)
        self.copies[2].unlink()
        before = snapshot(self.data)
        for _ in range(2):
            with self.assertRaises(StartFailed) as refused:
                self.process.start()
            self.assertEqual(refused.exception.code, 2, refused.exception.output)
            self.assertRegex(refused.exception.output, r"(?i)token")
            self.assertIn("token.sealed", refused.exception.output)
        self.assertEqual(snapshot(self.data), before)

    def test_a_wrong_pin_is_refused_and_nothing_is_overwritten(self):
        pin = self.data / "pin"
        right = pin.read_bytes()
        pin.write_bytes(b"0000-not-the-pin")
        # The token itself counts failed logins, so its own files are left out.
        before = {number: snapshot(self.data / f"fd{number}") for number in range(3)}
        with self.assertRaises(StartFailed) as refused:
            self.process.start()
        self.assertEqual(refused.exception.code, 2, refused.exception.output)
        self.assertIn(str(pin), refused.exception.output)
        self.assertEqual({number: snapshot(self.data / f"fd{number}") for number in range(3)}, before)
        pin.write_bytes(right)
        self.starts_and_reads()
