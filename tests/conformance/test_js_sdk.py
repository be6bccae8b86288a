"""The JavaScript SDK, unmodified, by js/*.test.mjs: over https by host name, by path, and over plain http."""

import os
import pathlib
import shutil
import subprocess

from harness import node, paths
from harness.cases import SharedServerCase
from harness.server import EMULATOR_ACCOUNT, EMULATOR_KEY

JS = pathlib.Path(__file__).resolve().parent / "js"
SECONDS = 120


class JavaScriptSdk(SharedServerCase):
    script = "blob.test.mjs"

    def run_tests(self, url: str, account: str, key: str, **settings: str) -> None:
        folder = paths.temporary_folder(self)
        (folder / "node_modules").symlink_to(node.installed(JS) / "node_modules")
        shutil.copy(JS / self.script, folder)
        shutil.copy(JS / "package.json", folder)
        env = {**os.environ, "NODE_EXTRA_CA_CERTS": self.server.ca_file, "BLOB_URL": url, "ACCOUNT_NAME": account,
               "ACCOUNT_KEY": key, "NO_PROXY": "*", **settings}
        done = subprocess.run([node.node_program(), "--test", "--test-reporter=spec", self.script], cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-3000:])
        self.assertNotIn("ℹ pass 0", done.stdout)

    def test_https_by_host_name(self):
        self.run_tests(self.server.blob_url, self.server.account, self.server.key)

    def test_https_by_path(self):
        self.run_tests(self.server.path_url, self.server.account, self.server.key)

    def test_plain_http_emulator(self):
        self.run_tests(f"http://127.0.0.1:{self.server.http_port}/{EMULATOR_ACCOUNT}", EMULATOR_ACCOUNT, EMULATOR_KEY,
                       PUBLIC="1")


class JavaScriptSdkSas(JavaScriptSdk):
    """Service SAS, stored policies, public containers."""

    script = "sas.test.mjs"


class JavaScriptSdkBlobState(JavaScriptSdk):
    """Leases, snapshots, tags, tiers and conditions."""

    script = "blob_state.test.mjs"


class JavaScriptSdkService(JavaScriptSdk):
    """Service properties, CORS, batches, finding by tags, listings from a name on."""

    script = "service.test.mjs"


class JavaScriptSdkCopies(JavaScriptSdk):
    """Copies, content from URLs, keys of the customer's own."""

    script = "copies.test.mjs"
