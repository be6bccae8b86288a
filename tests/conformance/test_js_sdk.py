"""The JavaScript SDK, unmodified, by js/*.test.mjs: over https by host name, by path, and over plain http."""

import pathlib

from harness import node
from harness.cases import SharedServerCase
from harness.server import EMULATOR_ACCOUNT, EMULATOR_KEY

JS = pathlib.Path(__file__).resolve().parent / "js"
SECONDS = 120


class JavaScriptSdk(SharedServerCase):
    script = "blob.test.mjs"

    def run_tests(self, url: str, account: str, key: str, **settings: str) -> None:
        node.run_tests(self, JS, self.script, SECONDS, BLOB_URL=url, ACCOUNT_NAME=account, ACCOUNT_KEY=key, **settings)

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
