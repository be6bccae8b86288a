"""Debian's azure-cli, unmodified, signed in at the region itself: subscriptions, resource groups, providers."""

import json
import os
import subprocess

from harness import paths
from harness.cases import SharedServerCase

SECONDS = 120


class AzResources(SharedServerCase):
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

    def test_whose_subscription_it_is(self):
        ends = self.server.endpoints
        self.assertEqual([(s["id"], s["tenantId"]) for s in self.subscriptions],
                         [(ends["subscriptionId"], ends["tenantId"])])
        listed = self.az("account", "list", "--refresh")
        self.assertEqual([(s["id"], s["state"], s["isDefault"]) for s in listed],
                         [(ends["subscriptionId"], "Enabled", True)])
        self.assertEqual(self.az("account", "show")["environmentName"], "Freehold")
        self.assertEqual([place["name"] for place in self.az("account", "list-locations")], [ends["region"]])

    def test_a_cloud_registered_by_hand(self):
        ends = self.server.endpoints
        home = paths.temporary_folder(self)
        own = {"AZURE_CONFIG_DIR": str(home), "ARM_CLOUD_METADATA_URL": None}
        self.az("cloud", "register", "--name", "ByHand", "--endpoint-resource-manager", ends["management"],
                "--suffix-storage-endpoint", f"core.{self.server.domain}:{self.server.https_port}", **own)
        shown = self.az("cloud", "show", "--name", "ByHand", **own)
        self.assertEqual(shown["endpoints"]["activeDirectory"], ends["login"])
        self.assertEqual(shown["endpoints"]["activeDirectoryResourceId"].rstrip("/"), ends["management"])
        self.az("cloud", "set", "--name", "ByHand", **own)
        signed_in = self.az("login", "--service-principal", "-u", ends["admin"]["clientId"], "-p",
                            ends["admin"]["clientSecret"], "--tenant", ends["tenantId"], **own)
        self.assertEqual([s["id"] for s in signed_in], [ends["subscriptionId"]])

    def test_a_group_from_create_to_delete(self):
        region = self.server.endpoints["region"]
        self.assertIn("default", self.az("group", "list", "--query", "[].name"))
        made = self.az("group", "create", "-n", "team", "-l", region, "--tags", "cost=low", "owner=me")
        self.assertEqual((made["location"], made["tags"], made["properties"]["provisioningState"]),
                         (region, {"cost": "low", "owner": "me"}, "Succeeded"))
        self.assertEqual(self.az("group", "list", "--tag", "cost=low", "--query", "[].name"), ["team"])
        changed = self.az("group", "update", "-n", "team", "--set", "tags.cost=high")
        self.assertEqual(changed["tags"]["cost"], "high")
        self.assertTrue(self.az("group", "exists", "-n", "team"))
        self.assertEqual(self.az("group", "show", "-n", "TEAM")["name"], "team")
        self.refused("LocationNotAvailableForResourceGroup", "group", "create", "-n", "far", "-l", "westus")
        self.az("group", "delete", "-n", "team", "--yes", "--no-wait")
        self.az("group", "wait", "-n", "team", "--deleted", "--interval", "1", "--timeout", "60")
        self.assertFalse(self.az("group", "exists", "-n", "team"))
        self.az("group", "create", "-n", "team", "-l", region)
        self.az("group", "delete", "-n", "team", "--yes")
        self.refused("ResourceGroupNotFound", "group", "show", "-n", "team")

    def test_providers(self):
        listed = self.az("provider", "list", "--query", "[].namespace")
        self.assertIn("Microsoft.Resources", listed)
        shown = self.az("provider", "show", "-n", "microsoft.authorization")
        self.assertEqual(shown["registrationState"], "Registered")
        self.assertIn("locks", [each["resourceType"] for each in shown["resourceTypes"]])
        self.assertIsInstance(self.az("resource", "list"), list)
