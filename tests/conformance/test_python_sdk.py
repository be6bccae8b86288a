"""Debian's Python SDK (python3-azure-storage, python3-azure), unmodified, by python/*.py: over https, over plain http."""

import os
import pathlib
import subprocess

from harness import paths
from harness.cases import SharedServerCase
from harness.server import EMULATOR_ACCOUNT, EMULATOR_KEY

SCRIPTS = pathlib.Path(__file__).resolve().parent / "python"
PYTHON = "/usr/bin/python3"  # the one that Debian's modules belong to, whatever PATH says
SECONDS = 120


class PythonSdk(SharedServerCase):
    script = "blob.py"

    def run_tests(self, url: str, account: str, key: str, **settings: str) -> None:
        env = {**os.environ, "REQUESTS_CA_BUNDLE": self.server.ca_file, "BLOB_URL": url, "ACCOUNT_NAME": account,
               "ACCOUNT_KEY": key, "no_proxy": "*", "PYTHONDONTWRITEBYTECODE": "1", **settings}
        done = subprocess.run([paths.needs(PYTHON), "-W", "ignore", str(SCRIPTS / self.script)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-6000:])
        self.assertRegex(done.stderr, r"Ran [1-9]\d* tests")

    def test_https_by_host_name(self):
        self.run_tests(self.server.blob_url, self.server.account, self.server.key)

    def test_plain_http_emulator(self):
        self.run_tests(f"http://127.0.0.1:{self.server.http_port}/{EMULATOR_ACCOUNT}", EMULATOR_ACCOUNT, EMULATOR_KEY)


class PythonSdkBlobState(PythonSdk):
    """Leases, snapshots, tags, tiers, append and page blobs."""

    script = "blob_state.py"


class PythonSdkService(PythonSdk):
    """Copies, batches, finding by tags, SAS of each kind."""

    script = "service.py"


class PythonSdkSignedIn(SharedServerCase):
    """azure-identity."""

    def test_client_secret(self):
        ends = self.server.endpoints
        PythonSdk.run_tests(self, self.server.blob_url, self.server.account, self.server.key,
                            LOGIN_URL=ends["loginEntra"], TENANT_ID=ends["tenantId"],
                            CLIENT_ID=ends["admin"]["clientId"], CLIENT_SECRET=ends["admin"]["clientSecret"])

    script = "signed_in.py"
