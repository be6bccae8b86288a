"""Fault domains that are lost, emptied or damaged: reads stay right, writes stay honest, copies are made again."""

import json
import pathlib
import random
import shutil

from harness import paths, server
from harness.blob_client import BlobClient
from harness.cases import ServerCase

from .domain_content import Content

FSCK_SECONDS = 120
EXTENTS = (".extent",)
STORED = (".sst", ".blob", ".log", *EXTENTS)  # RocksDB's tables, values and write-ahead log, and the chunks


class FaultDomains(ServerCase):
    def setUp(self):
        self.data = paths.temporary_folder(self) / "data"
        self.process = self.server_at(self.data, emulator=True)
        self.content = Content("domains", seed=11)

    def fsck(self, *codes: int) -> str:
        done = server.run("fsck", "--data", self.data, seconds=FSCK_SECONDS)
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        return (done.stdout + done.stderr).lower()

    def domain(self, number: int) -> pathlib.Path:
        return self.data / f"fd{number}"

    def test_each_domain_lost_in_turn_is_rebuilt(self):
        self.process.start()
        self.content.write(self, self.process)
        self.process.stop()
        self.fsck(0)
        # When the third is lost, every copy that is left was made by a rebuild or written since.
        for number in (1, 0, 2):
            shutil.rmtree(self.domain(number))
            self.process.start()
            self.content.verify(self, self.process)
            self.content.write(self, self.process)
            self.process.stop()
            self.fsck(0, 1)  # finishes the rebuild if it was interrupted
            self.fsck(0)
        self.process.start()
        self.content.verify(self, self.process)
        self.process.stop()

    def test_three_zones_by_configuration(self):
        folder = self.data.parent / "zones"
        config = self.data.parent / "zrs.toml"
        zones = [folder / name for name in ("north", "west", "south")]
        config.write_text("".join(f'[[zone]]\nname = "{zone.name}"\nfault_domains = ["{zone}"]\n' for zone in zones))
        self.process.args = ["--config", str(config)]
        self.process.start()
        self.content.write(self, self.process)
        self.process.stop()
        self.assertFalse(self.domain(0).exists())
        shutil.rmtree(zones[1])
        self.process.start()
        self.content.verify(self, self.process)
        self.process.stop()
        done = server.run("fsck", "--data", self.data, "--config", config, seconds=FSCK_SECONDS)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        self.assertTrue(any(zones[1].iterdir()), "the lost zone's copy is made again")

    def test_an_emptied_domain_is_rebuilt_after_a_kill(self):
        self.process.start()
        self.content.write(self, self.process)
        self.process.kill()
        shutil.rmtree(self.domain(2))
        self.domain(2).mkdir(mode=0o700)
        self.process.start()
        self.content.verify(self, self.process)
        self.process.stop()
        self.fsck(0, 1)
        self.fsck(0)

    def test_two_domains_gone_means_read_only(self):
        self.process.start()
        self.content.write(self, self.process)
        self.process.stop()
        away = self.data.parent / "away"
        away.mkdir()
        for number in (1, 2):
            self.domain(number).rename(away / f"fd{number}")
        self.process.start()
        self.content.verify(self, self.process)
        client = BlobClient.of(self.process, emulator=True)
        for size in (100, 100_000, 9_000_000):
            reply = client.put("domains/refused", bytes(size))
            self.assertEqual(reply.status, 503, f"a write of {size} bytes with one domain left: {reply.code}")
        self.assertEqual(client.delete(next(iter(self.content.blobs))).status, 503)
        self.assertEqual(client.get("domains/refused").status, 404)
        client.close()
        self.content.verify(self, self.process)
        self.process.stop()

        for number in (1, 2):
            shutil.rmtree(self.domain(number), ignore_errors=True)
            (away / f"fd{number}").rename(self.domain(number))
        self.process.start()
        self.content.verify(self, self.process)
        self.content.write(self, self.process)
        # What was read and refused meanwhile waited beside the store, and is in the log once.
        out = paths.temporary_folder(self) / "out"
        server.run("export-audit", "--data", self.data, "--out", out, check=True)
        records = [json.loads(line)["record"] for line in (out / "records.jsonl").read_text().splitlines()]
        statuses = [record["status"] for record in records if record["resource"].endswith("/domains/refused")]
        self.assertEqual(sorted(statuses), [404, 503, 503, 503])
        self.assertEqual(list(self.data.glob("fd*/*.spool")), [])
        self.process.stop()
        self.fsck(0, 1)
        self.fsck(0)

    def test_two_domains_lost_for_good_come_back_by_fsck(self):
        self.process.start()
        self.content.write(self, self.process)
        self.process.stop()
        for number in (0, 2):
            shutil.rmtree(self.domain(number))
        self.process.start()
        client = BlobClient.of(self.process, emulator=True)
        self.assertEqual(client.put("domains/refused", b"x").status, 503, "one domain alone may have been left behind")
        client.close()
        self.process.stop()
        self.fsck(1)
        self.process.start()
        self.content.verify(self, self.process)
        self.content.write(self, self.process)
        self.process.stop()
        self.fsck(0)

    def test_flipped_bits_are_read_around_and_repaired(self):
        self.process.start()
        self.content.write(self, self.process)
        self.process.restart()
        self.content.write(self, self.process)
        self.process.stop()

        flipped = flip_bits(self.domain(2), seed=1, kinds=STORED)
        self.assertGreater(len(flipped), 2)
        self.process.start()
        self.content.verify(self, self.process)
        self.process.stop()
        self.fsck(0, 1)
        self.fsck(0)

        self.assertGreater(len(flip_bits(self.domain(0), seed=2, kinds=STORED)), 2)
        self.assertIn("repaired", self.fsck(1))
        self.fsck(0)
        self.process.start()
        self.content.verify(self, self.process)
        self.process.stop()

    def test_every_file_of_a_domain_damaged(self):
        self.process.start()
        self.content.write(self, self.process)
        self.process.stop()
        self.assertGreater(len(flip_bits(self.domain(1), seed=4)), 4)  # file key, token copy, lists of files: everything
        self.process.start()
        self.content.verify(self, self.process)
        self.content.write(self, self.process)
        self.process.stop()
        self.fsck(0, 1)
        self.fsck(0)

    def test_damage_to_every_copy_is_named_and_never_returned(self):
        self.process.start()
        self.content.write(self, self.process)
        self.process.stop()
        for number in range(3):
            flip_bits(self.domain(number), seed=3, every=4096, kinds=EXTENTS)
        self.assertIn("damage", self.fsck(2))
        self.process.start()
        client = BlobClient.of(self.process, emulator=True)
        wrong = 0
        for name, body in self.content.blobs.items():
            try:
                reply = client.get(name)
                whole = reply.status == 200
            except Exception:  # noqa: BLE001: a reply cut short is how damage in mid-body is reported
                whole = False
                client.close()
            if whole:
                self.assertTrue(reply.body == body, f"{name} was returned wrong")
            wrong += not whole
        client.close()
        self.assertGreater(wrong, 0, "no blob was hit: the test proves nothing")


def flip_bits(folder: pathlib.Path, seed: int, every: int = 1 << 20, kinds=None) -> list[str]:
    """Flips one bit in every `every` bytes of every file (of these kinds), where something is written."""
    rng = random.Random(seed)
    flipped = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size == 0:
            continue
        if kinds is not None and path.suffix not in kinds:
            continue
        with open(path, "r+b") as file:
            offset = 0
            while block := file.read(every):
                written = [index for index in range(0, len(block), 512) if any(block[index:index + 512])] \
                    if len(block) <= 65536 or block.count(0) < len(block) else []
                if written:
                    at = rng.choice(written)
                    at += rng.randrange(min(512, len(block) - at))
                    file.seek(offset + at)
                    file.write(bytes([block[at] ^ (1 << rng.randrange(8))]))
                    flipped.append(str(path))
                offset += len(block)
                file.seek(offset)
    return flipped
