"""No private or secret key byte in an answer that isn't for giving it, in a log, in a file, in a core or in swap; and none
left in memory of what has no business there. Keys with numbers that the test knows go through everything that uses them.

In memory, at rest, are: software-protected keys (a cache of them, until they are purged) and the storage account's key; in
ranges that are in no core (MADV_DONTDUMP) and locked, as all memory is that the program writes. Nothing of a key in the HSM, of
a secret's value, of a bundle, of a customer-provided key or of what was wrapped may be left when its requests are over.
"""

import base64
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.parse

from e2e.test_canary import find_all
from harness import key_bytes, paths, process_memory
from harness.blob_client import BlobClient
from harness.cases import ServerCase
from harness.key_bytes import base64url, forms_of
from harness.pool_client import PoolClient
from harness.vault_client import VaultClient
from harness.waiting import wait_until

DIGEST = base64url(b"d" * 32)
HIDDEN_OF_RSA = ("d", "p", "q", "dp", "dq", "qi")
INSIGHTS = "/providers/microsoft.insights/diagnosticSettings/audit"
REST_SECONDS = 20  # until the last request's memory was given back
NOBODY = 65534


class KeyBytes(ServerCase):
    def setUp(self):
        self.folder = paths.temporary_folder(self)
        settings = self.folder / "freehold.toml"
        settings.write_text("[insights]\ndelivery_seconds = 1\n")
        self.server = self.serve(self.folder / "data", args=["--config", str(settings)])
        self.said: list[bytes] = []     # what may hold no key
        self.needles: dict[str, dict[bytes, str]] = {}  # by what they are of
        self.vault = self.listened_to(VaultClient(self.server)).create(sku={"family": "A", "name": "premium"},
                                                                       softDeleteRetentionInDays=7)
        self.pool = self.listened_to(PoolClient(self.server)).create(self.folder)
        self.blobs = BlobClient.of(self.server)
        self.addCleanup(self.blobs.close)

    def listened_to(self, client):
        """All that it is answered is kept, but what `must_give` asks for."""
        send = client.send

        def listening(method, url, body=None, headers=None):
            status, answer = send(method, url, body, headers)
            self.said.append(json.dumps(answer).encode())
            return status, answer
        client.send = listening
        return client

    def must_give(self, client, method: str, path: str, body=None) -> dict:
        """What is asked for is the secret itself."""
        answer = client.must(method, path, body)
        self.said.pop()
        return answer

    def remember(self, name: str, numbers: dict[str, bytes] | bytes) -> None:
        if isinstance(numbers, bytes):
            numbers = {"bytes": numbers}
        self.needles[name] = {form: what for each, raw in numbers.items() for form, what in
                              forms_of(f"{name}: {each}", raw).items()}

    def bring(self, client, name: str, kty: str, numbers: dict) -> str:
        """Imports a key: its path."""
        hidden = {each: numbers[each] for each in (*HIDDEN_OF_RSA, "k") if each in numbers}
        self.remember(name, hidden)
        kid = client.must("PUT", f"/keys/{name}", {"key": key_bytes.jwk(kty, numbers)})["key"]["kid"]
        return kid[kid.index("/keys/"):]

    # --- what uses them ----------------------------------------------------------------------------------------------

    def use_keys(self) -> None:
        for client, name, kty in ((self.vault, "soft-rsa", "RSA"), (self.vault, "hard-rsa", "RSA-HSM"),
                                  (self.pool, "pool-rsa", "RSA-HSM")):
            path = self.bring(client, name, kty, key_bytes.rsa_numbers(key_bytes.rsa_pem()))
            client.must("POST", path + "/sign", {"alg": "RS256", "value": DIGEST})
            client.must("POST", path + "/sign", {"alg": "PS256", "value": DIGEST})
            wrapped = os.urandom(32)
            self.remember(f"{name} wrapped", wrapped)
            for algorithm, wrap, unwrap in (("RSA-OAEP-256", "wrapkey", "unwrapkey"), ("RSA-OAEP", "encrypt", "decrypt")):
                text = client.must("POST", f"{path}/{wrap}", {"alg": algorithm, "value": base64url(wrapped)})["value"]
                given = self.must_give(client, "POST", f"{path}/{unwrap}", {"alg": algorithm, "value": text})["value"]
                self.assertEqual(given, base64url(wrapped))
            self.assertEqual(client.call("POST", path + "/decrypt", {"alg": "RSA-OAEP", "value": text[:-8] + "AAAAAAAA"})[0], 400)
        for client, name, kty in ((self.vault, "soft-ec", "EC"), (self.vault, "hard-ec", "EC-HSM"), (self.pool, "pool-ec", "EC-HSM")):
            path = self.bring(client, name, kty, key_bytes.ec_numbers())
            client.must("POST", path + "/sign", {"alg": "ES256", "value": DIGEST})
        for client, name, kty in ((self.vault, "soft-oct", "oct"), (self.pool, "pool-oct", "oct-HSM")):
            path = self.bring(client, name, kty, {"k": os.urandom(32)})
            client.must("POST", path + "/wrapkey", {"alg": "A256KW", "value": base64url(os.urandom(32))})
            client.must("POST", path + "/encrypt", {"alg": "A256CBCPAD", "value": DIGEST, "iv": base64url(b"i" * 16)})
        self.assertEqual(self.vault.call("PUT", "/keys/broken", {"key": {"kty": "RSA", "d": 7}})[0], 400)

    def use_secrets(self) -> None:
        # One that stands in JSON as it is, and one that has to be escaped.
        for name, value in (("s1", os.urandom(60).hex()), ("s2", os.urandom(3_000).hex() + "\n\"")):
            self.remember(f"secret {name}", value[:120].encode())
            self.must_give(self.vault, "PUT", f"/secrets/{name}", {"value": value})
            for _ in range(3):
                self.assertEqual(self.must_give(self.vault, "GET", f"/secrets/{name}")["value"], value)
            self.vault.must("PATCH", f"/secrets/{name}", {"contentType": "text/plain"})
            self.vault.must("GET", f"/secrets/{name}/versions")

    def use_certificate(self) -> None:
        pem = key_bytes.rsa_pem()
        numbers = key_bytes.rsa_numbers(pem)
        self.remember("certificate", {name: numbers[name] for name in HIDDEN_OF_RSA})
        pfx = key_bytes.certificate_pfx(self.folder, pem)
        self.vault.must("POST", "/certificates/c1/import", {"value": base64.b64encode(pfx).decode(), "policy": {
            "key_props": {"kty": "RSA", "key_size": 2048, "exportable": True},
            "secret_props": {"contentType": "application/x-pkcs12"}}})
        given = base64.b64decode(self.must_give(self.vault, "GET", "/secrets/c1")["value"])
        self.remember("bundle", given[64:])  # as it is made anew, with the key under an empty password
        self.vault.must("POST", "/keys/c1//sign", {"alg": "RS256", "value": DIGEST})

    def use_backups(self) -> None:
        for kind, name in (("keys", "soft-oct"), ("keys", "hard-ec"), ("secrets", "s1"), ("certificates", "c1")):
            backup = self.vault.must("POST", f"/{kind}/{name}/backup")["value"]
            if name == "s1":
                self.vault.must("DELETE", f"/{kind}/{name}")
                self.vault.must("DELETE", f"/deleted{kind}/{name}")
                self.vault.must("POST", f"/{kind}/restore", {"value": backup})

    def use_storage(self) -> None:
        self.remember("account key", base64.b64decode(self.server.key))
        own = os.urandom(32)
        self.remember("customer-provided key", own)
        headers = {"x-ms-encryption-key": base64.b64encode(own).decode(), "x-ms-encryption-algorithm": "AES256",
                   "x-ms-encryption-key-sha256": base64.b64encode(hashlib.sha256(own).digest()).decode()}
        self.assertEqual(self.blobs.create_container("box").status, 201)
        for size in (1_000, 300_000):
            body = os.urandom(size)
            made = self.blobs.put(f"box/{size}", body, headers)
            self.assertEqual(made.status, 201, made.body)
            self.assertEqual(self.blobs.get(f"box/{size}", headers).body, body)
            refused = self.blobs.get(f"box/{size}")
            self.assertEqual(refused.status, 409)
            for answer in (made, refused):
                self.said += [answer.body, repr(answer.headers).encode()]

    def use_all(self) -> None:
        account = f"/resourceGroups/default/providers/Microsoft.Storage/storageAccounts/{self.server.account}"
        ends = self.server.endpoints
        status, answer = self.vault.manage("PUT", self.vault.resource + INSIGHTS, {"properties": {
            "storageAccountId": f"/subscriptions/{ends['subscriptionId']}{account}",
            "logs": [{"category": "AuditEvent", "enabled": True}]}}, version="2021-05-01-preview")
        self.assertEqual(status, 200, answer)
        self.use_keys()
        self.use_secrets()
        self.use_certificate()
        self.use_backups()
        self.use_storage()

    def all_needles(self, but=()) -> dict[bytes, str]:
        return {form: what for name, forms in self.needles.items() if name not in but for form, what in forms.items()}

    # --- answers, logs and files -------------------------------------------------------------------------------------

    def delivered(self) -> bytes:
        listed = self.blobs.listing("insights-logs-auditevent").decode()
        if "<Name>" not in listed:
            return b""
        name = listed.partition("<Name>")[2].partition("</Name>")[0]
        text = self.blobs.get("insights-logs-auditevent/" + urllib.parse.unquote(name)).body
        return text if b"CertificateImport" in text else b""

    def test_answers_logs_and_files_have_none(self):
        self.use_all()
        log = wait_until(self.delivered, 60, "the vault's log in the account")
        needles = self.all_needles()
        planted = next(iter(self.needles["hard-rsa"]))
        self.assertEqual(self.found_in([b"x" + planted + b"y"], needles), [needles[planted]], "the search itself")
        self.assertGreater(len(self.said), 60)
        self.assertEqual(self.found_in(self.said, needles), [], "in answers")
        self.assertEqual(self.found_in([log], needles), [], "in the log that is delivered")
        spared = ("endpoints.json",)  # has the account's key, for whoever runs the region
        self.assertEqual(find_all(self.server.data, needles, spared), [], "in files, while serving")
        self.server.kill()
        (self.server.data / "fd1" / "planted").write_bytes(os.urandom(5_000) + planted + os.urandom(70))
        found = find_all(self.server.data, needles, spared)
        self.assertEqual(len(found), 1, found)
        self.assertIn("planted", found[0])
        self.assertGreater(len(self.server.log()), 0)
        self.assertEqual(self.found_in([self.server.log().encode()], needles), [], "in what the program says")

    @staticmethod
    def found_in(texts: list[bytes], needles: dict[bytes, str]) -> list[str]:
        return [what for text in texts for form, what in needles.items() if form in text]

    # --- memory ------------------------------------------------------------------------------------------------------

    def seen(self, names) -> list[process_memory.Sighting]:
        # In hex nothing here writes keys, and each form takes its time.
        needles = {form: what for name in names for form, what in self.needles[name].items() if "hex" not in what.lower()}
        return process_memory.find(self.server.pid, needles)

    def assert_soon_none(self, names, when: str) -> None:
        """Memory is given back shortly behind the answer: some of it is looked at again until then."""
        deadline = time.monotonic() + REST_SECONDS
        while found := self.seen(names):
            if time.monotonic() > deadline:
                self.fail(f"{when}:\n" + "\n".join(map(str, found[:20])))
            time.sleep(1)

    def test_memory_has_them_where_they_belong_and_nowhere_else(self):
        self.use_all()
        held = {"soft-rsa", "soft-ec", "soft-oct", "certificate", "account key"}
        self.assert_soon_none(set(self.needles) - held, "after their requests")
        found = self.seen(held)
        self.assertTrue({"soft-rsa", "soft-oct"} <= {name for name in held for each in found if each.what.startswith(name + ":")},
                        "keys that are in use are in memory: else this search proves nothing")
        self.assertEqual([str(each) for each in found if not each.region.hidden], [])
        self.vault.must("DELETE", "/certificates/c1")
        self.vault.must("DELETE", "/deletedcertificates/c1")
        for name in ("soft-rsa", "soft-ec", "soft-oct"):
            self.vault.must("DELETE", f"/keys/{name}")
            self.vault.must("DELETE", f"/deletedkeys/{name}")
        self.assert_soon_none(set(self.needles) - {"account key"}, "after the purge")

    def test_all_memory_that_is_written_is_in_no_core_and_no_swap(self):
        self.use_keys()
        shown = []
        for each in process_memory.ranges(self.server.pid):
            if "w" in each.access and not each.hidden and any(process_memory.filled_parts(self.server.pid, each)):
                shown.append(str(each))
        self.assertEqual(shown, [])


class TheSearch(ServerCase):
    """The search of memory finds what lies there, and sees whether it is hidden."""

    CHILD = "import mmap,sys\nm=mmap.mmap(-1,1<<20,flags=mmap.MAP_PRIVATE|mmap.MAP_ANONYMOUS)\n" \
            "m[77777:77777+16]=bytes(255^b for b in bytes.fromhex(sys.argv[1]))\n" \
            "if sys.argv[2]=='hide':\n m.madvise(mmap.MADV_DONTDUMP)\n import ctypes\n" \
            " a=ctypes.addressof(ctypes.c_char.from_buffer(m))\n assert ctypes.CDLL(None).mlock(ctypes.c_void_p(a),1<<20)==0\n" \
            "print('ready',flush=True)\nsys.stdin.read()"

    def look(self, how: str) -> list[process_memory.Sighting]:
        raw = os.urandom(16)
        turned = bytes(255 ^ byte for byte in raw).hex()  # so that only the mapping has it
        child = subprocess.Popen([sys.executable, "-c", self.CHILD, turned, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.assertEqual(child.stdout.readline(), b"ready\n")
            return [each for each in process_memory.find(child.pid, {raw: "planted"}) if each.address % 4096 == 77777 % 4096]
        finally:
            child.communicate(b"")

    def test_what_is_planted(self):
        (shown,), (hidden,) = self.look("show"), self.look("hide")
        self.assertFalse(shown.region.hidden)
        self.assertTrue(hidden.region.hidden)

    def test_every_form(self):
        raw = os.urandom(40)
        forms = forms_of("x", raw)
        texts = [raw.hex().encode(), raw.hex().upper().encode(), raw[::-1]]
        texts += [encode(b"\0" * shift + raw) for shift in range(4) for encode in (base64.b64encode, base64.urlsafe_b64encode)]
        for text in (raw, *texts):
            self.assertTrue(any(form in text for form in forms), text)


class Core(ServerCase):
    """A signal that makes other programs leave a core leaves none of this one."""

    def end(self, process: subprocess.Popen, folder: pathlib.Path) -> tuple[bool, list[str]]:
        """Whether the kernel says that it wrote a core, and what is in the folder."""
        os.kill(process.pid, signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -os.WTERMSIG(status)
        return os.WCOREDUMP(status), sorted(each.name for each in folder.iterdir())

    def test_none_is_left(self):
        folder = paths.temporary_folder(self)
        unlimited = [paths.needs("prlimit"), "--core=unlimited", "--"]
        other = subprocess.Popen([*unlimited, "sleep", "60"], cwd=folder)
        wait_until(lambda: b"sleep" in pathlib.Path(f"/proc/{other.pid}/comm").read_bytes(), 10, "the other program")
        dumped, _ = self.end(other, folder)
        self.assertTrue(dumped, "this machine writes no cores at all: see /proc/sys/kernel/core_pattern")
        for each in folder.iterdir():
            each.unlink()
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(folder)
        server = self.serve(paths.temporary_folder(self) / "data", prefix=unlimited)
        process, server.process = server.process, None
        self.assertEqual(self.end(process, folder), (False, []))

    def test_another_process_of_the_same_user_cannot_look(self):
        folder = paths.temporary_folder(self)
        os.chown(folder, NOBODY, NOBODY)
        become = [paths.needs("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
        server = self.serve(folder / "data", prefix=become)
        read = [*become, sys.executable, "-c", "import sys; open(f'/proc/{sys.argv[1]}/mem','rb')"]
        other = subprocess.Popen([*become, "sleep", "60"])
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        self.assertEqual(subprocess.run([*read, str(other.pid)], capture_output=True).returncode, 0)
        refused = subprocess.run([*read, str(server.pid)], capture_output=True, text=True)
        self.assertIn("PermissionError", refused.stderr)
