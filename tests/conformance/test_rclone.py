"""rclone, unmodified: a tree of files goes up, is checked byte by byte, changes, comes back and goes away."""

import os
import subprocess

from harness import paths, signer, trees
from harness.cases import SharedServerCase
from harness.server import EMULATOR_ACCOUNT

SECONDS = 120


class Rclone(SharedServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tree = trees.make_tree(paths.temporary_folder(cls) / "tree", seed=1)

    def setUp(self):
        self.folder = paths.temporary_folder(self)

    def configure(self, **settings) -> None:
        """Writes the rclone.conf that a user would write."""
        lines = ["[fh]", "type = azureblob"] + [f"{name} = {value}" for name, value in settings.items()]
        self.config = self.folder / "rclone.conf"
        self.config.write_text("\n".join(lines) + "\n")

    def rclone(self, *args, code=0) -> str:
        command = [paths.needs("rclone"), "--config", str(self.config), "--ca-cert", self.server.ca_file,
                   "--retries", "1", *map(str, args)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
                              env={**os.environ, "no_proxy": "*"})
        self.assertEqual(done.returncode, code, f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def test_https_with_account_and_key(self):
        self.configure(account=self.server.account, key=self.server.key,
                       endpoint=f"{self.server.blob_suffix}:{self.server.https_port}")
        self.the_life_of_a_tree("fh:tree-https")

    def test_plain_http_path_style(self):
        self.configure(use_emulator="true", endpoint=f"http://127.0.0.1:{self.server.http_port}/{EMULATOR_ACCOUNT}")
        self.the_life_of_a_tree("fh:tree-http")

    def test_account_sas_path_style(self):
        sas = signer.account_sas(self.server.account, self.server.key, "rwdlac")
        self.configure(sas_url=f"{self.server.path_url}?{sas}")
        self.rclone("mkdir", "fh:sas-tree")
        self.rclone("sync", self.tree / "odd", "fh:sas-tree/odd")
        self.rclone("check", "--download", self.tree / "odd", "fh:sas-tree/odd")
        self.rclone("purge", "fh:sas-tree")

    def the_life_of_a_tree(self, remote: str) -> None:
        tree = self.folder / "tree"
        subprocess.run(["cp", "-r", str(self.tree), str(tree)], check=True)
        self.rclone("mkdir", remote)
        self.rclone("sync", tree, remote)
        self.rclone("check", tree, remote)
        self.rclone("check", "--download", tree, remote)
        listed = set(self.rclone("lsf", "-R", "--files-only", remote).splitlines())
        self.assertEqual(listed, set(trees.digests(tree)))

        trees.change_tree(tree, seed=2)
        self.rclone("check", "--download", tree, remote, code=1)
        self.rclone("sync", tree, remote)
        self.rclone("check", "--download", tree, remote)

        back = self.folder / "back"
        self.rclone("sync", remote, back)
        self.assertEqual(trees.digests(back), trees.digests(tree))

        self.rclone("deletefile", f"{remote}/odd/empty")
        self.assertNotIn("empty", self.rclone("lsf", f"{remote}/odd").splitlines())
        self.rclone("delete", f"{remote}/many")
        self.assertEqual(self.rclone("lsf", "-R", "--files-only", f"{remote}/many"), "")
        self.rclone("purge", remote)
        self.assertNotIn(remote.partition(":")[2] + "/", self.rclone("lsf", "fh:").splitlines())
