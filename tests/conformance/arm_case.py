"""ArmClients: a server, and how the SDKs of the resource manager are run against it."""

import os
import pathlib
import subprocess

from harness import node, paths
from harness.cases import SharedServerCase

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # the one that Debian's modules belong to, whatever PATH says
SECONDS = 180


class ArmClients(SharedServerCase):
    options: dict = {}

    def settings(self) -> dict:
        ends = self.server.endpoints
        return {"MANAGEMENT_URL": ends["management"], "LOGIN_URL": ends["loginEntra"], "TENANT_ID": ends["tenantId"],
                "CLIENT_ID": ends["admin"]["clientId"], "CLIENT_SECRET": ends["admin"]["clientSecret"],
                "SUBSCRIPTION_ID": ends["subscriptionId"], "REGION": ends["region"]}

    def run_javascript(self, script: str) -> None:
        node.run_tests(self, HERE / "js", script, SECONDS, **self.settings())

    def run_python(self, script: str) -> None:
        env = {**os.environ, "REQUESTS_CA_BUNDLE": self.server.ca_file, "no_proxy": "*", "PYTHONDONTWRITEBYTECODE": "1",
               **self.settings()}
        done = subprocess.run([paths.needs(PYTHON), "-W", "ignore", str(HERE / "python" / script)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-6000:])
        self.assertRegex(done.stderr, r"Ran [1-9]\d* tests?")
