"""Storage accounts as resources: Debian's azure-cli and @azure/arm-storage, unmodified, and what the data plane makes of
each change at once."""

import os
import pathlib
import secrets
import subprocess

from conformance.az_case import AzByHand
from harness import node, paths
from harness.blob_client import BlobClient
from harness.cases import SharedServerCase

JS = pathlib.Path(__file__).resolve().parent / "js"
SECONDS = 180


class AzStorageAccounts(AzByHand):
    options = {"http_port": 0}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sign_in()

    def create(self, name: str, *args) -> dict:
        return self.az("storage", "account", "create", "-n", name, "-g", "default", "-l",
                       self.server.endpoints["region"], "--sku", "Standard_LRS", *args)

    def keys_of(self, name: str) -> list[str]:
        return self.az("storage", "account", "keys", "list", "-n", name, "-g", "default", "--query", "[].value")

    def containers(self, name: str, *credential) -> subprocess.CompletedProcess:
        """az storage container list, which may be refused."""
        return self.start("storage", "container", "list", "--account-name", name, *credential, "--output", "json")

    def test_an_account_from_create_to_delete(self):
        name = "az" + secrets.token_hex(6)
        self.assertTrue(self.az("storage", "account", "check-name", "-n", name)["nameAvailable"])
        made = self.create(name, "--tags", "a=b", "--min-tls-version", "TLS1_2")
        self.assertEqual((made["provisioningState"], made["tags"], made["minimumTlsVersion"]),
                         ("Succeeded", {"a": "b"}, "TLS1_2"))
        self.assertFalse(self.az("storage", "account", "check-name", "-n", name)["nameAvailable"])
        self.assertEqual(self.az("storage", "account", "show", "-n", name, "-g", "default")["id"], made["id"])
        self.assertIn(name, self.az("storage", "account", "list", "-g", "default", "--query", "[].name"))

        text = self.az("storage", "account", "show-connection-string", "-n", name, "-g", "default")["connectionString"]
        self.assertIn(f"AccountName={name}", text)
        by_string = {"AZURE_STORAGE_CONNECTION_STRING": text}
        self.assertTrue(self.az("storage", "container", "create", "-n", "box", **by_string)["created"])
        folder = paths.temporary_folder(self)
        (folder / "b").write_bytes(os.urandom(100_000))
        self.blob("upload", "-c", "box", "-n", "b", "-f", folder / "b", **by_string)

        login = ("--account-name", name, "--auth-mode", "login")
        self.blob("download", "-c", "box", "-n", "b", "-f", folder / "back", *login)
        self.assertEqual((folder / "back").read_bytes(), (folder / "b").read_bytes())

        first, second = self.keys_of(name)
        renewed = self.az("storage", "account", "keys", "renew", "-n", name, "-g", "default", "--key", "primary")
        self.assertNotEqual(renewed[0]["value"], first)
        self.assertNotEqual(self.containers(name, "--account-key", first).returncode, 0)
        self.assertEqual(self.containers(name, "--account-key", second).returncode, 0)

        self.az("storage", "account", "delete", "-n", name, "-g", "default", "--yes")
        self.assertNotIn(name, self.az("storage", "account", "list", "--query", "[].name"))
        self.assertNotEqual(self.containers(name, "--account-key", second).returncode, 0)
        self.wait_until_account_name_is_free(name)
        self.create(name)
        self.assertEqual(self.az("storage", "container", "list", *login), [])
        self.az("storage", "account", "delete", "-n", name, "-g", "default", "--yes")

    def test_what_the_owner_sets_holds_at_once(self):
        name = "az" + secrets.token_hex(6)
        self.create(name)
        key = ("--account-key", self.keys_of(name)[0])
        self.assertEqual(self.containers(name, *key).returncode, 0)

        def update(*args):
            return self.az("storage", "account", "update", "-n", name, "-g", "default", *args)

        update("--default-action", "Deny")
        refused = self.containers(name, *key)
        self.assertIn("may be blocked by network rules", refused.stderr)  # az, of AuthorizationFailure
        self.az("storage", "account", "network-rule", "add", "--account-name", name, "-g", "default", "--ip-address",
                "127.0.0.1")
        shown = self.az("storage", "account", "network-rule", "list", "--account-name", name, "-g", "default")
        self.assertEqual([rule["ipAddressOrRange"] for rule in shown["ipRules"]], ["127.0.0.1"])
        update("--default-action", "Allow")
        self.assertEqual(self.containers(name, *key).returncode, 0)
        update("--allow-shared-key-access", "false")
        self.assertIn("Key based authentication is not permitted", self.containers(name, *key).stderr)
        self.assertEqual(self.containers(name, "--auth-mode", "login").returncode, 0)
        self.az("storage", "account", "delete", "-n", name, "-g", "default", "--yes")

    def test_https_only(self):
        name = "az" + secrets.token_hex(6)
        self.create(name, "--https-only", "false")
        client = BlobClient(name, self.keys_of(name)[0], http_port=self.server.http_port)
        self.assertEqual(client.request("GET", "", {"comp": "list"}).status, 200)
        self.az("storage", "account", "update", "-n", name, "-g", "default", "--https-only", "true")
        self.assertEqual(client.request("GET", "", {"comp": "list"}).code, "AccountRequiresHttps")

    def test_what_cannot_be_kept(self):
        done = self.start("storage", "account", "create", "-n", "az" + secrets.token_hex(6), "-g", "default", "--sku",
                          "Standard_GRS")
        self.assertIn("SkuNotAvailable", done.stderr)


class ArmStorage(SharedServerCase):
    def test_javascript(self):
        ends = self.server.endpoints
        node.run_tests(self, JS, "arm_storage.test.mjs", SECONDS, MANAGEMENT_URL=ends["management"],
                       LOGIN_URL=ends["loginEntra"], TENANT_ID=ends["tenantId"], CLIENT_ID=ends["admin"]["clientId"],
                       CLIENT_SECRET=ends["admin"]["clientSecret"], SUBSCRIPTION_ID=ends["subscriptionId"],
                       REGION=ends["region"])
