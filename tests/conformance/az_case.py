"""Debian's azure-cli, unmodified, with a configuration of its own in which Freehold is its cloud."""

import json
import os
import subprocess

from harness import paths
from harness.cases import SharedServerCase
from harness.waiting import wait_until

SECONDS = 120
REMOVAL_SECONDS = 60  # of what a deleted account kept


class Az(SharedServerCase):
    """What all tests with az have; they derive from one of the two below, which differ in how az learns of the cloud."""

    options: dict = {}
    credentials: dict = {}  # what each call of az() gets in its environment

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = paths.temporary_folder(cls)
        cls.choose_cloud()

    @classmethod
    def choose_cloud(cls) -> None:
        cls.must("cloud", "set", "--name", "Freehold")

    @classmethod
    def environment(cls, **settings) -> dict:
        """A setting that is None isn't there."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("AZURE_")}
        env |= {"AZURE_CONFIG_DIR": str(cls.home), "AZURE_CORE_COLLECT_TELEMETRY": "0", "no_proxy": "*",
                "AZURE_CORE_ONLY_SHOW_ERRORS": "1", "REQUESTS_CA_BUNDLE": cls.server.ca_file, **settings}
        return {name: value for name, value in env.items() if value is not None}

    @classmethod
    def start(cls, *args, **settings) -> subprocess.CompletedProcess:
        return subprocess.run([paths.needs("az"), *map(str, args)], cwd=cls.home, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS, env=cls.environment(**settings))

    @classmethod
    def must(cls, *args, **settings):
        """What the command answered, from its JSON."""
        done = cls.start(*args, "--output", "json", **settings)
        assert done.returncode == 0, f"az {args}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    @classmethod
    def sign_in(cls, **settings) -> list:
        """As the administrator; the subscriptions that az found."""
        ends = cls.server.endpoints
        return cls.must("login", "--service-principal", "-u", ends["admin"]["clientId"], "-p",
                        ends["admin"]["clientSecret"], "--tenant", ends["tenantId"], **settings)

    def az(self, *args, **settings):
        return self.must(*args, **{**self.credentials, **settings})

    def refused(self, code: str, *args) -> None:
        done = self.start(*args)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(code, done.stderr)

    def blob(self, command: str, *args, **settings):
        """`az storage blob COMMAND` where a bar of progress would only be in the way."""
        return self.az("storage", "blob", *command.split(), *args, "--no-progress", **settings)

    def wait_until_account_name_is_free(self, name: str) -> None:
        """A deleted account keeps its name until its content is removed; in its place a new one is a conflict."""
        wait_until(lambda: self.az("storage", "account", "check-name", "-n", name)["nameAvailable"],
                   REMOVAL_SECONDS, f"the name of the deleted account {name}")


class AzByHand(Az):
    """Freehold is registered as a cloud, with each of its places."""

    @classmethod
    def choose_cloud(cls) -> None:
        ends = cls.server.endpoints
        cls.must("cloud", "register", "--name", "Freehold", "--endpoint-resource-manager", ends["management"],
                 "--endpoint-management", ends["management"], "--endpoint-active-directory", ends["login"],
                 "--endpoint-active-directory-resource-id", ends["management"],
                 "--endpoint-active-directory-graph-resource-id", ends["graph"],
                 "--suffix-storage-endpoint", f"core.{cls.server.domain}:{cls.server.https_port}")
        super().choose_cloud()


class AzByMetadata(Az):
    """Az reads all places from the cloud's metadata."""

    @classmethod
    def environment(cls, **settings) -> dict:
        url = f"{cls.server.endpoints['management']}/metadata/endpoints?api-version=2019-05-01"
        return super().environment(**{"SSL_CERT_FILE": cls.server.ca_file, "ARM_CLOUD_METADATA_URL": url, **settings})


class SignedAz(AzByMetadata):
    """Signed in as the administrator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.subscriptions = cls.sign_in()
