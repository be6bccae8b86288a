"""Nothing rests in the clear (promise E1): canaries written through the API are nowhere in the data folder, in no encoding."""

import base64
import os
import random
import string
import unittest
import urllib.parse

from harness import paths, signer
from harness.blob_client import BlobClient
from harness.cases import ServerCase

CHUNK = 4 << 20


def encodings(word: str) -> dict[bytes, str]:
    """Every form in which `word` might rest on a disk -> what that form is called."""
    raw = word.encode()
    forms = {word.upper().encode(): "upper case", word.lower().encode(): "lower case", raw: "as it is",
             raw[::-1]: "reversed", word.encode("utf-16-le"): "utf-16le", word.encode("utf-16-be"): "utf-16be",
             raw.hex().encode(): "hex", raw.hex().upper().encode(): "HEX",
             "".join(f"%{byte:02X}" for byte in raw).encode(): "percent",
             "".join(f"%{byte:02x}" for byte in raw).encode(): "percent, lower case"}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        # Only the characters that the word alone decides.
        sure = text[(shift * 8 + 5) // 6:(shift + len(raw)) * 8 // 6]
        forms[sure] = f"base64+{shift}"
        forms[sure.replace(b"+", b"-").replace(b"/", b"_")] = f"base64url+{shift}"
    return forms


def find_all(folder, forms: dict[bytes, str], spared=()) -> list[str]:
    """Greps every file, raw; holes and zeros are skipped quickly."""
    longest = max(map(len, forms))
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name in spared:
            continue
        for form, name in forms.items():
            if form in str(path.relative_to(folder)).encode():
                found.append(f"{path}: in its name ({name})")
        with open(path, "rb", buffering=0) as file:
            size, offset = os.fstat(file.fileno()).st_size, 0
            while offset < size:
                try:
                    offset = max(offset, os.lseek(file.fileno(), max(0, offset - longest), os.SEEK_DATA))
                except OSError:
                    break  # no data after this offset
                block = os.pread(file.fileno(), CHUNK + longest, max(0, offset - longest))
                if block.count(0) < len(block):
                    found += [f"{path} near {offset}: {name}" for form, name in forms.items() if form in block]
                offset += CHUNK
    return found


class TheSearch(unittest.TestCase):
    def test_the_search_itself_finds_every_form(self):
        folder = paths.temporary_folder(self)
        word = "qwhbgfdnhtrplokmxzae"
        for index, form in enumerate(encodings(word)):
            file = folder / f"{index}"
            file.write_bytes(os.urandom(CHUNK - 5) + form + os.urandom(100))
            self.assertEqual(len({line.partition(" near")[0] for line in find_all(folder, encodings(word))}), 1)
            file.unlink()
        for prefix in (b"", b"x", b"yz"):
            (folder / "b64").write_bytes(base64.b64encode(prefix + word.encode() + b"tail"))
            self.assertTrue(find_all(folder, encodings(word)))


class Canary(ServerCase):
    def setUp(self):
        self.rng = random.Random(os.urandom(8))
        self.words: dict[str, str] = {}
        self.data = paths.temporary_folder(self) / "data"
        self.process = self.serve(self.data, emulator=True)
        self.client = BlobClient.of(self.process)
        self.addCleanup(self.client.close)

    def word(self, use: str) -> str:
        """A random word of 20 letters: no chance of finding it by accident."""
        self.words[use] = "".join(self.rng.choice(string.ascii_lowercase) for _ in range(20))
        return self.words[use]

    def write_everywhere(self) -> None:
        container = self.word("container name")
        reply = self.client.create_container(container, {f"x-ms-meta-{self.word('container metadata name')}":
                                                         self.word("container metadata value")})
        self.assertEqual(reply.status, 201, reply.body)
        headers = {f"x-ms-meta-{self.word('metadata name')}": self.word("metadata value"),
                   "x-ms-blob-content-type": "text/" + self.word("content type"),
                   "x-ms-blob-content-disposition": self.word("disposition"),
                   "x-ms-blob-cache-control": self.word("cache control"),
                   "x-ms-blob-content-language": self.word("language"),
                   "x-ms-client-request-id": self.word("client request id"), "User-Agent": self.word("user agent")}
        small = self.client.put(f"{container}/{self.word('blob name')}", self.word("small content").encode() * 3, headers)
        self.assertEqual(small.status, 201, small.body)
        large = self.client.put(f"{container}/large", self.word("large content").encode() * 450_000)
        self.assertEqual(large.status, 201, large.body)
        block = base64.b64encode(self.word("block id").encode()).decode()
        query = {"comp": "block", "blockid": block}
        staged = self.client.request("PUT", f"{container}/staged", query, None, self.word("block content").encode() * 9000)
        self.assertEqual(staged.status, 201, staged.body)
        self.client.request("GET", container, {"restype": "container", "comp": "list", "prefix": self.word("prefix")})
        self.assertEqual(self.client.get(f"{container}/{self.word('name of nothing')}").status, 404)
        wrong = self.client.request("GET", f"{container}/{self.word('name in a refusal')}",
                                    key=base64.b64encode(b"wrong" * 12).decode())
        self.assertEqual(wrong.status, 403)
        # Overwritten and deleted content must not rest either.
        for body in (self.word("overwritten content").encode() * 100_000, b"new"):
            self.assertEqual(self.client.put(f"{container}/overwritten", body).status, 201)

    def forms(self) -> dict[bytes, str]:
        return {form: f"{use}, {name}" for use, word in self.words.items() for form, name in encodings(word).items()}

    def test_no_canary_rests_in_the_folder(self):
        self.write_everywhere()
        forms = self.forms()
        self.assertEqual(find_all(self.data, forms), [], "while serving")
        self.process.stop()
        self.assertEqual(find_all(self.data, forms), [], "after a stop")
        self.process.start()
        self.client = BlobClient.of(self.process)
        container = self.words["container name"]
        body = self.client.get(f"{container}/{self.words['blob name']}").body
        self.assertEqual(body, self.words["small content"].encode() * 3, "the canary is really there")
        self.process.kill()
        self.assertEqual(find_all(self.data, forms), [], "after a kill")

    def test_account_name_and_key_rest_only_in_endpoints_json(self):
        self.write_everywhere()
        self.process.stop()
        key = self.process.key
        forms = {form: f"account name, {name}" for form, name in encodings(self.process.account).items()}
        forms |= {key.encode(): "account key", base64.b64decode(key): "account key, decoded",
                  base64.b64decode(key).hex().encode(): "account key, hex",
                  self.process.endpoints["admin"]["clientSecret"].encode(): "the administrator's secret"}
        self.assertEqual(find_all(self.data, forms, spared=("endpoints.json",)), [])

    def test_the_log_holds_no_secret_and_no_name(self):
        self.write_everywhere()
        sas = signer.account_sas(self.process.account, self.process.key, "rl")
        signature = urllib.parse.parse_qs(sas)["sig"][0]
        target = f"/{self.process.account}/{self.words['container name']}/large?{sas}"
        headers = {"Host": f"127.0.0.1:{self.client.port}", "x-ms-version": signer.VERSION}
        self.assertEqual(self.client.send("GET", target, headers).status, 200)
        broken = target.replace("sp=rl", "sp=rw")
        self.assertEqual(self.client.send("GET", broken, headers).status, 403)
        self.process.stop()
        log = self.process.log()
        self.assertGreater(len(log), 0)
        secrets = {"account key": self.process.key, "SAS signature": signature,
                   "SAS signature, encoded": urllib.parse.quote(signature, safe=""),
                   "administrator's secret": self.process.endpoints["admin"]["clientSecret"],
                   "PIN": (self.data / "pin").read_text().strip()}
        secrets |= {f"signature {index}": each for index, each in enumerate(self.client.signatures)}
        secrets |= self.words
        self.assertEqual([use for use, secret in secrets.items() if secret in log], [])
