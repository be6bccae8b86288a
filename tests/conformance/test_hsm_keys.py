"""Keys in the HSM of premium vaults: az (`az rest` where Debian's lacks a module), @azure/keyvault-keys, and a key brought
as a vendor's tool would wrap it. OpenSSL is the judge of signatures."""

import base64
import hashlib
import json
import secrets
import subprocess

from conformance.az_case import SignedAz
from conformance.test_vault import SECONDS, VAULT
from harness import node


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def public_key(key: dict) -> bytes:
    """The SubjectPublicKeyInfo of an RSA key (RFC 5280), in PEM."""
    numbers = [base64.urlsafe_b64decode(key[name] + "==") for name in ("n", "e")]
    pair = der(0x30, b"".join(der(0x02, (b"\0" if number[0] > 127 else b"") + number) for number in numbers))
    algorithm = der(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    text = base64.encodebytes(der(0x30, algorithm + der(0x03, b"\0" + pair)))
    return b"-----BEGIN PUBLIC KEY-----\n" + text + b"-----END PUBLIC KEY-----\n"


class HsmKeys(SignedAz):
    def setUp(self):
        super().setUp()
        self.name = "az" + secrets.token_hex(6)
        self.vault = self.az("keyvault", "create", "-n", self.name, "-g", "default", "-l", self.server.endpoints["region"],
                             "--sku", "premium", "--enable-rbac-authorization", "true")

    def openssl(self, *args, given: bytes = b"") -> bytes:
        done = subprocess.run(["openssl", *map(str, args)], input=given, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done.stdout

    def ask(self, method: str, path: str, body: dict) -> tuple:
        file = self.home / "body.json"
        file.write_text(json.dumps(body))
        return ("rest", "--method", method, "--url", self.vault["properties"]["vaultUri"] + path + "?api-version=7.4",
                "--resource", "https://vault.azure.net", "--body", f"@{file}")

    def rest(self, method: str, path: str, body: dict) -> dict:
        return self.az(*self.ask(method, path, body))

    def signature(self, key: str, algorithm: str, text: bytes) -> bytes:
        digest = hashlib.sha256(text).digest()
        value = self.rest("post", key + "/sign", {"alg": algorithm, "value": b64(digest)})["value"]
        return base64.urlsafe_b64decode(value + "==")

    def verify(self, public: bytes, signature: bytes, text: bytes):
        for name, data in {"public.pem": public, "signature": signature, "text": text}.items():
            (self.home / name).write_bytes(data)
        out = self.openssl("dgst", "-sha256", "-verify", self.home / "public.pem", "-signature", self.home / "signature",
                           self.home / "text")
        self.assertIn(b"Verified OK", out)

    def test_az_makes_a_key_in_the_hsm(self):
        made = self.rest("post", "keys/k1/create", {"kty": "RSA-HSM", "key_size": 2048})
        self.assertEqual(made["key"]["kty"], "RSA-HSM")
        self.verify(public_key(made["key"]), self.signature("keys/k1/", "RS256", b"a text"), b"a text")
        made = self.rest("post", "keys/k2/create", {"kty": "EC-HSM", "crv": "P-384"})
        self.assertEqual((made["key"]["kty"], made["key"]["crv"]), ("EC-HSM", "P-384"))

    def test_a_standard_vault_has_none(self):
        self.vault = self.az("keyvault", "create", "-n", "az" + secrets.token_hex(6), "-g", "default", "-l",
                             self.server.endpoints["region"], "--enable-rbac-authorization", "true")
        self.refused("Hardware key operation not allowed on standard vault",
                     *self.ask("post", "keys/k1/create", {"kty": "RSA-HSM"}))

    def test_a_key_of_ones_own_comes_wrapped(self):
        exchange = self.rest("post", "keys/kek/create", {"kty": "RSA-HSM", "key_size": 2048, "key_ops": ["import"]})
        self.assertEqual(exchange["key"]["key_ops"], ["import"])
        kek = self.home / "kek.pem"
        kek.write_bytes(public_key(exchange["key"]))

        # What an HSM vendor's tool does: the key under an AES key, that under the key exchange key.
        target = self.home / "target.pem"
        target.write_bytes(self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"))
        pkcs8 = self.openssl("pkcs8", "-topk8", "-nocrypt", "-in", target, "-outform", "DER")
        aes = secrets.token_bytes(32)
        first = self.openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", kek, "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt",
                             "rsa_oaep_md:sha1", given=aes)
        second = self.openssl("enc", "-id-aes256-wrap-pad", "-K", aes.hex(), "-iv", "a65959a6", given=pkcs8)
        blob = {"schema_version": "1.0.0",
                "header": {"kid": exchange["key"]["kid"], "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP"},
                "ciphertext": b64(first + second), "generator": "a test"}
        taken = self.rest("put", "keys/mine", {"key": {"kty": "RSA-HSM", "key_hsm": b64(json.dumps(blob).encode())}})
        self.assertEqual(taken["key"]["kty"], "RSA-HSM")
        self.verify(self.openssl("pkey", "-in", target, "-pubout"), self.signature("keys/mine/", "RS256", b"a text"),
                    b"a text")

    def test_javascript(self):
        ends = self.server.endpoints
        node.run_tests(self, VAULT, "hsm.test.mjs", SECONDS, VAULT_URL=self.vault["properties"]["vaultUri"].rstrip("/"),
                       LOGIN_URL=ends["loginEntra"], TENANT_ID=ends["tenantId"], CLIENT_ID=ends["admin"]["clientId"],
                       CLIENT_SECRET=ends["admin"]["clientSecret"])
