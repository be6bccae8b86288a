"""Debian's azure-keyvault-secrets and azure-keyvault-keys, and azure-storage-blob that encrypts under a key of a vault. Needs
VAULT_URL, LOGIN_URL, TENANT_ID, CLIENT_ID, CLIENT_SECRET, and BLOB_URL, ACCOUNT_NAME and ACCOUNT_KEY."""

import hashlib
import os
import unittest
import uuid

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.keys import KeyClient, KeyCurveName
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm
from azure.keyvault.secrets import SecretClient
from azure.storage.blob import BlobServiceClient
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

URL, LOGIN, TENANT, CLIENT, SECRET = (
    os.environ[name] for name in ("VAULT_URL", "LOGIN_URL", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"))
CREDENTIAL = ClientSecretCredential(TENANT, CLIENT, SECRET, authority=LOGIN, instance_discovery=False, retry_total=0)
SMALL = {"retry_total": 0}


def fresh(what: str) -> str:
    return f"{what}-{uuid.uuid4().hex[:12]}"


class Secrets(unittest.TestCase):
    def test_a_secret_from_its_first_version_to_its_purge(self):
        secrets = SecretClient(URL, CREDENTIAL, **SMALL)
        name = fresh("mail")
        first = secrets.set_secret(name, "one", content_type="text/plain", tags={"a": "b"})
        secrets.set_secret(name, "two")
        self.assertEqual(secrets.get_secret(name).value, "two")
        self.assertEqual(secrets.get_secret(name, first.properties.version).value, "one")
        self.assertEqual(len(list(secrets.list_properties_of_secret_versions(name))), 2)
        self.assertIn(name, [each.name for each in secrets.list_properties_of_secrets()])
        backup = secrets.backup_secret(name)
        secrets.begin_delete_secret(name, _polling_interval=0.05).wait()
        with self.assertRaises(ResourceNotFoundError):
            secrets.get_secret(name)
        secrets.begin_recover_deleted_secret(name, _polling_interval=0.05).wait()
        secrets.update_secret_properties(name, enabled=False)
        with self.assertRaisesRegex(HttpResponseError, "disabled"):
            secrets.get_secret(name)
        secrets.begin_delete_secret(name, _polling_interval=0.05).wait()
        secrets.purge_deleted_secret(name)
        self.assertEqual(secrets.restore_secret_backup(backup).name, name)


class Keys(unittest.TestCase):
    def setUp(self):
        self.keys = KeyClient(URL, CREDENTIAL, **SMALL)

    def use(self, key) -> CryptographyClient:
        return CryptographyClient(key.id, CREDENTIAL, **SMALL)

    def test_others_verify_what_the_vault_signs(self):
        digest = hashlib.sha256(b"text").digest()
        key = self.keys.create_rsa_key(fresh("rsa"), size=2048)
        made = self.use(key).sign(SignatureAlgorithm.rs256, digest)
        public = rsa.RSAPublicNumbers(int.from_bytes(key.key.e, "big"), int.from_bytes(key.key.n, "big")).public_key()
        public.verify(made.signature, digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        self.assertTrue(self.use(key).verify(SignatureAlgorithm.rs256, digest, made.signature).is_valid)

        key = self.keys.create_ec_key(fresh("ec"), curve=KeyCurveName.p_256)
        made = self.use(key).sign(SignatureAlgorithm.es256, digest)
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(key.key.x, "big"), int.from_bytes(key.key.y, "big"),
                                                ec.SECP256R1())
        der = utils.encode_dss_signature(int.from_bytes(made.signature[:32], "big"),
                                         int.from_bytes(made.signature[32:], "big"))
        numbers.public_key().verify(der, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))

    def test_what_is_encrypted_comes_back(self):
        use = self.use(self.keys.create_rsa_key(fresh("rsa"), size=2048))
        made = use.encrypt(EncryptionAlgorithm.rsa_oaep_256, b"hidden")
        self.assertEqual(use.decrypt(EncryptionAlgorithm.rsa_oaep_256, made.ciphertext).plaintext, b"hidden")
        wrapped = use.wrap_key(KeyWrapAlgorithm.rsa_oaep, b"k" * 32)
        self.assertEqual(use.unwrap_key(KeyWrapAlgorithm.rsa_oaep, wrapped.encrypted_key).key, b"k" * 32)

    def test_deletion_and_rotation(self):
        name = fresh("turn")
        first = self.keys.create_rsa_key(name, size=2048)
        second = self.keys.rotate_key(name)
        self.assertNotEqual(first.properties.version, second.properties.version)
        self.keys.begin_delete_key(name, _polling_interval=0.05).wait()
        self.assertIn(name, [each.name for each in self.keys.list_deleted_keys()])
        self.keys.begin_recover_deleted_key(name, _polling_interval=0.05).wait()
        self.assertEqual(self.keys.get_key(name).id, second.id)


class VaultKek:
    """A key-encryption key as azure-storage-blob wants it: a key of the vault, which never leaves it."""

    def __init__(self, use: CryptographyClient):
        self.use, self.unwrapped = use, 0

    def get_kid(self) -> str:
        return self.use.key_id

    def get_key_wrap_algorithm(self) -> str:
        return KeyWrapAlgorithm.rsa_oaep_256.value

    def wrap_key(self, key: bytes) -> bytes:
        return self.use.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, key).encrypted_key

    def unwrap_key(self, key: bytes, algorithm: str) -> bytes:
        self.unwrapped += 1
        return self.use.unwrap_key(KeyWrapAlgorithm(algorithm), key).key


class ClientSideEncryption(unittest.TestCase):
    def test_what_the_service_keeps_only_the_client_can_read(self):
        keys = KeyClient(URL, CREDENTIAL, **SMALL)
        key = keys.create_rsa_key(fresh("kek"), size=2048)
        kek = VaultKek(CryptographyClient(key.id, CREDENTIAL, **SMALL))
        name, secret = (os.environ[each] for each in ("ACCOUNT_NAME", "ACCOUNT_KEY"))
        service = BlobServiceClient(os.environ["BLOB_URL"], {"account_name": name, "account_key": secret}, **SMALL)
        box = service.create_container(fresh("sealed"))
        for size in (1_000, 9_000_000):  # encrypted in regions of 4 MiB
            plain = os.urandom(size)
            options = {"require_encryption": True, "encryption_version": "2.0", "key_encryption_key": kek}
            blob = BlobServiceClient(service.url, {"account_name": name, "account_key": secret}, **SMALL,
                                     **options).get_blob_client(box.container_name, f"b{size}")
            blob.upload_blob(plain)
            kept = box.download_blob(f"b{size}").readall()
            self.assertGreater(len(kept), size)
            self.assertNotIn(plain[:32], kept)
            self.assertEqual(blob.download_blob().readall(), plain)
            self.assertEqual(blob.download_blob(offset=100, length=500).readall(), plain[100:600])
        self.assertEqual(kek.unwrapped, 4)
        keys.update_key_properties(key.name, enabled=False)
        with self.assertRaises(HttpResponseError):
            blob.download_blob().readall()


if __name__ == "__main__":
    unittest.main(verbosity=2)
