"""No oracle: whatever is wrong with a text that is to be decrypted, the answer is the same, and takes as long.

Texts of different wrongness are sent in turn over one connection. A difference of time is called an oracle where in every
round it is significant (Mann and Whitney's test, of the faster half) and larger than a share of the time itself: by
chance that doesn't happen, and a branch that leaves out an operation with a key shows. How much less a branch within OpenSSL's
own constant-time code could take is beyond what can be seen through HTTP.
"""

import base64
import hashlib
import http.client
import json
import os
import random
import statistics
import time
import urllib.parse

from harness import key_bytes, paths, trust
from harness.cases import ServerCase
from harness.key_bytes import base64url
from harness.pool_client import PoolClient
from harness.vault_client import VaultClient, unthrottled

ROUNDS = 4
SAMPLES = 80         # of a class, in a round
LEAST_SHARE = 0.05   # of the median
LEAST_SCORE = 3.5    # standard deviations
IDS = ("x-ms-request-id", "x-ms-client-request-id", "date")


def significance(a: list[float], b: list[float]) -> float:
    """Standard deviations by which b is slower than a: Mann and Whitney's U, by its normal approximation."""
    ranked = sorted([(value, 0) for value in a] + [(value, 1) for value in b])
    ranks = sum(rank for rank, (_, of) in enumerate(ranked, 1) if of == 1)
    m, n = len(a), len(b)
    return (ranks - n * (m + n + 1) / 2) / (m * n * (m + n + 1) / 12) ** 0.5


def cropped(times: list[float]) -> list[float]:
    """The faster half: what else the machine does makes the others slow."""
    return sorted(times)[:len(times) // 2]


def differs(rounds: list[tuple[list[float], list[float]]]) -> bool:
    """Whether every round says so, and all of them in the same direction."""
    shares, scores = [], []
    for a, b in rounds:
        a, b = cropped(a), cropped(b)
        shares.append(statistics.median(b) / statistics.median(a) - 1)
        scores.append(significance(a, b))
    return any(all(sign * share > LEAST_SHARE and sign * score > LEAST_SCORE for share, score in zip(shares, scores))
               for sign in (1, -1))


# --- blocks of RSA, RFC 8017 sections 7.1.1 and 7.2.1 ----------------------------------------------------------------


def mask(seed: bytes, size: int, hash_name: str) -> bytes:
    text = b"".join(hashlib.new(hash_name, seed + number.to_bytes(4, "big")).digest() for number in range(size // 20 + 1))
    return text[:size]


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def oaep(width: int, hash_name: str, *, message=b"m" * 32, first=0, label=b"", separator=1) -> bytes:
    size = hashlib.new(hash_name).digest_size
    filled = width - len(message) - 2 * size - 2
    data = hashlib.new(hash_name, label).digest() + b"\0" * filled + bytes([separator]) + message
    seed = os.urandom(size)
    hidden = xor(data, mask(seed, len(data), hash_name))
    return bytes([first]) + xor(seed, mask(hidden, size, hash_name)) + hidden


def pkcs1(width: int, *, first=0, kind=2, message=b"m" * 32, filling=None) -> bytes:
    nonzero = bytes(random.choices(range(1, 256), k=width))
    filling = nonzero[:width - len(message) - 3] if filling is None else filling
    return (bytes([first, kind]) + filling + b"\0" + message).ljust(width, b"\x07")[:width]


class Asker:
    """One connection to one vault or pool."""

    def __init__(self, client: VaultClient):
        where = urllib.parse.urlsplit(client.url)
        self.connection = http.client.HTTPSConnection(where.hostname, where.port, context=trust.context(client.server.ca_file))
        self.headers = {"authorization": "Bearer " + client.token(client.audience), "content-type": "application/json"}

    def ask(self, path: str, body: dict) -> tuple[float, tuple]:
        """Seconds, and the answer but for ids and times."""
        text = json.dumps(body)
        begun = time.perf_counter()
        self.connection.request("POST", path + "?api-version=7.4", text, self.headers)
        answer = self.connection.getresponse()
        said = answer.read()
        took = time.perf_counter() - begun
        headers = sorted((name.lower(), value) for name, value in answer.getheaders() if name.lower() not in IDS)
        return took, (answer.status, headers, said)


class Oracles(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.pem_numbers = key_bytes.rsa_numbers(key_bytes.rsa_pem())

    def setUp(self):
        folder = paths.temporary_folder(self)
        self.server = self.serve(folder / "data", args=unthrottled(folder))
        self.vault = VaultClient(self.server).create()
        self.pool = PoolClient(self.server).create(folder)

    def bring(self, client, kty: str, numbers: dict) -> str:
        kid = client.must("PUT", f"/keys/{os.urandom(4).hex()}", {"key": key_bytes.jwk(kty, numbers)})["key"]["kid"]
        return kid[kid.index("/keys/"):]

    def measured(self, client, path: str, classes: dict) -> tuple[dict, dict]:
        """Of each class of bodies (a function makes each): its times, a list a round; and its answers."""
        asker = Asker(client)
        times = {name: [[] for _ in range(ROUNDS)] for name in classes}
        answers = {name: set() for name in classes}
        for number in range(ROUNDS):
            turns = [name for name in classes for _ in range(SAMPLES)]
            random.shuffle(turns)
            for name in turns:
                took, (status, headers, said) = asker.ask(path, classes[name]())
                times[name][number].append(took)
                answers[name].add((status, tuple(headers), said))
        return times, answers

    def assert_alike(self, what: str, client, path: str, classes: dict) -> None:
        times, answers = self.measured(client, path, classes)
        self.assertEqual(len(set().union(*answers.values())), 1, f"{what}: {answers}")
        self.assertEqual({status for status, _, _ in next(iter(answers.values()))}, {400})
        first, *others = classes
        for other in others:
            pairs = list(zip(times[first], times[other]))
            medians = [[round(statistics.median(each) * 1e6) for each in pair] for pair in pairs]
            self.assertFalse(differs(pairs), f"{what}: '{other}' takes another time than '{first}': {medians} us")

    # --- RSA ---------------------------------------------------------------------------------------------------------

    def raw(self, block: bytes) -> bytes:
        n, e = (int.from_bytes(self.pem_numbers[name], "big") for name in "ne")
        return pow(int.from_bytes(block, "big"), e, n).to_bytes(len(block), "big")

    def rsa_classes(self, algorithm: str) -> tuple[dict, object]:
        """Name -> a function that makes a body that is wrong in that way; and one that makes a right body."""
        def of(make, **how):
            return lambda: {"alg": algorithm, "value": base64url(self.raw(make(**how)))}
        if algorithm == "RSA1_5":
            def make(**how):
                return pkcs1(256, **how)
            return {"another kind": of(make, kind=1), "no zero first": of(make, first=1),
                    "too little filling": of(make, filling=b"\x05" * 7), "no end of filling": of(make, filling=b"\x05" * 254),
                    "nothing right": of(lambda: b"\0" + os.urandom(1) + b"\x0b" * 254)}, of(make)
        hash_name = "sha256" if algorithm.endswith("256") else "sha1"

        def make(**how):
            return oaep(256, hash_name, **how)
        return {"another label": of(make, label=b"x"), "no zero first": of(make, first=1),
                "no separator": of(make, separator=0, message=b"\0" * 32), "another separator": of(make, separator=2),
                "nothing right": of(lambda: b"\0" + os.urandom(255))}, of(make)

    def check_rsa(self, client, kty: str) -> None:
        path = self.bring(client, kty, self.pem_numbers)
        asker = Asker(client)
        for algorithm in ("RSA-OAEP", "RSA-OAEP-256", "RSA1_5"):
            classes, right = self.rsa_classes(algorithm)
            for use in ("decrypt", "unwrapkey"):
                status, _, said = asker.ask(f"{path}/{use}", right())[1]
                self.assertEqual((status, json.loads(said).get("value")), (200, base64url(b"m" * 32)), "the blocks are made rightly")
                self.assert_alike(f"{kty} {algorithm} {use}", client, f"{path}/{use}", classes)
                wrong = asker.ask(f"{path}/{use}", next(iter(classes.values()))())[1]
                for value in (b"x" * 255, b"x" * 257, b"\xff" * 256, b"x"):
                    # What everybody sees of a text: it may be told sooner, not otherwise.
                    self.assertEqual(asker.ask(f"{path}/{use}", {"alg": algorithm, "value": base64url(value)})[1], wrong)

    def test_rsa_in_software(self):
        self.check_rsa(self.vault, "RSA")

    def test_rsa_in_a_pool(self):
        self.check_rsa(self.pool, "RSA-HSM")

    def test_a_difference_is_seen(self):
        """An RSA operation that is left out: what the criterion is for."""
        path = self.bring(self.vault, "RSA", self.pem_numbers)
        classes, _ = self.rsa_classes("RSA-OAEP")
        short = {"left out": lambda: {"alg": "RSA-OAEP", "value": base64url(b"x" * 255)}}
        times, _ = self.measured(self.vault, path + "/decrypt", {"whole": classes["another label"], **short})
        self.assertTrue(differs(list(zip(times["left out"], times["whole"]))))
        self.assertTrue(differs(list(zip(times["whole"], times["left out"]))))

    # --- AES ---------------------------------------------------------------------------------------------------------

    def check_oct(self, client, kty: str) -> None:
        path = self.bring(client, kty, {"k": os.urandom(32)})
        iv = base64url(b"i" * 16)

        def altered(text: str, at: int) -> bytes:
            raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            raw[at] ^= 0x40
            return bytes(raw)

        def cbc(plain: bytes):
            # Without padding of the service's: the text has its own.
            made = client.must("POST", path + "/encrypt", {"alg": "A256CBC", "value": base64url(plain), "iv": iv})["value"]
            return lambda: {"alg": "A256CBCPAD", "value": made, "iv": iv}
        self.assert_alike(f"{kty} A256CBCPAD", client, path + "/decrypt", {
            "no padding": cbc(b"p" * 47 + b"\0"), "too much padding": cbc(b"p" * 47 + b"\x11"),
            "wrong in its first byte": cbc(b"p" * 32 + b"\x0f" + b"\x10" * 15),
            "wrong in its last but one": cbc(b"p" * 46 + b"\x01\x02")})

        wrapped = client.must("POST", path + "/wrapkey", {"alg": "A256KW", "value": base64url(b"w" * 32)})["value"]
        self.assert_alike(f"{kty} A256KW", client, path + "/unwrapkey", {
            f"byte {at}": lambda value=base64url(altered(wrapped, at)): {"alg": "A256KW", "value": value} for at in (0, 12, 39)})

        made = client.must("POST", path + "/encrypt", {"alg": "A256GCM", "value": base64url(b"g" * 48)})
        rest = {"alg": "A256GCM", "iv": made["iv"]}
        tags = {f"tag, byte {at}": lambda tag=base64url(altered(made["tag"], at)): {**rest, "value": made["value"], "tag": tag}
                for at in (0, 15)}
        self.assert_alike(f"{kty} A256GCM", client, path + "/decrypt", {
            **tags, "text": lambda: {**rest, "value": base64url(altered(made["value"], 0)), "tag": made["tag"]}})

    def test_symmetric_in_software(self):
        self.check_oct(self.vault, "oct")

    def test_symmetric_in_a_pool(self):
        self.check_oct(self.pool, "oct-HSM")
