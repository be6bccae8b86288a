"""An account under its owner's key: dark within a second of the key's end, in every read, and back with it."""

import base64
import os
import threading
import time

from harness import paths
from harness.blob_client import BlobClient
from harness.cases import ServerCase
from harness.owners_key import UnderOwnersKey
from harness.pool_client import PoolClient
from harness.vault_client import VaultClient

POOL_CRYPTO_USER = "33413926-3206-4cdd-b39a-83574fe37a17"  # Managed HSM Crypto Service Encryption User
WITHHELD = "KeyVaultEncryptionKeyNotFound"
SECONDS = 1.0
READERS = 8


class Reader(threading.Thread):
    """Reads a blob again and again; when each read that gave it began to be answered well, and what refused the others."""

    def __init__(self, server, path: str):
        super().__init__()
        self.client, self.path = BlobClient.of(server), path
        self.last_good, self.codes, self.stopping = 0.0, set(), threading.Event()

    def run(self):
        while not self.stopping.is_set():
            answer = self.client.get(self.path)
            if answer.status == 200:
                self.last_good = time.monotonic()
            else:
                self.codes.add(answer.code)


class CustomerKeys(UnderOwnersKey, ServerCase):
    def code(self, name: str = "small") -> str:
        return self.blobs.get(f"box/{name}").code

    def darkened(self, take_away) -> list[float]:
        """How long after `take_away` was answered each reader still had an answer, under load."""
        readers = [Reader(self.server, "box/small") for _ in range(READERS)]
        for reader in readers:
            reader.start()
        time.sleep(0.5)
        at = take_away()
        time.sleep(SECONDS + 0.5)  # nothing may come back later either
        for reader in readers:
            reader.stopping.set()
        for reader in readers:
            reader.join()
            self.assertEqual(reader.codes, {WITHHELD})
        return [reader.last_good - at for reader in readers]

    def slow_read(self):
        """A connection that has taken the head of a large answer and little of its body."""
        raw = self.blobs.connect()
        target = self.blobs.target("box/big")
        raw.sendall(self.blobs.head_bytes("GET", target, self.blobs.signed("GET", target)))
        raw.settimeout(20)
        self.assertIn(b"200", raw.recv(4096))
        return raw

    def rest_of(self, raw) -> int:
        taken = 0
        try:
            while piece := raw.recv(1 << 20):
                taken += len(piece)
        except OSError:
            pass
        raw.close()
        return taken

    def test_dark_within_a_second_and_back(self):
        self.set_up()
        reading = self.slow_read()
        late = self.darkened(lambda: self.enable(False))
        self.assertLess(max(late), SECONDS, late)
        # What was under way got no more than was sent and read ahead before.
        self.assertLess(self.rest_of(reading), len(self.big) - 10_000_000)
        for status in (self.blobs.put("box/new", b"x").code, self.code("big"),
                       self.blobs.request("GET", "box/small", {"comp": "metadata"}).code):
            self.assertEqual(status, WITHHELD)
        self.assertEqual(self.blobs.listing("box").count(b"<Name>"), 2)
        self.server.restart()
        self.vault.tokens.clear()
        self.blobs = BlobClient.of(self.server)
        self.assertEqual(self.code(), WITHHELD)
        self.enable(True)
        self.assertEqual(self.blobs.get("box/small").body, self.small)
        self.assertEqual(self.blobs.get("box/big").body, self.big)

    def test_what_is_said_about_blobs_goes_dark_with_the_key(self):
        """Metadata and tags can be neither read, nor listed, nor found, nor asked about by conditions; deletion goes on."""
        self.set_up()
        tags = {"restype": "container", "comp": "blobs", "where": "\"state\"='hidden'"}
        noted = {"x-ms-meta-word": "canary-meta", "x-ms-tags": "state=hidden"}
        self.assertEqual(self.blobs.put("box/noted", b"x", noted).status, 201)
        self.assertEqual(self.blobs.create_container("said", {"x-ms-meta-word": "canary-box"}).status, 201)
        self.assertIn(b"<Name>noted</Name>", self.blobs.request("GET", "box", tags).body)
        self.enable(False)
        time.sleep(SECONDS)
        of_box = {"restype": "container"}
        asked = [
            ("GET", "box/noted", None, {}), ("GET", "box/noted", {"comp": "metadata"}, {}),
            ("GET", "box/noted", {"comp": "tags"}, {}), ("GET", "box", tags, {}),
            ("GET", "", {"comp": "blobs", "where": tags["where"]}, {}), ("GET", "", {"comp": "list", "include": "metadata"}, {}),
            ("GET", "box", of_box | {"comp": "list", "include": "metadata"}, {}),
            ("GET", "box", of_box | {"comp": "list", "include": "tags"}, {}),
            ("GET", "said", of_box, {}), ("GET", "said", of_box | {"comp": "metadata"}, {}),
            ("PUT", "box/noted", {"comp": "properties"}, {"x-ms-if-tags": "\"state\"='hidden'"}),
            ("PUT", "box/noted", {"comp": "metadata"}, {"x-ms-meta-word": "other"})]
        for method, path, query, headers in asked:
            answer = self.blobs.request(method, path, query, headers)
            self.assertEqual((answer.status, answer.code), (403, WITHHELD), (method, path, query))
            for word in (b"canary", b"hidden"):
                self.assertNotIn(word, answer.body + str(answer.headers).encode())
        self.assertIn(b"<TagCount>1</TagCount>", self.blobs.listing("box"))
        self.assertEqual(self.blobs.delete("box/noted").status, 202)
        self.enable(True)
        self.assertNotIn(b"<Name>noted", self.blobs.request("GET", "box", tags).body)
        self.assertIn("canary-box", str(self.blobs.request("GET", "said", of_box).headers))

    def test_a_right_or_a_vault_that_is_taken_away(self):
        self.set_up()
        late = self.darkened(self.take_role)
        self.assertLess(max(late), SECONDS, late)
        self.give_role(self.account({})["identity"]["principalId"])
        self.assertEqual(self.code(), "")

        def set_bypass(bypass: str) -> float:
            acls = {"defaultAction": "Deny" if bypass == "None" else "Allow", "bypass": bypass}
            status, answer = self.vault.manage("PATCH", self.vault.resource, {"properties": {"networkAcls": acls}})
            self.assertEqual(status, 200, answer)
            return time.monotonic()

        late = self.darkened(lambda: set_bypass("None"))
        self.assertLess(max(late), SECONDS, late)
        set_bypass("AzureServices")
        self.assertEqual(self.code(), "")
        self.vault.must("DELETE", "/keys/k1")
        time.sleep(SECONDS)
        self.assertEqual(self.code(), WITHHELD)
        self.vault.must("POST", "/deletedkeys/k1/recover")
        self.assertEqual(self.blobs.get("box/small").body, self.small)
        # The vault or pool itself: it can come back, and with it what hangs from it.
        self.assertIn(self.vault.manage("DELETE", self.vault.resource)[0], (200, 202))
        time.sleep(SECONDS)
        self.assertEqual(self.code(), WITHHELD)
        self.recover()
        self.assertEqual(self.blobs.get("box/small").body, self.small)

    def recover(self) -> None:
        ends = self.server.endpoints
        body = {"location": ends["region"], "properties": {"createMode": "recover", "tenantId": ends["tenantId"],
                                                           "sku": {"family": "A", "name": self.sku}}}
        status, answer = self.vault.manage("PUT", self.vault.resource, body)
        self.assertEqual(status, 200, answer)
        self.give_role(self.account({})["identity"]["principalId"])  # roles go with a vault, and don't come back with it

    def test_rotation_is_followed_without_a_pause(self):
        self.set_up()
        first = self.account({})["properties"]["encryption"]["keyvaultproperties"]["currentVersionedKeyIdentifier"]
        readers = [Reader(self.server, "box/small") for _ in range(2)]
        for reader in readers:
            reader.start()
        self.vault.must("POST", "/keys/k1/rotate")
        newest = self.vault.must("GET", "/keys/k1")["key"]["kid"].rsplit("/", 1)[1]

        def version() -> str:
            shown = self.account({})["properties"]["encryption"]["keyvaultproperties"]
            return shown["currentVersionedKeyIdentifier"].rsplit("/", 1)[1]

        deadline = time.monotonic() + 5
        while version() != newest and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(version(), newest)
        for reader in readers:
            reader.stopping.set()
            reader.join()
            self.assertEqual(reader.codes, set())
        self.vault.must("PATCH", "/keys/k1/" + first.rsplit("/", 1)[1], {"attributes": {"enabled": False}})
        time.sleep(SECONDS)
        self.assertEqual(self.blobs.get("box/small").body, self.small)
        self.server.restart()
        self.blobs = BlobClient.of(self.server)
        self.assertEqual(self.blobs.get("box/small").body, self.small)

    def test_the_identity_that_opens_the_key(self):
        self.set_up()
        first, status, made = self.identity("id1")
        self.assertEqual(status, 201, made)
        self.give_role(made["properties"]["principalId"])
        self.account({"identity": {"type": "UserAssigned", "userAssignedIdentities": {first: {}}}} | self.under_key(by=first))
        self.assertEqual(self.identity("id1", "DELETE")[1], 409)
        self.assertEqual(self.code(), "")
        # It loses its right, and another one leads out.
        self.take_role()
        time.sleep(SECONDS)
        self.assertEqual(self.code(), WITHHELD)
        second, _, made = self.identity("id2")
        self.give_role(made["properties"]["principalId"])
        both = {"type": "UserAssigned", "userAssignedIdentities": {first: {}, second: {}}}
        self.account({"identity": both} | self.under_key(by=second))
        self.assertEqual(self.blobs.get("box/small").body, self.small)
        self.assertEqual(self.identity("id1", "DELETE")[1], 200)
        self.assertEqual(self.blobs.get("box/small").body, self.small)

    def test_nobody_makes_an_accounts_identity_anothers(self):
        self.set_up()
        principal = self.account({})["identity"]["principalId"]
        headers = {"authorization": "Bearer " + self.vault.token("https://graph.microsoft.com"),
                   "content-type": "application/json"}
        url = f"{self.server.endpoints['graph']}/v1.0/servicePrincipals/{principal}"
        names = ["/providers/Microsoft.Authorization/policyAssignments/x"]
        self.assertEqual(self.vault.send("PATCH", url, {"alternativeNames": names}, headers)[0], 400)
        self.server.restart()
        self.blobs = BlobClient.of(self.server)
        self.assertEqual(self.blobs.get("box/small").body, self.small)

    def test_reads_under_way_end_with_the_newest_key(self):
        self.set_up()
        before = self.slow_read()
        self.vault.must("POST", "/keys/k1/rotate")
        time.sleep(2)
        self.enable(False)
        time.sleep(SECONDS)
        self.assertLess(self.rest_of(before), len(self.big) - 10_000_000)
        self.enable(True)
        self.account({"properties": {"encryption": {"keySource": "Microsoft.Storage"}}})
        before = self.slow_read()
        self.put_under_key()
        self.enable(False)
        time.sleep(SECONDS)
        self.assertLess(self.rest_of(before), len(self.big) - 10_000_000)

    def test_a_deleted_account_goes_with_its_vault(self):
        self.set_up()
        ids = []
        for number in range(120):
            ids.append(base64.b64encode(b"%08d" % number).decode())
            query = {"comp": "block", "blockid": ids[-1]}
            self.assertEqual(self.blobs.request("PUT", "box/long", query, None, b"x" * 1_000).status, 201)
        body = "<BlockList>" + "".join(f"<Latest>{each}</Latest>" for each in ids) + "</BlockList>"
        self.assertEqual(self.blobs.request("PUT", "box/long", {"comp": "blocklist"}, None, body.encode()).status, 201)
        self.assertEqual(self.vault.manage("DELETE", "/resourceGroups/default", version="2021-04-01")[0], 202)
        path = "/providers/Microsoft.Storage/checkNameAvailability"
        asked = {"name": self.server.account, "type": "Microsoft.Storage/storageAccounts"}
        deadline = time.monotonic() + 60
        while not self.vault.manage("POST", path, asked, version="2022-09-01")[1]["nameAvailable"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)



class CustomerKeysInTheHsm(CustomerKeys):
    sku, kty = "premium", "RSA-HSM"


class CustomerKeysInAPool(CustomerKeys):
    """The same of a Managed HSM pool, whose own roles decide."""

    kty = "RSA-HSM"

    def make_vault(self) -> PoolClient:
        return PoolClient(self.server).create(paths.temporary_folder(self), enablePurgeProtection=True)

    def give_role(self, principal: str) -> None:
        self.role = self.vault.give(principal, POOL_CRYPTO_USER, "/keys/k1")

    def take_role(self) -> float:
        self.vault.must("DELETE", self.role)
        return time.monotonic()

    def recover(self) -> None:
        ends = self.server.endpoints
        body = {"location": ends["region"], "sku": {"family": "B", "name": "Standard_B1"},
                "properties": {"createMode": "recover", "tenantId": ends["tenantId"], "initialAdminObjectIds": [self.vault.me()]}}
        status, answer = self.vault.manage("PUT", self.vault.resource, body)
        self.assertEqual(status, 200, answer)

    def test_a_scope_under_a_pools_key(self):
        self.set_up()
        path = f"/resourceGroups/default/providers/Microsoft.Storage/storageAccounts/{self.server.account}/encryptionScopes/red"
        properties = {"source": "Microsoft.KeyVault", "keyVaultProperties": {"keyUri": self.vault.url + "/keys/k1"}}
        status, made = self.vault.manage("PUT", path, {"properties": properties}, version="2022-09-01")
        self.assertEqual(status, 201, made)
        self.assertEqual(made["properties"]["keyVaultProperties"]["keyUri"], self.vault.url + "/keys/k1")
        self.assertEqual(self.blobs.put("box/red", b"words", {"x-ms-encryption-scope": "red"}).status, 201)
        self.account({"properties": {"encryption": {"keySource": "Microsoft.Storage"}}})
        self.take_role()
        time.sleep(SECONDS)
        self.assertEqual(self.code("red"), WITHHELD)
        self.assertEqual(self.blobs.get("box/small").body, self.small)
        self.give_role(self.account({})["identity"]["principalId"])
        self.server.restart()
        self.blobs = BlobClient.of(self.server)
        self.assertEqual(self.blobs.get("box/red").body, b"words")

    def test_a_vault_of_the_same_name_is_another(self):
        self.set_up()
        twin = VaultClient(self.server, self.vault.name).create(enablePurgeProtection=True)
        twin.must("POST", "/keys/k1/create", {"kty": "RSA"})
        body = self.under_key()
        body["properties"]["encryption"]["keyvaultproperties"]["keyvaulturi"] = twin.url
        path = f"/resourceGroups/default/providers/Microsoft.Storage/storageAccounts/{self.server.account}"
        status, refused = self.vault.manage("PATCH", path, body, version="2022-09-01")
        self.assertEqual((status, refused["error"]["code"]), (403, "KeyVaultAuthenticationFailure"))
        self.assertEqual(self.blobs.get("box/small").body, self.small)
