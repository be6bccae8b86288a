"""Debian's azure-keyvault-administration and -keys with two Managed HSMs, and the az CLI's own code for security domains: the
first pool's is downloaded, taken apart by az, and uploaded into the second. Needs POOL_URL, OTHER_URL, LOGIN_URL, TENANT_ID,
CLIENT_ID, CLIENT_SECRET, OBJECT_ID, HOLDERS (a folder), and BLOB_URL, ACCOUNT_NAME and ACCOUNT_KEY for a container to back up into."""

import base64
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import unittest
import uuid

import requests
from azure.cli.command_modules.keyvault import custom as az
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.administration import (KeyVaultAccessControlClient, KeyVaultBackupClient, KeyVaultDataAction,
                                           KeyVaultPermission, KeyVaultRoleScope, KeyVaultSettingsClient)
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, SignatureAlgorithm
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

URL, LOGIN, TENANT, CLIENT, SECRET, OBJECT = (
    os.environ[name] for name in ("POOL_URL", "LOGIN_URL", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "OBJECT_ID"))
OTHER, FOLDER = os.environ["OTHER_URL"], pathlib.Path(os.environ["HOLDERS"])
CREDENTIAL = ClientSecretCredential(TENANT, CLIENT, SECRET, authority=LOGIN, instance_discovery=False, retry_total=0)
SMALL = {"retry_total": 0}
AUDITOR = "Managed HSM Crypto Auditor"
USER = "Managed HSM Crypto User"


def ask(method: str, url: str, body=None) -> requests.Response:
    token = CREDENTIAL.get_token("https://managedhsm.azure.net/.default").token
    return requests.request(method, url + "?api-version=7.2", json=body, timeout=60,
                            headers={"authorization": "Bearer " + token})


def setUpModule():
    holders = []
    for i in range(3):
        name = FOLDER / f"holder{i}"
        subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-x509", "-days", "9",
                        "-subj", f"/CN=holder {i}", "-out", f"{name}.cer"], check=True, capture_output=True)
        holders.append(name)
    assert ask("GET", URL + "settings").json()["error"]["innererror"]["code"] == "HsmNotActivated"
    certificates = []
    for name in holders:
        lines = pathlib.Path(f"{name}.cer").read_text().strip().splitlines()
        certificates.append({"kty": "RSA", "x5c": ["".join(lines[1:-1])]})
    given = ask("POST", URL + "securitydomain/download", {"certificates": certificates, "required": 2})
    assert given.status_code == 202, given.text
    assert ask("GET", URL + "securitydomain/upload/pending").json()["status"] == "Success"
    domain = FOLDER / "domain.json"
    domain.write_text(given.json()["value"])

    key = json.loads(ask("GET", OTHER + "securitydomain/upload").json()["transfer_key"])
    der = base64.b64decode(key["x5c"][0])
    exchange = FOLDER / "exchange.cer"
    exchange.write_text("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode() + "-----END CERTIFICATE-----\n")
    blob = az._security_domain_restore_blob(str(domain), str(exchange), [f"{holders[2]}.key", f"{holders[0]}.key"])
    taken = ask("POST", OTHER + "securitydomain/upload", {"value": blob})
    assert taken.status_code == 202, taken.text


def give(url: str, role: str) -> None:
    roles = KeyVaultAccessControlClient(url, CREDENTIAL, **SMALL)
    definition = next(each for each in roles.list_role_definitions(KeyVaultRoleScope.GLOBAL) if each.role_name == role)
    roles.create_role_assignment(KeyVaultRoleScope.GLOBAL, definition.id, OBJECT)


class Roles(unittest.TestCase):
    def setUp(self):
        self.roles = KeyVaultAccessControlClient(URL, CREDENTIAL, **SMALL)

    def definition(self, name: str):
        return next(each for each in self.roles.list_role_definitions(KeyVaultRoleScope.GLOBAL)
                    if each.role_name == name)

    def test_an_assignment(self):
        keys = KeyClient(URL, CREDENTIAL, **SMALL)
        with self.assertRaisesRegex(HttpResponseError, "not authorized"):
            list(keys.list_properties_of_keys())
        made = self.roles.create_role_assignment(KeyVaultRoleScope.KEYS, self.definition(AUDITOR).id, OBJECT,
                                                 name=str(uuid.uuid4()))
        self.assertEqual(made.properties.scope, "/keys")
        self.assertEqual(list(keys.list_properties_of_keys()), [])
        self.assertIn(made.name, [each.name for each in self.roles.list_role_assignments(KeyVaultRoleScope.KEYS)])
        self.roles.delete_role_assignment(KeyVaultRoleScope.KEYS, made.name)
        with self.assertRaisesRegex(HttpResponseError, "not authorized"):
            list(keys.list_properties_of_keys())

    def test_a_definition(self):
        name = uuid.uuid4()
        permission = KeyVaultPermission(data_actions=[KeyVaultDataAction.READ_HSM_KEY])
        made = self.roles.set_role_definition(KeyVaultRoleScope.GLOBAL, name=name, role_name="Readers " + name.hex,
                                              permissions=[permission])
        self.assertEqual(made.permissions[0].data_actions, [KeyVaultDataAction.READ_HSM_KEY])
        self.assertEqual(self.roles.get_role_definition(KeyVaultRoleScope.GLOBAL, name).role_name, made.role_name)
        self.roles.delete_role_definition(KeyVaultRoleScope.GLOBAL, name)
        with self.assertRaises(ResourceNotFoundError):
            self.roles.get_role_definition(KeyVaultRoleScope.GLOBAL, name)


class Settings(unittest.TestCase):
    def test_a_setting(self):
        settings = KeyVaultSettingsClient(URL, CREDENTIAL, **SMALL)
        name = "AllowKeyManagementOperationsThroughARM"
        self.assertIn(name, [each.name for each in settings.list_settings()])
        for value in ("true", "false"):
            settings.update_setting(name, value)
            self.assertEqual(settings.get_setting(name).value, value)


# Behind the others by its name: it gives itself a role that they are to be without.
class WithKeys(unittest.TestCase):
    def setUp(self):
        name, key, url = (os.environ[each] for each in ("ACCOUNT_NAME", "ACCOUNT_KEY", "BLOB_URL"))
        container = "backup" + uuid.uuid4().hex[:8]
        service = BlobServiceClient(url, {"account_name": name, "account_key": key})
        self.container = service.create_container(container)
        self.sas = generate_container_sas(name, container, account_key=key, permission=ContainerSasPermissions(
            read=True, write=True, create=True, delete=True, list=True),
            expiry=datetime.datetime.utcnow() + datetime.timedelta(hours=1))
        self.client = KeyVaultBackupClient(URL, CREDENTIAL, **SMALL)

    # The other pool has the first one's security domain.
    def test_a_backup_is_restored_in_the_other_pool(self):
        for url in (URL, OTHER):
            give(url, USER)
        keys, others = (KeyClient(url, CREDENTIAL, **SMALL) for url in (URL, OTHER))
        kept = keys.create_ec_key("kept", hardware_protected=True)
        second = keys.create_oct_key("second", size=256, hardware_protected=True)
        digest = hashlib.sha256(b"text").digest()
        signature = CryptographyClient(kept.id, CREDENTIAL, **SMALL).sign(SignatureAlgorithm.es256, digest).signature
        done = self.client.begin_backup(self.container.url, self.sas, _polling_interval=1).result()
        self.assertTrue(done.folder_url.startswith(self.container.url + "/mhsm-"), done.folder_url)
        names = [each.name for each in self.container.list_blobs()]
        self.assertTrue(any(each.endswith("/manifest") for each in names), names)

        restores = KeyVaultBackupClient(OTHER, CREDENTIAL, **SMALL)
        restores.begin_restore(done.folder_url, self.sas, key_name="second", _polling_interval=1).wait()
        self.assertEqual([each.name for each in others.list_properties_of_keys()], ["second"])
        with self.assertRaisesRegex(HttpResponseError, "within the last 30 minutes"):
            restores.begin_restore(done.folder_url, self.sas, _polling_interval=1)
        restores.begin_backup(self.container.url, self.sas, _polling_interval=1).wait()
        restores.begin_restore(done.folder_url, self.sas, _polling_interval=1).wait()
        there = others.get_key("kept")
        self.assertEqual((there.properties.version, there.key.x), (kept.properties.version, kept.key.x))
        client = CryptographyClient(there.id, CREDENTIAL, **SMALL)
        self.assertTrue(client.verify(SignatureAlgorithm.es256, digest, signature).is_valid)
        self.assertEqual(len(client.sign(SignatureAlgorithm.es256, digest).signature), 64)
        self.assertEqual(others.get_key("second").properties.version, second.properties.version)

    def test_what_cannot_be_reached_fails(self):
        with self.assertRaises(HttpResponseError):
            self.client.begin_backup("https://example.org/container", self.sas, _polling_interval=1)
        poller = self.client.begin_backup(self.container.url, self.sas[:-8] + "AAAAAAA%3D", _polling_interval=1)
        with self.assertRaises(HttpResponseError):
            poller.result()
        self.client.begin_backup(self.container.url, self.sas, _polling_interval=1).wait()
        poller = self.client.begin_restore(self.container.url + "/mhsm-none", self.sas, _polling_interval=1)
        with self.assertRaises(HttpResponseError):
            poller.wait()


if __name__ == "__main__":
    unittest.main()
