"""curl with an account SAS made by the documented rules: what it opens, and what it doesn't."""

import subprocess

from harness import paths, signer
from harness.blob_client import BlobClient
from harness.cases import SharedServerCase

SECONDS = 30


class CurlWithSas(SharedServerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = BlobClient.of(cls.server)
        cls.addClassCleanup(cls.client.close)
        assert cls.client.create_container("curl").status == 201
        assert cls.client.put("curl/greeting", b"hello").status == 201

    def setUp(self):
        self.folder = paths.temporary_folder(self)

    def curl(self, path: str, sas: str, *args, method="GET", base=None) -> tuple[int, str, bytes]:
        """Status, error code and body."""
        url = f"{base or self.server.blob_url}/{path}{'&' if '?' in path else '?'}{sas}"
        headers, body = self.folder / "headers", self.folder / "body"
        body.write_bytes(b"")
        command = [paths.needs("curl"), "--silent", "--show-error", "--cacert", self.server.ca_file, "--noproxy", "*",
                   "--request", method, "--dump-header", str(headers), "--output", str(body),
                   "--write-out", "%{http_code}", *args, url]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        code = [line.split(":")[1].strip() for line in headers.read_text().splitlines()
                if line.lower().startswith("x-ms-error-code:")]
        return int(done.stdout), code[0] if code else "", body.read_bytes()

    def sas(self, permissions="rwdlac", **options) -> str:
        return signer.account_sas(self.server.account, self.server.key, permissions, **options)

    def refused(self, sas: str, status: int, code: str, path="curl/greeting", **options) -> None:
        got, error, body = self.curl(path, sas, **options)
        self.assertEqual((got, error), (status, code), body)
        self.assertNotIn(b"hello", body)

    def test_put_get_list_delete(self):
        source = self.folder / "source"
        source.write_bytes(bytes(range(256)) * 1000)
        sas = self.sas()
        put = self.curl("curl/file.bin", sas, "--header", "x-ms-blob-type: BlockBlob", "--data-binary", f"@{source}",
                        method="PUT")
        self.assertEqual(put[0], 201, put[2])
        self.assertEqual(self.curl("curl/file.bin", sas)[2], source.read_bytes())
        self.assertEqual(self.curl("curl/file.bin", sas, "--range", "256-511")[2], bytes(range(256)))
        listing = self.curl("curl?restype=container&comp=list", sas)
        self.assertEqual(listing[0], 200)
        self.assertIn(b"<Name>file.bin</Name>", listing[2])
        self.assertEqual(self.curl("curl/file.bin", sas, method="DELETE")[0], 202)
        self.assertEqual(self.curl("curl/file.bin", sas)[:2], (404, "BlobNotFound"))

    def test_path_style(self):
        self.assertEqual(self.curl("curl/greeting", self.sas("r"), base=self.server.path_url)[2], b"hello")

    def test_a_permission_that_was_not_given(self):
        for given, method, path, extra in [
                ("wl", "GET", "curl/greeting", []),
                ("rl", "PUT", "curl/new", ["--header", "x-ms-blob-type: BlockBlob", "--data-binary", "x"]),
                ("rwl", "DELETE", "curl/greeting", []),
                ("rwd", "GET", "curl?restype=container&comp=list", [])]:
            with self.subTest(given=given, method=method):
                status, code, _ = self.curl(path, self.sas(given), *extra, method=method)
                self.assertEqual((status, code), (403, "AuthorizationPermissionMismatch"))
        self.assertEqual(self.client.get("curl/new").status, 404)
        self.assertEqual(self.client.get("curl/greeting").body, b"hello")

    def test_a_resource_type_that_was_not_given(self):
        self.refused(self.sas(resource_types="sc"), 403, "AuthorizationResourceTypeMismatch")

    def test_a_service_that_was_not_given(self):
        self.refused(self.sas(services="q"), 403, "AuthorizationServiceMismatch")

    def test_expired(self):
        self.refused(self.sas(expiry=signer.sas_time(-60)), 403, "AuthenticationFailed")

    def test_not_yet_valid(self):
        self.refused(self.sas(start=signer.sas_time(1800)), 403, "AuthenticationFailed")

    def test_another_address(self):
        self.refused(self.sas(ip="203.0.113.7"), 403, "AuthorizationSourceIPMismatch", base=self.server.path_url)

    def test_its_own_address(self):
        self.assertEqual(self.curl("curl/greeting", self.sas(ip="127.0.0.1"), base=self.server.path_url)[2], b"hello")

    def test_a_changed_permission_breaks_the_signature(self):
        sas = self.sas("l")
        self.refused(sas.replace("sp=l", "sp=r"), 403, "AuthenticationFailed")

    def test_nothing_at_all(self):
        status, _, body = self.curl("curl/greeting", "")
        self.assertIn(status, (401, 403, 404, 409))  # Azure: depends on the version and on public access
        self.assertNotIn(b"hello", body)
