"""A storage account under its owner's key: what tests of such accounts begin with."""

import os
import time

from .blob_client import BlobClient
from .vault_client import VaultClient

CRYPTO_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"  # Key Vault Crypto Service Encryption User


def service_role(ends: dict) -> str:
    """The id of the role by which an account's identity uses a key, in the server's subscription."""
    return f"/subscriptions/{ends['subscriptionId']}/providers/Microsoft.Authorization/roleDefinitions/{CRYPTO_USER}"


def encryption_under(vault: VaultClient, name: str, version: str = "") -> dict:
    """An account's `encryption` under that key of the vault."""
    key = {"keyvaulturi": vault.url, "keyname": name} | ({"keyversion": version} if version else {})
    return {"keySource": "Microsoft.Keyvault", "keyvaultproperties": key}


class UnderOwnersKey:
    """The server's account, and k1 in a vault that its identity may use. Of a ServerCase."""

    sku, kty = "standard", "RSA"

    def account(self, body: dict) -> dict:
        path = f"/resourceGroups/default/providers/Microsoft.Storage/storageAccounts/{self.server.account}"
        status, answer = self.vault.manage("PATCH", path, body, version="2022-09-01")
        self.assertEqual(status, 200, answer)
        return answer

    def make_vault(self) -> VaultClient:
        return VaultClient(self.server).create(enablePurgeProtection=True, sku={"family": "A", "name": self.sku})

    def give_role(self, principal: str) -> None:
        role = service_role(self.server.endpoints)
        self.roles = getattr(self, "roles", 0) + 1
        self.role = self.vault.resource + f"/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-{self.roles:012}"
        status, answer = self.vault.manage("PUT", self.role, {"properties": {"roleDefinitionId": role, "principalId": principal}},
                                           version="2022-04-01")
        self.assertEqual(status, 201, answer)

    def take_role(self) -> float:
        """When the answer came."""
        self.assertEqual(self.vault.manage("DELETE", self.role, version="2022-04-01")[0], 200)
        return time.monotonic()

    def under_key(self, version: str = "", by: str = "") -> dict:
        encryption = encryption_under(self.vault, "k1", version)
        if by:
            encryption["identity"] = {"userAssignedIdentity": by}
        return {"properties": {"encryption": encryption}}

    def put_under_key(self, version: str = "") -> dict:
        return self.account(self.under_key(version))

    def identity(self, name: str, method: str = "PUT") -> tuple[str, int, dict]:
        """Its id, and what was answered."""
        ends = self.server.endpoints
        path = f"/resourceGroups/default/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
        body = {"location": ends["region"]} if method == "PUT" else None
        return (f"/subscriptions/{ends['subscriptionId']}{path}", *self.vault.manage(method, path, body, version="2023-01-31"))

    def set_up(self, data=None) -> None:
        self.server = self.serve(data)
        self.vault = self.make_vault()
        self.vault.must("POST", "/keys/k1/create", {"kty": self.kty})
        self.blobs = BlobClient.of(self.server)
        self.blobs.create_container("box")
        self.small, self.big = os.urandom(3_000), os.urandom(40_000_000)
        for name, body in (("small", self.small), ("big", self.big)):
            self.assertEqual(self.blobs.put(f"box/{name}", body).status, 201)
        identity = self.account({"identity": {"type": "SystemAssigned"}})["identity"]["principalId"]
        self.give_role(identity)
        shown = self.put_under_key()["properties"]["encryption"]
        self.assertEqual(shown["keySource"], "Microsoft.Keyvault")
        self.assertEqual(shown["keyvaultproperties"]["keyvaulturi"], self.vault.url)

    def enable(self, on: bool) -> float:
        """When the answer came."""
        self.vault.must("PATCH", "/keys/k1", {"attributes": {"enabled": on}})
        return time.monotonic()
