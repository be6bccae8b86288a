"""The pages of sign-in in Debian's Chromium, by browser/pages.test.mjs."""

import os
import pathlib
import shutil
import subprocess

from harness import node, paths

from .test_directory import PASSWORD, DirectoryCase

BROWSER = pathlib.Path(__file__).resolve().parent / "browser"
SECONDS = 200


class SignInPages(DirectoryCase):
    def test_in_chromium(self):
        user = self.add_user("eve")
        folder = paths.temporary_folder(self)
        (folder / "node_modules").symlink_to(node.installed(BROWSER) / "node_modules")
        for name in ("pages.test.mjs", "package.json"):
            shutil.copy(BROWSER / name, folder)
        env = {**os.environ, "NODE_EXTRA_CA_CERTS": self.server.ca_file, "LOGIN_URL": self.ends["loginEntra"],
               "MANAGEMENT_URL": self.ends["management"], "CHROMIUM": paths.needs("chromium"), "USER_NAME": user,
               "PASSWORD": PASSWORD, "NO_PROXY": "*", "HOME": str(folder)}
        done = subprocess.run([node.node_program(), "--test", "--test-reporter=spec", "pages.test.mjs"], cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-3000:])
        self.assertIn("ℹ pass 3", done.stdout)
