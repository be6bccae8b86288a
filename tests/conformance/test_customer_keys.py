"""A storage account under its owner's key, by Debian's azure-cli, unmodified."""

import os
import secrets
import time

from conformance.az_case import SignedAz
from harness import paths


class CustomerKeys(SignedAz):
    def rest(self, method: str, url: str, *args):
        return self.az("rest", "--method", method, "--url", url, "--resource", "https://vault.azure.net", *args)

    def make_key(self) -> str:
        """The key k1 in a vault of a fresh name, which an account may have too; the vault's URL."""
        self.name = "az" + secrets.token_hex(6)
        vault = self.az("keyvault", "create", "-n", self.name, "-g", "default", "-l", self.server.endpoints["region"],
                        "--enable-purge-protection", "true")["properties"]["vaultUri"]
        self.rest("post", f"{vault}keys/k1/create?api-version=7.3", "--body", '{"kty": "RSA"}')
        return vault

    def update(self, *args) -> dict:
        return self.az("storage", "account", "update", "-n", self.name, "-g", "default", *args)

    def test_from_the_vault_to_the_dark_and_back(self):
        region, vault = self.server.endpoints["region"], self.make_key()
        key = f"{vault}keys/k1"
        self.az("storage", "account", "create", "-n", self.name, "-g", "default", "-l", region, "--sku", "Standard_LRS")
        by_key = ("--encryption-key-source", "Microsoft.Keyvault", "--encryption-key-vault", vault,
                  "--encryption-key-name", "k1")
        update = ("storage", "account", "update", "-n", self.name, "-g", "default", *by_key)
        self.refused("KeyVaultPolicyError", *update)  # it has no identity yet
        identity = self.update("--assign-identity")["identity"]
        self.assertEqual(identity["type"], "SystemAssigned")
        self.refused("KeyVaultAuthenticationFailure", *update)
        self.az("keyvault", "set-policy", "-n", self.name, "--object-id", identity["principalId"],
                "--key-permissions", "get", "wrapKey", "unwrapKey")
        encryption = self.az(*update)["encryption"]
        self.assertEqual(encryption["keySource"], "Microsoft.Keyvault")
        self.assertTrue(encryption["keyVaultProperties"]["currentVersionedKeyIdentifier"].startswith(key), encryption)

        text = self.az("storage", "account", "show-connection-string", "-n", self.name, "-g", "default")
        by_string = {"AZURE_STORAGE_CONNECTION_STRING": text["connectionString"]}
        self.az("storage", "container", "create", "-n", "box", **by_string)
        folder = paths.temporary_folder(self)
        (folder / "b").write_bytes(os.urandom(300_000))
        self.blob("upload", "-c", "box", "-n", "b", "-f", folder / "b", **by_string)
        download = ("storage", "blob", "download", "-c", "box", "-n", "b", "-f", folder / "back", "--no-progress")
        self.rest("patch", f"{key}?api-version=7.3", "--body", '{"attributes": {"enabled": false}}')
        time.sleep(1)  # what a second may pass before the data is dark is promised, and no more
        refused = self.start(*download, **by_string)
        self.assertNotEqual(refused.returncode, 0, refused.stdout)
        self.assertIn("KeyVaultEncryptionKeyNotFound", refused.stderr)
        self.refused("KeyVaultAuthenticationFailure", "storage", "account", "update", "-n", self.name, "-g", "default",
                     "--encryption-key-source", "Microsoft.Storage")
        self.rest("patch", f"{key}?api-version=7.3", "--body", '{"attributes": {"enabled": true}}')
        self.az(*download, **by_string)
        self.assertEqual((folder / "back").read_bytes(), (folder / "b").read_bytes())
        self.assertEqual(self.update("--encryption-key-source", "Microsoft.Storage")["encryption"]["keySource"],
                         "Microsoft.Storage")
        self.az("storage", "account", "delete", "-n", self.name, "-g", "default", "--yes")

    def test_an_account_that_is_made_under_the_key(self):
        region, vault = self.server.endpoints["region"], self.make_key()
        identity = self.az("identity", "create", "-n", self.name, "-g", "default", "-l", region)
        self.assertIn(self.name, self.az("identity", "list", "-g", "default", "--query", "[].name"))
        create = ("storage", "account", "create", "-n", self.name, "-g", "default", "-l", region, "--sku", "Standard_LRS",
                  "--identity-type", "UserAssigned", "--user-identity-id", identity["id"], "--key-vault-user-identity-id",
                  identity["id"], "--encryption-key-source", "Microsoft.Keyvault", "--encryption-key-vault", vault,
                  "--encryption-key-name", "k1")
        self.refused("KeyVaultAuthenticationFailure", *create)
        self.az("keyvault", "set-policy", "-n", self.name, "--object-id", identity["principalId"],
                "--key-permissions", "get", "wrapKey", "unwrapKey")
        made = self.az(*create)
        self.assertEqual(made["encryption"]["keySource"], "Microsoft.Keyvault")
        self.assertEqual(made["encryption"]["encryptionIdentity"]["encryptionUserAssignedIdentity"].lower(),
                         identity["id"].lower())
        text = self.az("storage", "account", "show-connection-string", "-n", self.name, "-g", "default")
        by_string = {"AZURE_STORAGE_CONNECTION_STRING": text["connectionString"]}
        self.az("storage", "container", "create", "-n", "box", **by_string)
        folder = paths.temporary_folder(self)
        (folder / "b").write_bytes(b"x" * 1000)
        self.blob("upload", "-c", "box", "-n", "b", "-f", folder / "b", **by_string)
        # It opens the account's key: it stays as long as it does, and its right alone is taken away.
        self.refused("IdentityInUse", "identity", "delete", "-n", self.name, "-g", "default")
        self.az("keyvault", "delete-policy", "-n", self.name, "--object-id", identity["principalId"])
        time.sleep(1)  # as above
        refused = self.start("storage", "blob", "download", "-c", "box", "-n", "b", "-f", folder / "back",
                             "--no-progress", **by_string)
        self.assertIn("KeyVaultEncryptionKeyNotFound", refused.stderr)
        self.az("storage", "account", "delete", "-n", self.name, "-g", "default", "--yes")
        self.az("identity", "delete", "-n", self.name, "-g", "default")
