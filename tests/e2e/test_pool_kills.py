"""Managed HSM pools and kill -9, in the middle of what takes them several steps: activation, keys, backups, restores, purges.

After the start nothing that was acknowledged is lost, nothing half done is shown, and the token's place and its sealed copies
have what pools have, and no more. Kills come at several points of the time that each takes here.
"""

import base64
import hashlib
import pathlib
import random
import threading
import time

from harness import paths, signer
from harness.blob_client import BlobClient
from harness.cases import ServerCase
from harness.pool_client import PoolClient
from harness.vault_client import unthrottled
from harness.waiting import wait_until

POINTS = (0.15, 0.4, 0.65, 0.9)  # of the time that an undisturbed one took
SECONDS = 90
MAKERS = 3
DIGEST = base64.urlsafe_b64encode(hashlib.sha256(b"text").digest()).decode().rstrip("=")


class Attempt(threading.Thread):
    """One request that the kill may cut off: what it was answered, or None."""

    def __init__(self, ask):
        super().__init__()
        self.ask, self.answer, self.surprise = ask, None, None
        self.start()

    def run(self):
        try:
            self.answer = self.ask()
        except OSError:
            pass  # the server was killed
        except Exception as error:  # noqa: BLE001: the test fails with it
            self.surprise = error


class PoolKills(ServerCase):
    def setUp(self):
        self.folder = paths.temporary_folder(self)
        self.server = self.serve(self.folder / "data", args=unthrottled(self.folder))
        self.pool = PoolClient(self.server)

    # --- what all of them look at ------------------------------------------------------------------------------------

    def killed(self, ask, after: float):
        """What was answered by then, or None. The server runs again."""
        attempt = Attempt(ask)
        time.sleep(after)  # the point of the kill
        self.server.kill()
        attempt.join()
        self.assertIsNone(attempt.surprise)
        self.restart()
        return attempt.answer

    def restart(self) -> None:
        self.server.start()
        self.pool.tokens.clear()

    def assert_tokens(self, pools: int) -> None:
        """Of that many pools, in the token's place and sealed in each fault domain; whole."""
        place = self.server.data / "hsm" / "more"
        labels = sorted(path.name for path in place.iterdir() if path.name.startswith("pool-"))
        self.assertEqual(len(labels), pools, labels)
        for domain in range(3):
            copies = sorted(path.name for path in (self.server.data / f"fd{domain}").glob("token-pool-*.sealed"))
            self.assertEqual(copies, [f"token-{label}.sealed" for label in labels])
        empty = [str(path) for path in place.rglob("*.object") if path.stat().st_size == 0]
        self.assertEqual(empty, [])

    def listed(self, path: str) -> list[str]:
        page, found = self.pool.must("GET", path), []
        while True:
            found += [each["kid"].rpartition("/")[2] for each in page["value"]]
            if not page["nextLink"]:
                return sorted(found)
            status, page = self.pool.send("GET", page["nextLink"],
                                          headers={"authorization": "Bearer " + self.pool.token(self.pool.audience)})
            self.assertEqual(status, 200, page)

    def names(self) -> list[str]:
        return self.listed("/keys")

    def versions(self, name: str) -> list[str]:
        return self.listed(f"/keys/{name}/versions")

    def sign(self, path: str) -> None:
        value = self.pool.must("POST", path + "/sign", {"alg": "ES256", "value": DIGEST})["value"]
        self.assertTrue(self.pool.must("POST", path + "/verify", {"alg": "ES256", "digest": DIGEST, "value": value})["value"], path)

    def assert_all_sign(self) -> list[str]:
        """Whatever is shown is whole: the names of the keys."""
        names = self.names()
        for name in names:
            for version in self.versions(name):
                self.sign(f"/keys/{name}/{version}")
        return names

    def make_keys(self, *names: str) -> None:
        for name in names:
            self.pool.must("POST", f"/keys/{name}/create", {"kty": "EC-HSM"})

    # --- activation --------------------------------------------------------------------------------------------------

    def test_activation(self):
        begun = time.monotonic()
        self.pool.create(self.folder)
        whole = time.monotonic() - begun
        asked = self.holders_of(self.pool)
        pools = [self.pool]
        for point in POINTS:
            self.pool = PoolClient(self.server)
            self.make_without_domain()
            answer = self.killed(lambda: self.pool.must("POST", "/securitydomain/download", asked), point * whole)
            again = self.pool.must("POST", "/securitydomain/download", asked)
            if answer is not None:
                self.assertEqual(again["value"], answer["value"], "the domain that was given is the pool's")
            for role in ("21dbd100-6940-42c2-9190-5d6cb909625b", "515eb02d-2335-4d2d-92f2-b1cbdf9c3778"):
                self.pool.give(self.pool.me(), role, "")
            pools.append(self.pool)
        self.server.restart()
        for self.pool in pools:
            self.pool.tokens.clear()
            self.make_keys("k1")
            self.assertEqual(self.assert_all_sign(), ["k1"])
        self.assert_tokens(len(pools))

    def holders_of(self, pool: PoolClient) -> dict:
        """The request for the domain of a pool that PoolClient made here."""
        certificates = []
        for path in sorted(self.folder.glob("holder*.cer")):
            certificates.append({"kty": "RSA", "x5c": ["".join(path.read_text().strip().splitlines()[1:-1])]})
        return {"certificates": certificates, "required": 2}

    def make_without_domain(self) -> None:
        ends = self.server.endpoints
        status, answer = self.pool.manage("PUT", self.pool.resource, {
            "location": ends["region"], "sku": {"family": "B", "name": "Standard_B1"},
            "properties": {"tenantId": ends["tenantId"], "initialAdminObjectIds": [self.pool.me()], "softDeleteRetentionInDays": 7}})
        self.assertEqual(status, 200, answer)

    # --- keys --------------------------------------------------------------------------------------------------------

    def test_keys(self):
        self.pool.create(self.folder)
        objects = self.objects()
        made: set[str] = set()
        surprises: list[Exception] = []
        for turn in range(3):
            self.pool.token(self.pool.audience)

            def make(number: int) -> None:
                try:
                    for count in range(10_000):
                        name = f"k{turn}-{number}-{count}"
                        self.make_keys(name)
                        made.add(name)
                        if count % 3 == 0:
                            self.pool.must("POST", f"/keys/{name}/rotate")
                except OSError:
                    pass  # the server was killed
                except Exception as error:  # noqa: BLE001: the test fails with it
                    surprises.append(error)
            makers = [threading.Thread(target=make, args=(number,)) for number in range(MAKERS)]
            for maker in makers:
                maker.start()
            time.sleep(random.uniform(0.7, 1.5))  # the load is the point
            self.server.kill()
            for maker in makers:
                maker.join()
            self.assertEqual(surprises, [])
            self.restart()
            self.assertEqual(made - set(self.assert_all_sign()), set())
        self.assertGreater(len(made), 10)
        # Keys are no objects of the token: it has what wraps them, whatever broke off.
        self.assertEqual(self.objects(), objects)
        self.assert_tokens(1)

    def objects(self) -> list[pathlib.Path]:
        return sorted((self.server.data / "hsm" / "more").rglob("*.object"))

    # --- backups and restores ----------------------------------------------------------------------------------------

    def place(self) -> dict:
        """Where backups go. The port is another one after each start."""
        return {"storageResourceUri": self.server.blob_url + "/backup",
                "token": signer.account_sas(self.server.account, self.server.key, "rwdlac")}

    def make_place(self) -> None:
        blobs = BlobClient.of(self.server)
        self.assertEqual(blobs.create_container("backup").status, 201)
        blobs.close()

    def ended(self, kind: str, job: dict) -> dict:
        def found():
            shown = self.pool.must("GET", f"/{kind}/{job['jobId']}/pending")
            return shown if shown["status"] != "InProgress" else None
        return wait_until(found, SECONDS, f"the end of a {kind}")

    def back_up(self) -> str:
        """The folder's name."""
        done = self.ended("backup", self.pool.must("POST", "/backup", self.place()))
        self.assertEqual(done["status"], "Succeeded", done)
        return done["azureStorageBlobContainerUri"].rpartition("/")[2]

    def restore(self, folder: str) -> dict:
        return self.pool.must("PUT", "/restore", {"sasTokenParameters": self.place(), "folderToRestore": folder})

    def timed(self, work) -> float:
        begun = time.monotonic()
        work()
        return time.monotonic() - begun

    def killed_job(self, kind: str, begin, after: float) -> dict | None:
        """The same for work that goes on behind its request: what is said of the job afterwards, if it was acknowledged."""
        job = begin()
        time.sleep(after)  # the point of the kill
        self.server.kill()
        self.restart()
        return self.ended(kind, job)

    def test_full_backup(self):
        self.pool.create(self.folder)
        self.make_place()
        keys = [f"k{number:02}" for number in range(25)]
        self.make_keys(*keys)
        whole = self.timed(self.back_up)
        for point in (0.0, *POINTS):
            shown = self.killed_job("backup", lambda: self.pool.must("POST", "/backup", self.place()), point * whole)
            self.assertIn(shown["status"], ("Succeeded", "Failed"))
            folder = self.back_up()
            if shown["status"] == "Succeeded":
                folder = shown["azureStorageBlobContainerUri"].rpartition("/")[2]
            tried = self.ended("restore", self.pool.must("PUT", "/prerestore", {"sasTokenParameters": self.place(),
                                                                                "folderToRestore": folder}))
            self.assertEqual(tried["status"], "Succeeded", tried)
        self.assertEqual(self.assert_all_sign(), keys)
        self.assert_tokens(1)

    def test_full_restore(self):
        self.pool.create(self.folder)
        self.make_place()
        before = [f"k{number:02}" for number in range(12)]
        self.make_keys(*before)
        folder = self.back_up()
        whole = self.timed(lambda: self.assertEqual(self.ended("restore", self.restore(folder))["status"], "Succeeded"))
        outcomes = set()
        for point in (0.05, *POINTS, 0.97):
            if self.names() == before:
                self.make_keys("since")
                self.pool.must("POST", "/keys/k00/rotate")
            self.assertEqual(len(self.versions("k00")), 2)
            shown = self.killed_job("restore", lambda: self.restore(folder), point * whole)
            names = self.assert_all_sign()
            outcomes.add(shown["status"])
            if len(names) == len(before):
                self.assertEqual((names, len(self.versions("k00"))), (before, 1))
            else:
                self.assertEqual((shown["status"], names, len(self.versions("k00"))), ("Failed", [*before, "since"], 2))
        self.assertIn("Failed", outcomes, "no kill came in the middle")
        self.assertEqual(self.ended("restore", self.restore(folder))["status"], "Succeeded")
        self.assertEqual(self.assert_all_sign(), before)
        self.assert_tokens(1)

    def test_restore_of_one_key(self):
        self.pool.create(self.folder)
        self.make_place()
        self.make_keys("one", "other")
        for _ in range(30):
            self.pool.must("POST", "/keys/one/rotate")
        had = self.versions("one")
        folder = self.back_up()

        def begin() -> dict:
            return self.pool.must("PUT", "/keys/one/restore", {"sasTokenParameters": self.place(), "folder": folder})

        def remove() -> None:
            self.pool.must("DELETE", "/keys/one")
            self.pool.must("DELETE", "/deletedkeys/one")
        remove()
        whole = self.timed(lambda: self.assertEqual(self.ended("restore", begin())["status"], "Succeeded"))
        for point in (0.0, *POINTS):
            if "one" in self.names():
                remove()
            shown = self.killed_job("restore", begin, point * whole)
            if "one" in self.assert_all_sign():
                self.assertEqual(self.versions("one"), had)
            else:
                self.assertEqual((shown["status"], self.pool.call("GET", "/keys/one")[0]), ("Failed", 404))
        if "one" not in self.names():
            self.assertEqual(self.ended("restore", begin())["status"], "Succeeded")
        self.assertEqual(self.versions("one"), had)
        self.assert_tokens(1)

    # --- purges ------------------------------------------------------------------------------------------------------

    def purge(self) -> int:
        place = f"/providers/Microsoft.KeyVault/locations/{self.server.endpoints['region']}/deletedManagedHSMs/{self.pool.name}"
        return self.pool.manage("POST", place + "/purge")[0]

    def is_deleted(self) -> bool:
        status, shown = self.pool.manage("GET", "/providers/Microsoft.KeyVault/deletedManagedHSMs")
        self.assertEqual(status, 200, shown)
        return self.pool.name in [each["name"] for each in shown["value"]]

    def test_purge(self):
        kept = self.pool.create(self.folder)
        self.make_keys("k1")
        whole = 0.0
        for point in (None, *POINTS):
            self.pool = PoolClient(self.server).create(self.folder)
            self.make_keys("k1")
            self.assertEqual(self.pool.manage("DELETE", self.pool.resource)[0], 200)
            if point is None:
                whole = self.timed(lambda: self.assertEqual(self.purge(), 202))
                continue
            answer = self.killed(self.purge, point * whole)
            if answer is not None:
                self.assertEqual((answer, self.is_deleted()), (202, False))
            elif self.is_deleted():
                # Nothing is shown that can't be had again, or purged.
                self.assertIn(self.purge(), (202, 404, 409))
            wait_until(lambda: not self.is_deleted(), SECONDS, "the end of a purge that broke off")
        self.server.restart()
        self.pool = kept
        self.pool.tokens.clear()
        self.assertEqual(self.assert_all_sign(), ["k1"])
        self.assert_tokens(1)
