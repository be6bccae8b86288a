"""BlobClient: a small signing client, for tests that must send what no SDK would. One connection, one thread."""

import base64
import dataclasses
import hashlib
import http.client
import socket
import ssl
import urllib.parse

from . import signer


@dataclasses.dataclass
class Response:
    status: int
    headers: dict
    body: bytes

    @property
    def code(self) -> str:
        """Azure's error code, or an empty text."""
        return self.headers.get("x-ms-error-code", "")


class BlobClient:
    """Path style by default; over https to 127.0.0.1 unless `http_port` is given."""

    def __init__(self, account: str, key: str, *, https_port=None, http_port=None, ca_file=None, timeout=30,
                 address="127.0.0.1"):
        self.account = account
        self.key = key
        self.address = address
        self.port = http_port or https_port
        self.tls = None if http_port else ssl.create_default_context(cafile=ca_file)
        self.timeout = timeout
        self.signatures = []  # every signature ever sent: the log must hold none of them
        self._connection = None

    @staticmethod
    def of(server, *, emulator=False, **options) -> "BlobClient":
        """A client of the server's default account over https, or of the emulator's account over plain http."""
        if emulator:
            from .server import EMULATOR_ACCOUNT, EMULATOR_KEY
            return BlobClient(EMULATOR_ACCOUNT, EMULATOR_KEY, http_port=server.http_port, **options)
        return BlobClient(server.account, server.key, https_port=server.https_port, ca_file=server.ca_file, **options)

    # --- the pieces --------------------------------------------------------------------------------------------------

    def target(self, path: str, query=None) -> str:
        text = f"/{self.account}/" + urllib.parse.quote(path, safe="/-._~")
        return text + ("?" + urllib.parse.urlencode(query) if query else "")

    def signed(self, method: str, target: str, headers=None, length: int = 0, key=None) -> dict:
        """The headers of a request, SharedKey-signed. A caller's own header stands as it is."""
        all_headers = {"Host": f"{self.address}:{self.port}", "x-ms-date": signer.http_date(),
                       "x-ms-version": signer.VERSION}
        if length or method == "PUT":
            all_headers["Content-Length"] = str(length)
        all_headers.update(headers or {})
        all_headers["Authorization"] = signer.authorization(self.account, key or self.key, method, target, all_headers)
        self.signatures.append(all_headers["Authorization"].rpartition(":")[2])
        return all_headers

    def head_bytes(self, method: str, target: str, headers: dict) -> bytes:
        lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def connect(self) -> socket.socket:
        """A raw connection, for tests that break the protocol."""
        raw = socket.create_connection((self.address, self.port), timeout=self.timeout)
        return self.tls.wrap_socket(raw, server_hostname=self.address) if self.tls else raw

    # --- requests ----------------------------------------------------------------------------------------------------

    def request(self, method: str, path: str, query=None, headers=None, body: bytes = b"", key=None) -> Response:
        target = self.target(path, query)
        return self.send(method, target, self.signed(method, target, headers, len(body), key), body)

    def send(self, method: str, target: str, headers: dict, body: bytes = b"") -> Response:
        """Sends exactly these headers. A connection that the server closed while idle is opened again once."""
        for attempt in (1, 2):
            fresh = self._connection is None
            if fresh:
                self._connection = self._open()
            try:
                return self._exchange(self._connection, method, target, headers, body)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if fresh or attempt == 2:
                    raise
            except BaseException:
                self.close()
                raise
        raise AssertionError("unreachable")

    def _open(self) -> http.client.HTTPConnection:
        if self.tls is None:
            return http.client.HTTPConnection(self.address, self.port, timeout=self.timeout)
        return http.client.HTTPSConnection(self.address, self.port, timeout=self.timeout, context=self.tls)

    @staticmethod
    def _exchange(connection, method, target, headers, body) -> Response:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        try:
            connection.endheaders(body if body else None)
        except (BrokenPipeError, ConnectionResetError):
            if connection.sock is None:
                raise  # it went away while the connection was being made
            # Else the server may have answered, and closed, before it had read everything.
        reply = connection.getresponse()
        found = {name.lower(): value for name, value in reply.getheaders()}
        return Response(reply.status, found, reply.read())

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # --- the operations most tests need --------------------------------------------------------------------------------

    def create_container(self, name: str, headers=None) -> Response:
        return self.request("PUT", name, {"restype": "container"}, headers)

    def put(self, path: str, body: bytes, headers=None) -> Response:
        return self.request("PUT", path, None, {"x-ms-blob-type": "BlockBlob", **(headers or {})}, body)

    def get(self, path: str, headers=None) -> Response:
        return self.request("GET", path, None, headers)

    def head(self, path: str) -> Response:
        return self.request("HEAD", path)

    def delete(self, path: str) -> Response:
        return self.request("DELETE", path)

    def listing(self, container: str, include: str = "") -> bytes:
        query = {"restype": "container", "comp": "list"}
        return self.request("GET", container, query | ({"include": include} if include else {})).body


def md5_base64(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode()
