"""duplicity, unmodified: a full backup, an incremental one, verify, and both of them restored byte by byte."""

import os
import subprocess
import time

from harness import paths, trees
from harness.cases import ServerCase

SECONDS = 180


class Duplicity(ServerCase):
    def setUp(self):
        self.folder = paths.temporary_folder(self)
        self.process = self.serve()
        self.tree = trees.make_tree(self.folder / "tree", seed=5, small=60, big_bytes=6_000_000)

    def duplicity(self, *args, code=0) -> str:
        server = self.process
        connection = (f"DefaultEndpointsProtocol=https;AccountName={server.account};AccountKey={server.key};"
                      f"EndpointSuffix=core.{server.domain}:{server.https_port}")
        env = {**os.environ, "AZURE_CONNECTION_STRING": connection, "REQUESTS_CA_BUNDLE": server.ca_file,
               "no_proxy": "*", "HOME": str(self.folder)}
        command = [paths.needs("duplicity"), *map(str, args), "--archive-dir", str(self.folder / "cache"),
                   "--volsize", "4", "--num-retries", "1", "--tempdir", str(self.folder), "--no-encryption"]
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, code, f"{args}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def test_full_incremental_verify_restore(self):
        remote = "azure://duplicity"
        self.duplicity("full", self.tree, remote)
        first = trees.digests(self.tree)
        begun = int(time.time())
        # Duplicity names a backup by the second in which it begins, and restores the last one up to the time asked for.
        while int(time.time()) == begun:
            time.sleep(0.05)
        trees.change_tree(self.tree, seed=6)
        self.duplicity("incremental", self.tree, remote)
        self.duplicity("verify", "--compare-data", remote, self.tree)
        status = self.duplicity("collection-status", remote)
        self.assertIn("Number of contained backup sets: 2", status)

        self.duplicity("restore", remote, self.folder / "latest")
        self.assertEqual(trees.digests(self.folder / "latest"), trees.digests(self.tree))
        # Without what duplicity keeps at home: everything it needs is in the container.
        self.duplicity("restore", "--time", begun, "--archive-dir", self.folder / "other cache", remote,
                       self.folder / "first")
        self.assertEqual(trees.digests(self.folder / "first"), first)
