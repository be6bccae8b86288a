"""A small client of Managed HSM pools: a pool that is made and activated, with roles of its own, as VaultClient has a vault."""

import base64
import json
import pathlib
import subprocess
import uuid

from . import paths
from .vault_client import VaultClient

ROLES = "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/"
CRYPTO_OFFICER = "515eb02d-2335-4d2d-92f2-b1cbdf9c3778"
CRYPTO_USER = "21dbd100-6940-42c2-9190-5d6cb909625b"
HOLDERS = 3


class PoolClient(VaultClient):
    suffix, audience, kind = "hsmSuffix", "https://managedhsm.azure.net", "managedHSMs"

    def me(self) -> str:
        """The object id of whoever the tokens are for."""
        claims = self.token(self.audience).split(".")[1]
        return json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["oid"]

    def create(self, folder: pathlib.Path, **properties) -> "PoolClient":
        """Activated: the keys of those who hold its security domain are left in the folder."""
        ends = self.server.endpoints
        body = {"location": ends["region"], "sku": {"family": "B", "name": "Standard_B1"},
                "properties": {"tenantId": ends["tenantId"], "initialAdminObjectIds": [self.me()],
                               "softDeleteRetentionInDays": 7, **properties}}
        status, answer = self.manage("PUT", self.resource, body)
        assert status == 200, answer
        certificates = []
        for number in range(HOLDERS):
            name = folder / f"holder{number}"
            subprocess.run([paths.needs("openssl"), "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-x509",
                            "-days", "9", "-subj", f"/CN=holder {number}", "-out", f"{name}.cer"], check=True, capture_output=True)
            lines = pathlib.Path(f"{name}.cer").read_text().strip().splitlines()
            certificates.append({"kty": "RSA", "x5c": ["".join(lines[1:-1])]})
        self.must("POST", "/securitydomain/download", {"certificates": certificates, "required": 2})
        for role in (CRYPTO_USER, CRYPTO_OFFICER):
            self.give(self.me(), role, "")
        return self

    def give(self, principal: str, role: str, scope: str) -> str:
        """The assignment's path. `scope`: "", "/keys", "/keys/NAME"."""
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        self.must("PUT", path, {"properties": {"principalId": principal, "roleDefinitionId": ROLES + role}})
        return path
