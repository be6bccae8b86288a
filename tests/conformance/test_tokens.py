"""Signing in: @azure/identity, unmodified, by js/token.test.mjs; and the endpoints as `endpoints.json` names them."""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from harness import node, paths
from harness.cases import SharedServerCase

JS = pathlib.Path(__file__).resolve().parent / "js"
SECONDS = 120


class Tokens(SharedServerCase):
    def post(self, url: str, **fields) -> tuple[int, dict]:
        trust = ssl.create_default_context(cafile=self.server.ca_file)
        request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode())
        try:
            with urllib.request.urlopen(request, context=trust, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def test_javascript_identity(self):
        ends = self.server.endpoints
        folder = paths.temporary_folder(self)
        (folder / "node_modules").symlink_to(node.installed(JS) / "node_modules")
        shutil.copy(JS / "token.test.mjs", folder)
        shutil.copy(JS / "package.json", folder)
        env = {**os.environ, "NODE_EXTRA_CA_CERTS": self.server.ca_file, "BLOB_URL": self.server.blob_url,
               "LOGIN_URL": ends["loginEntra"], "TENANT_ID": ends["tenantId"], "CLIENT_ID": ends["admin"]["clientId"],
               "CLIENT_SECRET": ends["admin"]["clientSecret"], "NO_PROXY": "*"}
        done = subprocess.run([node.node_program(), "--test", "--test-reporter=spec", "token.test.mjs"], cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-3000:])
        self.assertNotIn("ℹ pass 0", done.stdout)

    def test_the_endpoints_that_endpoints_json_names(self):
        ends = self.server.endpoints
        secret = {"grant_type": "client_credentials", "client_id": ends["admin"]["clientId"],
                  "client_secret": ends["admin"]["clientSecret"]}
        for url, asked in ((ends["login"] + "/oauth2/token", {"resource": "https://storage.azure.com/"}),
                           (f"{ends['loginEntra']}/{ends['tenantId']}/oauth2/token",
                            {"resource": ends["management"]}),
                           (f"{ends['loginEntra']}/{ends['tenantId']}/oauth2/v2.0/token",
                            {"scope": ends["graph"] + "/.default"})):
            status, answer = self.post(url, **secret, **asked)
            self.assertEqual(status, 200, answer)
            self.assertEqual(answer["token_type"], "Bearer")
        status, answer = self.post(ends["login"] + "/oauth2/token", grant_type="implicit")
        self.assertEqual((status, answer["error"]), (400, "unsupported_grant_type"))
