"""Vaults: Debian's azure-cli and Python SDK, @azure/keyvault-secrets, -keys and -certificates, unmodified."""

import json
import os
import pathlib
import secrets
import subprocess

from conformance.az_case import SignedAz
from harness import node, paths

VAULT = pathlib.Path(__file__).resolve().parent / "vault"
SCRIPTS = pathlib.Path(__file__).resolve().parent / "python"
PYTHON = "/usr/bin/python3"  # the one that Debian's modules belong to, whatever PATH says
SECONDS = 240


class VaultCase(SignedAz):
    def create(self, *args, name: str | None = None) -> dict:
        return self.az("keyvault", "create", "-n", name or "az" + secrets.token_hex(6), "-g", "default", "-l",
                       self.server.endpoints["region"], *args)

    def settings(self, vault: dict) -> dict[str, str]:
        ends = self.server.endpoints
        return {"VAULT_URL": vault["properties"]["vaultUri"].rstrip("/"), "LOGIN_URL": ends["loginEntra"],
                "TENANT_ID": ends["tenantId"], "CLIENT_ID": ends["admin"]["clientId"],
                "CLIENT_SECRET": ends["admin"]["clientSecret"]}


class Vaults(VaultCase):
    def rest(self, method: str, url: str, *args):
        return self.az("rest", "--method", method, "--url", url, "--resource", "https://vault.azure.net", *args)

    def test_a_vault_from_create_to_purge(self):
        made = self.create("--retention-days", "7", "--tags", "a=b")
        name = made["name"]
        self.assertEqual((made["properties"]["provisioningState"], made["tags"]), ("Succeeded", {"a": "b"}))
        self.assertEqual(made["properties"]["softDeleteRetentionInDays"], 7)
        self.assertEqual(len(made["properties"]["accessPolicies"]), 1)
        self.assertEqual(self.az("keyvault", "show", "-n", name)["id"], made["id"])
        self.assertIn(name, self.az("keyvault", "list", "--query", "[].name"))
        self.assertIn(name, self.az("keyvault", "list", "-g", "default", "--query", "[].name"))

        secret = made["properties"]["vaultUri"] + "secrets/s1?api-version=7.3"
        self.rest("put", secret, "--body", '{"value": "hidden"}')
        self.assertEqual(self.rest("get", secret)["value"], "hidden")
        changed = self.az("keyvault", "update", "-n", name, "--enabled-for-deployment", "true")
        self.assertTrue(changed["properties"]["enabledForDeployment"])

        self.az("keyvault", "delete", "-n", name)
        self.assertNotIn(name, self.az("keyvault", "list", "--query", "[].name"))
        self.assertIn(name, self.az("keyvault", "list-deleted", "--query", "[].name"))
        self.assertEqual(self.az("keyvault", "show-deleted", "-n", name)["name"], name)
        self.az("keyvault", "recover", "-n", name)
        self.assertEqual(self.rest("get", secret)["value"], "hidden")
        self.az("keyvault", "delete", "-n", name)
        self.az("keyvault", "purge", "-n", name)
        self.assertNotIn(name, self.az("keyvault", "list-deleted", "--query", "[].name"))

    def test_access_policies(self):
        name = self.create("--no-self-perms", "true")["name"]
        secret = self.az("keyvault", "show", "-n", name)["properties"]["vaultUri"] + "secrets/s1?api-version=7.3"
        done = self.start("rest", "--method", "put", "--url", secret, "--resource", "https://vault.azure.net", "--body",
                          '{"value": "x"}')
        self.assertIn("ForbiddenByPolicy", done.stderr)
        spn = self.server.endpoints["admin"]["clientId"]
        self.az("keyvault", "set-policy", "-n", name, "--spn", spn, "--secret-permissions", "set", "get")
        self.rest("put", secret, "--body", '{"value": "x"}')
        self.assertEqual(self.rest("get", secret)["value"], "x")
        self.az("keyvault", "delete-policy", "-n", name, "--spn", spn)
        done = self.start("rest", "--method", "get", "--url", secret, "--resource", "https://vault.azure.net")
        self.assertIn("ForbiddenByPolicy", done.stderr)

    def test_purge_protection(self):
        name = self.create("--enable-purge-protection", "true")["name"]
        self.az("keyvault", "delete", "-n", name)
        self.refused("MethodNotAllowed", "keyvault", "purge", "-n", name)

    def test_a_template_with_a_secret(self):
        ends = self.server.endpoints
        name = "az" + secrets.token_hex(6)
        vaults = {"apiVersion": "2022-07-01", "location": ends["region"]}
        template = {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "parameters": {"hidden": {"type": "securestring"}},
            "resources": [
                {**vaults, "type": "Microsoft.KeyVault/vaults", "name": name,
                 "properties": {"tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"},
                                "enableRbacAuthorization": True}},
                {**vaults, "type": "Microsoft.KeyVault/vaults/secrets", "name": f"{name}/mail",
                 "dependsOn": [f"[resourceId('Microsoft.KeyVault/vaults', '{name}')]"],
                 "properties": {"value": "[parameters('hidden')]"}}],
            "outputs": {"uri": {"type": "string", "value":
                                f"[reference(resourceId('Microsoft.KeyVault/vaults/secrets', '{name}', 'mail')).secretUri]"}}}
        file = self.home / "template.json"
        file.write_text(json.dumps(template))
        done = self.az("deployment", "group", "create", "-g", "default", "-f", file, "-p", "hidden=a secret text")
        uri = done["properties"]["outputs"]["uri"]["value"]
        self.assertEqual(self.rest("get", uri + "?api-version=7.3")["value"], "a secret text")
        self.assertNotIn("a secret text", json.dumps(done))

    def test_javascript_secrets(self):
        vault = self.create("--enable-rbac-authorization", "true")
        node.run_tests(self, VAULT, "secrets.test.mjs", SECONDS, **self.settings(vault))

    def test_javascript_keys(self):
        vault = self.create()  # with an access policy for "all", which doesn't include purging
        self.az("keyvault", "set-policy", "-n", vault["name"], "--spn", self.server.endpoints["admin"]["clientId"],
                "--key-permissions", "all", "purge")
        node.run_tests(self, VAULT, "keys.test.mjs", SECONDS, **self.settings(vault))

    def test_javascript_certificates(self):
        vault = self.create("--enable-rbac-authorization", "true")
        node.run_tests(self, VAULT, "certificates.test.mjs", SECONDS, **self.settings(vault))

    def test_python(self):
        settings = self.settings(self.create("--enable-rbac-authorization", "true"))
        env = {**os.environ, "REQUESTS_CA_BUNDLE": self.server.ca_file, "no_proxy": "*", "PYTHONDONTWRITEBYTECODE": "1",
               "BLOB_URL": self.server.blob_url, "ACCOUNT_NAME": self.server.account, "ACCOUNT_KEY": self.server.key,
               **settings}
        done = subprocess.run([paths.needs(PYTHON), "-W", "ignore", str(SCRIPTS / "vault.py")], capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-6000:])
        self.assertRegex(done.stderr, r"Ran [1-9]\d* tests")


class ThrottledVault(VaultCase):
    """One vault may make a key in ten seconds."""

    @classmethod
    def setUpClass(cls):
        file = paths.temporary_folder(cls) / "freehold.toml"
        file.write_text("[vault]\nkey_creations = 1\n")
        cls.options = {"args": ["--config", str(file)]}
        super().setUpClass()

    def test_javascript_comes_again_when_it_is_told_to(self):
        vault = self.create("--enable-rbac-authorization", "true")
        node.run_tests(self, VAULT, "throttled.test.mjs", SECONDS, **self.settings(vault))
