"""Keys in the HSM on bad days: kill -9 while they are made, the token's directory lost; nothing of them rests in the clear."""

import base64
import hashlib
import shutil
import threading
import time

from harness import paths
from harness.cases import ServerCase
from harness.vault_client import VaultClient, unthrottled

MAKERS = 3
LOAD_SECONDS = 3.0
PREMIUM = {"sku": {"family": "A", "name": "premium"}}


def digest_of(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


class Maker(threading.Thread):
    """Makes keys in the HSM until the server is gone; knows those that were acknowledged."""

    def __init__(self, vault: VaultClient, number: int):
        super().__init__()
        self.vault, self.number = vault, number
        self.made: list[str] = []

    def run(self):
        try:
            while True:
                name = f"k{self.number}-{len(self.made)}"
                kid = self.vault.must("POST", f"/keys/{name}/create", {"kty": "EC-HSM"})["key"]["kid"]
                self.made.append(kid[kid.index("/keys/"):])
        except OSError:
            pass  # the server was killed


class HsmKeys(ServerCase):
    def all_sign(self, vault: VaultClient, keys: list[str]) -> None:
        vault.tokens.clear()
        for path in keys:
            value = vault.must("POST", path + "/sign", {"alg": "ES256", "value": digest_of(path)})["value"]
            self.assertTrue(vault.must("POST", path + "/verify",
                                       {"alg": "ES256", "digest": digest_of(path), "value": value})["value"])

    def test_what_was_acknowledged_signs_after_kills_and_a_lost_token(self):
        server = self.serve(args=unthrottled(paths.temporary_folder(self)))
        vault = VaultClient(server).create(**PREMIUM)
        objects = sorted(path.name for path in (server.data / "hsm" / "more").rglob("*.object"))
        keys: list[str] = []
        for turn in range(2):
            makers = [Maker(VaultClient(server, vault.name), 10 * turn + number) for number in range(MAKERS)]
            for maker in makers:
                maker.vault.token("https://vault.azure.net")
                maker.start()
            time.sleep(LOAD_SECONDS)  # the load is the point
            server.kill()
            for maker in makers:
                maker.join()
                keys += maker.made
            server.restart()
            self.all_sign(vault, keys)
        self.assertGreater(len(keys), 10)
        # However many keys there are, the token has the two that wrap them.
        self.assertEqual(sorted(path.name for path in (server.data / "hsm" / "more").rglob("*.object")), objects)
        server.stop()
        shutil.rmtree(server.data / "hsm")
        server.start()
        self.all_sign(vault, keys)
