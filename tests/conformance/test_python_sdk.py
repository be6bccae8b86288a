"""Debian's Python SDK (python3-azure-storage), unmodified, by python/blob.py: by host name, by path, over plain http."""

import os
import pathlib
import subprocess

from harness import paths
from harness.cases import SharedServerCase
from harness.server import EMULATOR_ACCOUNT, EMULATOR_KEY

SCRIPT = pathlib.Path(__file__).resolve().parent / "python" / "blob.py"
PYTHON = "/usr/bin/python3"  # the one that Debian's modules belong to, whatever PATH says
SECONDS = 120


class PythonSdk(SharedServerCase):
    def run_tests(self, url: str, account: str, key: str) -> None:
        env = {**os.environ, "REQUESTS_CA_BUNDLE": self.server.ca_file, "BLOB_URL": url, "ACCOUNT_NAME": account,
               "ACCOUNT_KEY": key, "no_proxy": "*", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([paths.needs(PYTHON), "-W", "ignore", str(SCRIPT)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-6000:])
        self.assertRegex(done.stderr, r"Ran [1-9]\d* tests")

    def test_https_by_host_name(self):
        self.run_tests(self.server.blob_url, self.server.account, self.server.key)

    def test_plain_http_emulator(self):
        self.run_tests(f"http://127.0.0.1:{self.server.http_port}/{EMULATOR_ACCOUNT}", EMULATOR_ACCOUNT, EMULATOR_KEY)
