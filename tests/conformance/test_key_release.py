"""Keys of a premium vault released to environments that an attestation service vouches for, by @azure/keyvault-keys. The
service is a key pair of OpenSSL's, which the region's configuration names."""

import base64
import json
import secrets
import subprocess

from conformance.az_case import SignedAz
from conformance.test_vault import SECONDS, VAULT
from harness import node, paths

ISSUER = "https://attest.freehold.test"


def openssl(*args) -> bytes:
    return subprocess.run(["openssl", *map(str, args)], capture_output=True, timeout=60, check=True).stdout


def jwks_of(key) -> dict:
    """The JWK set of an RSA key in a PEM file; its exponent is 65537."""
    modulus = openssl("rsa", "-in", key, "-noout", "-modulus").decode().strip().removeprefix("Modulus=")
    n = base64.urlsafe_b64encode(bytes.fromhex(modulus)).rstrip(b"=").decode()
    return {"keys": [{"kty": "RSA", "kid": "service", "use": "sig", "n": n, "e": "AQAB"}]}


class KeyRelease(SignedAz):
    @classmethod
    def setUpClass(cls):
        folder = paths.temporary_folder(cls)
        cls.key = folder / "service.pem"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", cls.key)
        (folder / "service.jwks.json").write_text(json.dumps(jwks_of(cls.key)))
        file = folder / "freehold.toml"
        file.write_text(f'[[attestation.issuers]]\nurl = "{ISSUER}"\njwks_file = "{folder}/service.jwks.json"\n')
        cls.options = {"args": ["--config", str(file)]}
        super().setUpClass()

    def test_javascript(self):
        vault = self.az("keyvault", "create", "-n", "az" + secrets.token_hex(6), "-g", "default", "-l",
                        self.server.endpoints["region"], "--sku", "premium", "--enable-rbac-authorization", "true")
        ends = self.server.endpoints
        node.run_tests(self, VAULT, "release.test.mjs", SECONDS, VAULT_URL=vault["properties"]["vaultUri"].rstrip("/"),
                       LOGIN_URL=ends["loginEntra"], TENANT_ID=ends["tenantId"], CLIENT_ID=ends["admin"]["clientId"],
                       CLIENT_SECRET=ends["admin"]["clientSecret"], ATTESTATION_URL=ISSUER, ATTESTATION_KEY=str(self.key))
