"""Signing in: @azure/identity, unmodified, by js/token.test.mjs; and the endpoints as `endpoints.json` names them."""

import json
import pathlib
import ssl
import urllib.error
import urllib.parse
import urllib.request

from harness import node
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
        node.run_tests(self, JS, "token.test.mjs", SECONDS, BLOB_URL=self.server.blob_url, LOGIN_URL=ends["loginEntra"],
                       TENANT_ID=ends["tenantId"], CLIENT_ID=ends["admin"]["clientId"],
                       CLIENT_SECRET=ends["admin"]["clientSecret"])

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
