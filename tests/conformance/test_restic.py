"""restic, unmodified: backup, check --read-data, restore, forget --prune. It knows one address: 127.0.0.1:10000."""

import os
import subprocess
import unittest

from harness import paths, trees
from harness.cases import SharedServerCase
from harness.server import EMULATOR_ACCOUNT, EMULATOR_KEY
from harness.waiting import port_is_taken

PORT = 10000
SECONDS = 120


class Restic(SharedServerCase):
    options = {"emulator": True, "http_port": PORT}

    @classmethod
    def setUpClass(cls):
        if port_is_taken(PORT):
            raise AssertionError(f"port {PORT} is taken: restic can reach an emulator on no other port. "
                                 f"See who listens with: ss -tlnp sport = :{PORT}")
        super().setUpClass()

    def restic(self, *args) -> str:
        env = {**os.environ, "AZURE_ACCOUNT_NAME": EMULATOR_ACCOUNT, "AZURE_ACCOUNT_KEY": EMULATOR_KEY,
               "RESTIC_REPOSITORY": "azure:backup:/", "RESTIC_PASSWORD": "of no use to anyone", "no_proxy": "*",
               "RESTIC_CACHE_DIR": str(self.folder / "cache")}
        done = subprocess.run([paths.needs("restic"), *map(str, args)], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, f"restic {args}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def test_backup_check_restore_forget(self):
        self.folder = paths.temporary_folder(self)
        tree = trees.make_tree(self.folder / "tree", seed=3)
        self.restic("init")
        self.restic("backup", "tree")
        first = trees.digests(tree)
        trees.change_tree(tree, seed=4)
        self.restic("backup", "tree")
        self.assertIn("no errors were found", self.restic("check", "--read-data"))

        oldest = self.restic("snapshots", "--compact").splitlines()
        snapshot = next(line.split()[0] for line in oldest if line[:8].isalnum() and len(line.split()[0]) == 8)
        self.restic("restore", snapshot, "--target", "first")
        self.assertEqual(trees.digests(self.folder / "first" / "tree"), first)
        self.restic("restore", "latest", "--target", "latest")
        subprocess.run(["diff", "-r", "tree", "latest/tree"], cwd=self.folder, check=True)

        self.restic("forget", "--keep-last", "1", "--prune")
        self.assertIn("no errors were found", self.restic("check", "--read-data"))


if __name__ == "__main__":
    unittest.main()
