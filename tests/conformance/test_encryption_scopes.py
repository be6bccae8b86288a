"""Encryption scopes by real clients: Debian's azure-cli and Python SDK, and the JavaScript SDK, all unmodified."""

import os
import pathlib
import secrets
import subprocess
import time

from conformance.az_case import SignedAz
from harness import node, paths
from harness.cases import SharedServerCase
from harness.vault_client import VaultClient

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
SECONDS = 120


class AzEncryptionScopes(SignedAz):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.name = "az" + secrets.token_hex(6)
        cls.must("storage", "account", "create", "-n", cls.name, "-g", "default", "-l",
                 cls.server.endpoints["region"], "--sku", "Standard_LRS", "--assign-identity")
        text = cls.must("storage", "account", "show-connection-string", "-n", cls.name, "-g", "default")
        cls.by_string = {"AZURE_STORAGE_CONNECTION_STRING": text["connectionString"]}

    def scope(self, command: str, *args):
        return self.az("storage", "account", "encryption-scope", command, "--account-name", self.name, "-g", "default",
                       *args)

    def upload(self, container: str, blob: str, body: bytes, *args):
        folder = paths.temporary_folder(self)
        (folder / "b").write_bytes(body)
        return self.blob("upload", "-c", container, "-n", blob, "-f", folder / "b", *args, **self.by_string)

    def downloaded(self, container: str, blob: str) -> bytes:
        folder = paths.temporary_folder(self)
        self.blob("download", "-c", container, "-n", blob, "-f", folder / "b", **self.by_string)
        return (folder / "b").read_bytes()

    def refused_download(self, code: str, container: str, blob: str) -> None:
        folder = paths.temporary_folder(self)
        done = self.start("storage", "blob", "download", "-c", container, "-n", blob, "-f", folder / "b",
                          "--no-progress", **self.by_string)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(code, done.stderr)

    def test_a_scope_of_the_services(self):
        made = self.scope("create", "-n", "tenant1", "-s", "Microsoft.Storage")
        self.assertEqual((made["name"], made["state"], made["source"]), ("tenant1", "Enabled", "Microsoft.Storage"))
        self.assertEqual(self.scope("show", "-n", "tenant1")["id"], made["id"])
        self.assertIn("tenant1", [one["name"] for one in self.scope("list")])
        self.assertTrue(self.az("storage", "container", "create", "-n", "box1", "--default-encryption-scope", "tenant1",
                                "--prevent-encryption-scope-override", "true", **self.by_string)["created"])
        self.assertTrue(self.az("storage", "container", "create", "-n", "plain", **self.by_string)["created"])
        body = os.urandom(300_000)
        self.upload("box1", "b", body)
        self.upload("plain", "b", body, "--encryption-scope", "tenant1")
        self.upload("plain", "own", body)
        for place in (("box1", "b"), ("plain", "b"), ("plain", "own")):
            self.assertEqual(self.downloaded(*place), body)
        self.assertEqual(self.scope("update", "-n", "tenant1", "--state", "Disabled")["state"], "Disabled")
        self.refused_download("EncryptionScopeDisabled", "box1", "b")
        self.refused_download("EncryptionScopeDisabled", "plain", "b")
        self.assertEqual(self.downloaded("plain", "own"), body)
        self.assertEqual(self.scope("update", "-n", "tenant1", "--state", "Enabled")["state"], "Enabled")
        self.assertEqual(self.downloaded("box1", "b"), body)

    def test_content_that_is_sealed_twice(self):
        name, region = "az" + secrets.token_hex(6), self.server.endpoints["region"]
        create = ("storage", "account", "create", "-g", "default", "-l", region, "--sku", "Standard_LRS")
        made = self.az(*create, "-n", name, "--require-infrastructure-encryption", "true")
        self.assertTrue(made["encryption"]["requireInfrastructureEncryption"])
        self.assertTrue(self.az("storage", "account", "update", "-n", name, "-g", "default", "--tags", "a=b")
                        ["encryption"]["requireInfrastructureEncryption"])
        text = self.az("storage", "account", "show-connection-string", "-n", name, "-g", "default")
        by_string = {"AZURE_STORAGE_CONNECTION_STRING": text["connectionString"]}
        self.az("storage", "container", "create", "-n", "box", **by_string)
        folder = paths.temporary_folder(self)
        (folder / "b").write_bytes(os.urandom(300_000))
        self.blob("upload", "-c", "box", "-n", "b", "-f", folder / "b", **by_string)
        self.blob("download", "-c", "box", "-n", "b", "-f", folder / "back", **by_string)
        self.assertEqual((folder / "back").read_bytes(), (folder / "b").read_bytes())
        scope = self.scope("create", "-n", "twice", "-s", "Microsoft.Storage", "--require-infrastructure-encryption", "true")
        self.assertTrue(scope["requireInfrastructureEncryption"])
        self.az("storage", "container", "create", "-n", "box3", "--default-encryption-scope", "twice",
                "--prevent-encryption-scope-override", "false", **self.by_string)
        self.upload("box3", "b", b"x" * 70_000)
        self.assertEqual(self.downloaded("box3", "b"), b"x" * 70_000)

    def test_a_scope_under_the_key_of_a_vault(self):
        vault = VaultClient(self.server).create(enablePurgeProtection=True, enableRbacAuthorization=False)
        identity = self.az("storage", "account", "show", "-n", self.name, "-g", "default")["identity"]["principalId"]
        admin = self.server.endpoints["admin"]
        self.az("keyvault", "set-policy", "-n", vault.name, "--spn", admin["clientId"], "--key-permissions", "all")
        vault.must("POST", "/keys/k1/create", {"kty": "RSA"})
        ends = self.server.endpoints
        uri = f"https://{vault.name}.{ends['vaultSuffix']}:{ends['httpsPort']}/keys/k1"
        create = ("storage", "account", "encryption-scope", "create", "--account-name", self.name, "-g", "default", "-n",
                  "tenant2", "-s", "Microsoft.KeyVault", "-u", uri)
        self.refused("KeyVaultAuthenticationFailure", *create)
        self.az("keyvault", "set-policy", "-n", vault.name, "--object-id", identity, "--key-permissions", "get",
                "wrapKey", "unwrapKey")
        made = self.az(*create)
        self.assertEqual(made["source"], "Microsoft.KeyVault")
        self.assertTrue(made["keyVaultProperties"]["currentVersionedKeyIdentifier"].startswith(uri), made)
        self.az("storage", "container", "create", "-n", "box2", "--default-encryption-scope", "tenant2",
                "--prevent-encryption-scope-override", "false", **self.by_string)
        self.upload("box2", "b", b"x" * 1000)
        vault.must("PATCH", "/keys/k1", {"attributes": {"enabled": False}})
        time.sleep(1)  # what a second may pass before the data is dark is promised, and no more
        self.refused_download("KeyVaultEncryptionKeyNotFound", "box2", "b")
        vault.must("PATCH", "/keys/k1", {"attributes": {"enabled": True}})
        self.assertEqual(self.downloaded("box2", "b"), b"x" * 1000)
        self.assertEqual(self.scope("update", "-n", "tenant2", "-s", "Microsoft.Storage")["source"], "Microsoft.Storage")
        vault.must("PATCH", "/keys/k1", {"attributes": {"enabled": False}})
        time.sleep(1)
        self.assertEqual(self.downloaded("box2", "b"), b"x" * 1000)


class SdkEncryptionScopes(SharedServerCase):
    """Scopes `red` and `blue` are there; `off` is disabled."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = VaultClient(cls.server)
        for name, state in (("red", "Enabled"), ("blue", "Enabled"), ("off", "Disabled")):
            path = (f"/resourceGroups/default/providers/Microsoft.Storage/storageAccounts/{cls.server.account}"
                    f"/encryptionScopes/{name}")
            status, answer = client.manage("PUT", path, {"properties": {"source": "Microsoft.Storage", "state": state}},
                                           version="2021-09-01")
            assert status == 201, answer

    def test_python(self):
        env = {**os.environ, "REQUESTS_CA_BUNDLE": self.server.ca_file, "BLOB_URL": self.server.blob_url,
               "ACCOUNT_NAME": self.server.account, "ACCOUNT_KEY": self.server.key, "no_proxy": "*",
               "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run([paths.needs(PYTHON), "-W", "ignore", str(HERE / "python" / "scopes.py")],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-6000:])
        self.assertRegex(done.stderr, r"Ran [1-9]\d* tests")

    def test_javascript(self):
        node.run_tests(self, HERE / "js", "scopes.test.mjs", SECONDS, BLOB_URL=self.server.blob_url,
                       ACCOUNT_NAME=self.server.account, ACCOUNT_KEY=self.server.key)
