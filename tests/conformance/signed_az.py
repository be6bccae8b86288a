"""Debian's azure-cli, unmodified, signed in at the region itself as its administrator."""

import json
import os
import subprocess

from harness import paths
from harness.cases import SharedServerCase

SECONDS = 120


class SignedAz(SharedServerCase):
    """Az with a configuration of its own, which finds everything by the cloud's metadata."""

    options: dict = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = paths.temporary_folder(cls)
        for command in (("cloud", "set", "--name", "Freehold"), ("config", "set", "core.output=json")):
            done = cls.start(*command)
            assert done.returncode == 0, done.stderr
        cls.sign_in()

    @classmethod
    def sign_in(cls) -> None:
        ends = cls.server.endpoints
        done = cls.start("login", "--service-principal", "-u", ends["admin"]["clientId"], "-p",
                         ends["admin"]["clientSecret"], "--tenant", ends["tenantId"], "--output", "json")
        assert done.returncode == 0, done.stderr
        cls.subscriptions = json.loads(done.stdout)

    @classmethod
    def start(cls, *args, **settings) -> subprocess.CompletedProcess:
        env = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
        env |= {"AZURE_CONFIG_DIR": str(cls.home), "AZURE_CORE_COLLECT_TELEMETRY": "0", "no_proxy": "*",
                "AZURE_CORE_ONLY_SHOW_ERRORS": "1", "REQUESTS_CA_BUNDLE": cls.server.ca_file,
                "SSL_CERT_FILE": cls.server.ca_file,
                "ARM_CLOUD_METADATA_URL":
                f"{cls.server.endpoints['management']}/metadata/endpoints?api-version=2019-05-01", **settings}
        env = {name: value for name, value in env.items() if value is not None}
        return subprocess.run([paths.needs("az"), *map(str, args)], cwd=cls.home, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS, env=env)

    credentials: dict = {}  # what each call of az() gets in its environment

    def az(self, *args, **settings):
        """What the command answered, from its JSON."""
        done = self.start(*args, "--output", "json", **{**self.credentials, **settings})
        self.assertEqual(done.returncode, 0, f"az {args}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refused(self, code: str, *args) -> None:
        done = self.start(*args)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(code, done.stderr)
