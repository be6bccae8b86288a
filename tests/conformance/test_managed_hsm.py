"""Managed HSM pools: Debian's azure-cli at the resource manager, its Python administration SDK, and az's own code for security
domains. (Debian's az 2.45 can't be used on a pool itself: it asks that SDK for a version that Debian's doesn't have.)"""

import os
import pathlib
import secrets
import subprocess

from conformance.az_case import SignedAz
from harness import paths

SCRIPTS = pathlib.Path(__file__).resolve().parent / "python"
PYTHON = "/usr/bin/python3"  # the one that Debian's modules belong to, whatever PATH says
SECONDS = 240


class Pools(SignedAz):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.object_id = cls.must("ad", "sp", "show", "--id", cls.server.endpoints["admin"]["clientId"])["id"]

    def create(self, *args) -> dict:
        name = "hsm" + secrets.token_hex(6)
        made = self.az("keyvault", "create", "--hsm-name", name, "-g", "default", "-l", self.server.endpoints["region"],
                       "--administrators", self.object_id, "--retention-days", "7", *args)
        self.assertEqual(made["properties"]["provisioningState"], "Succeeded")
        return made

    def test_a_pool_from_create_to_purge(self):
        name = self.create("--tags", "a=b")["name"]
        self.assertFalse(self.az("keyvault", "check-name", "--name", name, "--resource-type", "hsm")["nameAvailable"])
        self.assertEqual(self.az("keyvault", "show", "--hsm-name", name)["sku"]["name"], "Standard_B1")
        self.assertIn(name, self.az("keyvault", "list", "--resource-type", "hsm", "--query", "[].name"))
        self.assertIn(name, self.az("keyvault", "list", "-g", "default", "--query", "[].name"))
        changed = self.az("keyvault", "update-hsm", "--hsm-name", name, "--default-action", "Deny")
        self.assertEqual(changed["properties"]["networkAcls"]["defaultAction"], "Deny")
        self.az("keyvault", "delete", "--hsm-name", name)
        self.assertNotIn(name, self.az("keyvault", "list", "--resource-type", "hsm", "--query", "[].name"))
        self.assertIn(name, self.az("keyvault", "list-deleted", "--resource-type", "hsm", "--query", "[].name"))
        self.assertIn(name, self.az("keyvault", "list-deleted", "--query", "[].name"))
        self.assertEqual(self.az("keyvault", "show-deleted", "--hsm-name", name)["name"], name)
        self.az("keyvault", "recover", "--hsm-name", name)
        self.assertEqual(self.az("keyvault", "show", "--hsm-name", name)["tags"], {"a": "b"})
        self.az("keyvault", "delete", "--hsm-name", name)
        self.az("keyvault", "purge", "--hsm-name", name)
        self.assertNotIn(name, self.az("keyvault", "list-deleted", "--resource-type", "hsm", "--query", "[].name"))

    def test_python(self):
        ends = self.server.endpoints
        settings = {"POOL_URL": self.create()["properties"]["hsmUri"], "OTHER_URL": self.create()["properties"]["hsmUri"],
                    "LOGIN_URL": ends["loginEntra"], "TENANT_ID": ends["tenantId"],
                    "CLIENT_ID": ends["admin"]["clientId"], "CLIENT_SECRET": ends["admin"]["clientSecret"],
                    "OBJECT_ID": self.object_id, "HOLDERS": str(self.home)}
        env = {**os.environ, "REQUESTS_CA_BUNDLE": self.server.ca_file, "no_proxy": "*", "PYTHONDONTWRITEBYTECODE": "1",
               "AZURE_CONFIG_DIR": str(self.home), "BLOB_URL": self.server.blob_url, "ACCOUNT_NAME": self.server.account,
               "ACCOUNT_KEY": self.server.key, **settings}
        done = subprocess.run([paths.needs(PYTHON), "-W", "ignore", str(SCRIPTS / "managed_hsm.py")],
                              capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-6000:])
        self.assertRegex(done.stderr, r"Ran [1-9]\d* tests")
