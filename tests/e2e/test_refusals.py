"""Requests that must not be believed: wrong key, skewed clock, bodies that lie, clients that vanish, garbage."""

import base64
import os
import random
import socket
import struct

from harness import signer
from harness.blob_client import BlobClient, md5_base64
from harness.cases import SharedServerCase
from harness.waiting import wait_until

REPLY_SECONDS = 15  # a refusal or a closed connection must come within this, or the server hangs


def read_to_end(connection: socket.socket, limit: int = 1 << 20) -> bytes:
    """Everything until the server closes; raises TimeoutError if it doesn't."""
    connection.settimeout(REPLY_SECONDS)
    received = b""
    while len(received) < limit:
        try:
            part = connection.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            break
        if not part:
            break
        received += part
    return received


class Refusals(SharedServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = BlobClient.of(cls.server)
        cls.plain = BlobClient.of(cls.server, emulator=True)
        for client in (cls.client, cls.plain):
            cls.addClassCleanup(client.close)
            assert client.create_container("refusals").status in (201, 409)

    def absent(self, name: str, client=None) -> None:
        self.assertEqual((client or self.client).get(f"refusals/{name}").status, 404)
        self.assertNotIn(f"<Name>{name}</Name>".encode(), (client or self.client).listing("refusals"))

    # --- who are you -------------------------------------------------------------------------------------------------

    def test_wrong_key(self):
        wrong = base64.b64encode(os.urandom(64)).decode()
        for method, path in [("PUT", "refusals/wrong-key"), ("GET", "refusals/x"), ("DELETE", "refusals/x"),
                             ("HEAD", "refusals/x")]:
            with self.subTest(method=method):
                headers = {"x-ms-blob-type": "BlockBlob"} if method == "PUT" else {}
                body = b"content" if method == "PUT" else b""
                reply = self.client.request(method, path, None, headers, body, key=wrong)
                self.assertEqual((reply.status, reply.code), (403, "AuthenticationFailed"))
                self.assertNotIn(self.client.key.encode(), reply.body)
        self.absent("wrong-key")

    def test_the_key_of_another_account(self):
        stranger = BlobClient("nosuchaccount", self.client.key, https_port=self.server.https_port,
                              ca_file=self.server.ca_file)
        self.addCleanup(stranger.close)
        self.assertIn(stranger.get("refusals/x").status, (400, 403, 404))

    def test_skewed_clock(self):
        for minutes in (-16, 16):
            for header in ("x-ms-date", "Date"):
                with self.subTest(minutes=minutes, header=header):
                    target = self.client.target("refusals/skewed")
                    headers = {"Host": f"127.0.0.1:{self.client.port}", header: signer.http_date(minutes * 60),
                               "x-ms-version": signer.VERSION, "x-ms-blob-type": "BlockBlob", "Content-Length": "7"}
                    headers["Authorization"] = signer.authorization(self.client.account, self.client.key, "PUT", target,
                                                                    headers)
                    reply = self.client.send("PUT", target, headers, b"content")
                    self.assertEqual((reply.status, reply.code), (403, "AuthenticationFailed"))
        self.absent("skewed")
        within = self.client.put("refusals/within", b"content", {"x-ms-date": signer.http_date(-10 * 60)})
        self.assertEqual(within.status, 201, within.body)

    def test_a_changed_header_or_query_breaks_the_signature(self):
        target = self.client.target("refusals/changed")
        headers = self.client.signed("PUT", target, {"x-ms-blob-type": "BlockBlob", "x-ms-meta-a": "1"}, 7)
        for name, value, where in [("x-ms-meta-a", "2", target), ("x-ms-meta-b", "1", target),
                                   ("x-ms-meta-a", "1", target + "?comp=metadata"), ("Content-Type", "a/b", target)]:
            with self.subTest(name=name, value=value, target=where):
                reply = self.client.send("PUT", where, headers | {name: value}, b"content")
                self.assertEqual(reply.status, 403, reply.body)
        self.absent("changed")

    # --- bodies that lie ---------------------------------------------------------------------------------------------

    def send_raw(self, client, name: str, announced: int, body: bytes) -> socket.socket:
        target = client.target(f"refusals/{name}")
        headers = client.signed("PUT", target, {"x-ms-blob-type": "BlockBlob"}, announced)
        connection = client.connect()
        self.addCleanup(connection.close)
        connection.sendall(client.head_bytes("PUT", target, headers))
        try:
            connection.sendall(body)
        except (ConnectionResetError, BrokenPipeError):
            pass  # the server may refuse before it has read everything
        return connection

    def test_body_shorter_than_its_length(self):
        for announced, sent in [(1000, 999), (10, 0), (100_000, 65_536), (20_000_000, 9_000_000)]:
            with self.subTest(announced=announced, sent=sent):
                name = f"short-{announced}"
                connection = self.send_raw(self.plain, name, announced, os.urandom(sent))
                connection.shutdown(socket.SHUT_WR)
                reply = read_to_end(connection)
                self.assertNotIn(b" 201 ", reply.split(b"\r\n")[0])
                self.absent(name, self.plain)

    def test_body_longer_than_its_length(self):
        body = os.urandom(500)
        connection = self.send_raw(self.plain, "long", 500, body + b"\x00surplus that is no request\r\n\r\n")
        reply = read_to_end(connection)
        self.assertTrue(reply.startswith(b"HTTP/1.1 201 "), reply[:200])
        self.assertEqual(reply.count(b"HTTP/1.1 "), 2, "the surplus is refused as a request of its own")
        self.assertIn(b"HTTP/1.1 400 ", reply)
        self.assertEqual(self.plain.get("refusals/long").body, body)

    def test_no_length_at_all(self):
        target = self.plain.target("refusals/no-length")
        headers = self.plain.signed("PUT", target, {"x-ms-blob-type": "BlockBlob"})
        del headers["Content-Length"]
        connection = self.plain.connect()
        self.addCleanup(connection.close)
        connection.sendall(self.plain.head_bytes("PUT", target, headers | {"Connection": "close"}))
        connection.shutdown(socket.SHUT_WR)
        self.assertRegex(read_to_end(connection).split(b"\r\n")[0], rb"HTTP/1.1 4\d\d ")
        self.absent("no-length", self.plain)

    def test_wrong_md5(self):
        for size in (7, 70_000, 9_000_000):
            for method_headers in ({"Content-MD5": md5_base64(b"other")}, {"Content-MD5": "bm90IGFuIG1kNQ=="}):
                with self.subTest(size=size, headers=method_headers):
                    reply = self.client.put(f"refusals/md5-{size}", os.urandom(size), method_headers)
                    self.assertEqual(reply.status, 400)
                    self.assertIn(reply.code, ("Md5Mismatch", "InvalidMd5"))
                    self.absent(f"md5-{size}")
        body = os.urandom(70_000)
        self.assertEqual(self.client.put("refusals/md5-right", body, {"Content-MD5": md5_base64(body)}).status, 201)

    def test_an_overwrite_that_fails_leaves_the_old_content(self):
        self.assertEqual(self.client.put("refusals/kept", b"old").status, 201)
        reply = self.client.put("refusals/kept", os.urandom(9_000_000), {"Content-MD5": md5_base64(b"other")})
        self.assertEqual(reply.status, 400)
        connection = self.send_raw(self.client, "kept", 20_000_000, os.urandom(9_000_000))
        connection.close()
        self.assertEqual(self.client.get("refusals/kept").body, b"old")

    def test_client_gone_in_mid_upload(self):
        for size in (100, 10_000_000):
            with self.subTest(size=size):
                connection = self.send_raw(self.plain, f"gone-{size}", 2 * size, os.urandom(size))
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()  # RST, as when the cable is cut and the kernel gives up
                self.absent(f"gone-{size}", self.plain)
                self.assertNotIn(f"gone-{size}".encode(), self.plain.listing("refusals", "uncommittedblobs"))
                self.assertEqual(self.plain.put(f"refusals/gone-{size}", b"now whole").status, 201)
                self.assertEqual(self.plain.get(f"refusals/gone-{size}").body, b"now whole")
                self.plain.delete(f"refusals/gone-{size}")

    # --- garbage -----------------------------------------------------------------------------------------------------

    def test_garbage_at_the_port(self):
        rng = random.Random(5)
        http = f"Host: 127.0.0.1:{self.server.http_port}\r\n".encode()
        pieces = [b"\x00" * 100, rng.randbytes(5000), b"\r\n\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n" + http + b"\r\n",
                  b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00" + rng.randbytes(200),
                  b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + http + b"\r\n",
                  b"GET / HTTP/1.1\r\n" + http + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
                  b"GET / HTTP/1.1\r\n" + http + b"".join(b"H%d: v\r\n" % n for n in range(5000)) + b"\r\n",
                  b"PUT / HTTP/1.1\r\n" + http + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                  b"PUT / HTTP/1.1\r\n" + http + b"Content-Length: -1\r\n\r\n",
                  b"PUT / HTTP/1.1\r\n" + http + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"]
        for port in (self.server.http_port, self.server.https_port):
            for piece in pieces:
                with self.subTest(port="https" if port == self.server.https_port else "http", piece=piece[:30]):
                    connection = socket.create_connection(("127.0.0.1", port), timeout=REPLY_SECONDS)
                    self.addCleanup(connection.close)
                    try:
                        connection.sendall(piece)
                        connection.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass  # already thrown out
                    reply = read_to_end(connection)
                    if reply.startswith(b"HTTP/"):
                        self.assertRegex(reply.split(b"\r\n")[0], rb"HTTP/1.1 (4\d\d|505) ")
        wait_until(lambda: self.client.put("refusals/after-garbage", b"fine").status == 201, 10, "a normal PUT")
        self.assertEqual(self.client.get("refusals/after-garbage").body, b"fine")

    def test_plain_http_is_refused_where_secure_transfer_is_required(self):
        if self.server.account == "devstoreaccount1":
            self.skipTest("the peer has no account that requires secure transfer")
        plain = BlobClient(self.server.account, self.server.key, http_port=self.server.http_port)
        self.addCleanup(plain.close)
        reply = plain.put("refusals/plain", b"content")
        self.assertEqual((reply.status, reply.code), (400, "AccountRequiresHttps"))
        self.absent("plain")
