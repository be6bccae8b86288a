"""Vaults on bad days: kill -9 under load, restarts; nothing of what they hold rests in the clear."""

import base64
import random
import secrets
import threading
import time

from e2e.test_canary import encodings, find_all
from harness.cases import ServerCase
from harness.vault_client import VaultClient

WRITERS = 4
ROUNDS = 25
LOAD_SECONDS = 3.0
DIGEST = base64.urlsafe_b64encode(b"d" * 32).decode().rstrip("=")


class Writer(threading.Thread):
    """Sets secrets of its own until the server is gone; knows which value the last answer acknowledged."""

    def __init__(self, vault: VaultClient, number: int):
        super().__init__()
        self.vault, self.number = vault, number
        self.rng = random.Random(number)
        self.known: dict[str, set] = {}  # name -> values that a reader may find
        self.acknowledged = 0

    def run(self):
        try:
            while True:
                name = f"w{self.number}-{self.rng.randrange(5)}"
                value = secrets.token_hex(self.rng.choice([4, 200, 5_000]))
                self.known[name] = self.known.get(name, {None}) | {value}
                self.vault.must("PUT", f"/secrets/{name}", {"value": value})
                self.known[name] = {value}
                self.acknowledged += 1
        except OSError:
            pass  # the server was killed: whatever was under way stays uncertain


class Vaults(ServerCase):
    def test_what_was_acknowledged_is_there_after_a_kill(self):
        server = self.serve()
        vault = VaultClient(server).create()
        key = vault.must("POST", "/keys/k1/create", {"kty": "EC"})["key"]["kid"]
        path = key[key.index("/keys/"):]
        signature = vault.must("POST", path + "/sign", {"alg": "ES256", "value": DIGEST})["value"]
        vault.must("PUT", "/secrets/gone", {"value": "x"})
        vault.must("DELETE", "/secrets/gone")
        writers = [Writer(VaultClient(server, vault.name), number) for number in range(WRITERS)]
        for writer in writers:
            writer.vault.token("https://vault.azure.net")
            writer.start()
        time.sleep(LOAD_SECONDS)  # the load is the point
        server.kill()
        for writer in writers:
            writer.join()
        server.restart()
        vault.tokens.clear()
        self.assertGreater(sum(writer.acknowledged for writer in writers), 20)
        for writer in writers:
            for name, values in writer.known.items():
                status, answer = vault.call("GET", f"/secrets/{name}")
                self.assertIn(answer.get("value") if status == 200 else None, values, (name, status))
        self.assertTrue(vault.must("POST", path + "/verify",
                                   {"alg": "ES256", "digest": DIGEST, "value": signature})["value"])
        self.assertEqual(vault.call("GET", "/secrets/gone")[0], 404)
        vault.must("POST", "/deletedsecrets/gone/recover")
        self.assertEqual(vault.must("GET", "/secrets/gone")["value"], "x")

    def test_many_at_one_key_and_one_secret(self):
        server = self.serve()
        vault = VaultClient(server).create()
        vault.must("POST", "/keys/k1/create", {"kty": "EC"})
        vault.must("PUT", "/secrets/s1", {"value": "first"})
        token = vault.token("https://vault.azure.net")
        said: list[tuple[str, int, dict]] = []

        def work(number: int) -> None:
            mine = VaultClient(server, vault.name)
            mine.tokens["https://vault.azure.net"] = token
            rng = random.Random(number)
            acts = {"rotate": ("POST", "/keys/k1/rotate", {}), "delete": ("DELETE", "/keys/k1", None),
                    "recover": ("POST", "/deletedkeys/k1/recover", {}),
                    "sign": ("POST", "/keys/k1//sign", {"alg": "ES256", "value": DIGEST})}
            for turn in range(ROUNDS):
                act = rng.choice(["rotate", "rotate", "delete", "recover", "recover", "sign", "sign", "set"])
                value = f"{number}-{turn}"
                call = acts.get(act, ("PUT", "/secrets/s1", {"value": value}))
                status, answer = mine.call(*call)
                said.append((act, status, answer))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # What came too late or too early is told so; nothing else goes wrong.
        self.assertEqual({status for _, status, _ in said} - {200, 404, 409}, set())
        vault.call("POST", "/deletedkeys/k1/recover", {})
        rotated = [answer["key"]["kid"] for act, status, answer in said if act == "rotate" and status == 200]
        self.assertGreater(len(rotated), 3)
        self.assertEqual(set(rotated) - set(self.all_of(vault, "/keys/k1/versions", "kid")), set())
        self.assertEqual(len(self.all_of(vault, "/keys/k1/versions", "kid")), len(rotated) + 1)
        kept = {answer["value"] for act, status, answer in said if act == "set" and status == 200}
        self.assertIn(vault.must("GET", "/secrets/s1")["value"], kept)
        self.assertEqual(len(self.all_of(vault, "/secrets/s1/versions", "id")), len(kept) + 1)
        for act, status, answer in said:
            if act == "sign" and status == 200:
                path = answer["kid"][answer["kid"].index("/keys/"):]
                self.assertTrue(vault.must("POST", path + "/verify", {"alg": "ES256", "digest": DIGEST,
                                                                      "value": answer["value"]})["value"])

    @staticmethod
    def all_of(vault: VaultClient, path: str, name: str) -> list[str]:
        """That member of every item of a list, page by page."""
        page, found = vault.must("GET", path), []
        while True:
            found += [item[name] for item in page["value"]]
            if not page["nextLink"]:
                return found
            status, page = vault.send("GET", page["nextLink"],
                                      headers={"authorization": "Bearer " + vault.token("https://vault.azure.net")})
            assert status == 200, page

    def test_nothing_rests_in_the_clear(self):
        server = self.serve()
        vault = VaultClient(server).create()
        words = ["".join(random.choices("bcdfghjkmnpqrstvwxz", k=20)) for _ in range(5)]
        name, value, tag, content_type, key = words
        vault.must("PUT", f"/secrets/{name}", {"value": value, "tags": {tag: tag}, "contentType": content_type})
        octets = base64.urlsafe_b64encode((key + "ab" * 6).encode()).decode().rstrip("=")
        vault.must("PUT", "/keys/k1", {"key": {"kty": "oct", "k": octets}})
        vault.must("POST", "/keys/k1//encrypt", {"alg": "A256CBCPAD", "value": DIGEST})
        server.stop()
        for word in words:
            self.assertEqual(find_all(server.data, encodings(word)), [], word)
