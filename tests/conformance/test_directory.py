"""The directory: people sign in with MSAL as they would with Azure, and an administrator keeps them with az.

A browser is stood in for by a reader of forms: the pages work without scripts. tests/conformance/test_sign_in_pages.py
has a real one.
"""

import base64
import hashlib
import hmac
import html.parser
import http.cookiejar
import json
import struct
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from harness import paths, trust
from harness.cases import SharedServerCase

from .test_python_sdk import PYTHON

AZ_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
PASSWORD = "a long password"


class Form(html.parser.HTMLParser):
    """The one form of a page: where it goes, and its fields."""

    def __init__(self, text: str):
        super().__init__()
        self.action, self.fields = None, {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.action = given["action"]
        elif tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")


class Browser:
    """Opens pages, fills in forms and follows nothing that leads elsewhere."""

    def __init__(self, ca_file):
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), Stay, urllib.request.HTTPSHandler(context=trust.context(ca_file)),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.url, self.text, self.location = None, "", None

    def open(self, url, fields=None):
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        self.url = url
        try:
            with self._opener.open(urllib.request.Request(url, data), timeout=30) as answer:
                self.text, self.location, self.status = answer.read().decode(), None, answer.status
        except urllib.error.HTTPError as error:
            self.text, self.location, self.status = error.read().decode(), error.headers.get("Location"), error.code
        return self

    def submit(self, **fields):
        form = Form(self.text)
        return self.open(urllib.parse.urljoin(self.url, form.action), {**form.fields, **fields})


class DirectoryCase(SharedServerCase):
    """With what an administrator needs: Graph by hand."""

    def setUp(self):
        ends = self.ends = self.server.endpoints
        status, answer = self.post(ends["login"] + "/oauth2/token", grant_type="client_credentials",
                                   client_id=ends["admin"]["clientId"], client_secret=ends["admin"]["clientSecret"],
                                   resource=ends["graph"])
        self.assertEqual(status, 200, answer)
        self.admin = answer["access_token"]

    def post(self, url: str, **fields) -> tuple[int, dict]:
        browser = Browser(self.server.ca_file).open(url, fields)
        return browser.status, json.loads(browser.text)

    def graph(self, method: str, path: str, body=None, token=None):
        request = urllib.request.Request(self.ends["graph"] + "/v1.0" + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {token or self.admin}",
                                                  "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=trust.context(self.server.ca_file), timeout=30) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            self.fail(f"{method} {path}: {error.code} {error.read().decode()}")

    def add_user(self, name: str) -> str:
        user = f"{name}@{self.ends['domain']}"
        self.graph("POST", "/users", {"accountEnabled": True, "displayName": name, "mailNickname": name,
                                      "userPrincipalName": user, "passwordProfile": {"password": PASSWORD}})
        return user


class Directory(DirectoryCase):
    def msal(self, script: str, *arguments) -> dict:
        """What the script leaves in `out`; Debian's MSAL in a process of its own, with our authority in its trust."""
        prelude = ("import json, os, sys, msal\nlogin, *args = sys.argv[1:]\n"
                   "def app(client, authority='adfs', **more):\n"
                   "    return msal.PublicClientApplication(client, authority=f'{login}/{authority}',\n"
                   "        instance_discovery=False, **more)\n")
        done = subprocess.run([PYTHON, "-c", prelude + script + "\nprint(json.dumps(out))", self.ends["loginEntra"],
                               *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                              env={"REQUESTS_CA_BUNDLE": self.server.ca_file, "PATH": "/usr/bin:/bin", "no_proxy": "*"})
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return json.loads(done.stdout)

    def test_msal_password_and_silent_renewal(self):
        user = self.add_user("ada")
        out = self.msal(
            "one = app(args[0], args[3])\n"
            "first = one.acquire_token_by_username_password(args[1], args[2], scopes=[args[4] + '//.default'])\n"
            "account = one.get_accounts()[0]\n"
            "other = one.acquire_token_silent(['https://storage.azure.com/.default'], account=account)\n"
            "more = one.acquire_token_silent([args[5] + '/.default'], account=account)\n"
            "out = {'first': first, 'account': account, 'other': other, 'more': more}",
            AZ_CLIENT, user, PASSWORD, "adfs", self.ends["management"], self.ends["graph"])
        self.assertIn("access_token", out["first"], out["first"])
        self.assertEqual(out["account"]["username"], user)
        self.assertIn("access_token", out["other"] or {}, out)
        me = self.graph("GET", "/me", token=out["more"]["access_token"])
        self.assertEqual(me["userPrincipalName"], user)

    def test_msal_code_flow_through_the_pages(self):
        user = self.add_user("bea")
        for authority in ("adfs", self.ends["tenantId"]):
            flow = self.msal("out = app(args[0], args[1]).initiate_auth_code_flow([args[2] + '//.default'],\n"
                             "    redirect_uri='http://localhost:8400')", AZ_CLIENT, authority, self.ends["management"])
            browser = Browser(self.server.ca_file).open(flow["auth_uri"])
            browser.submit(username=user, password="wrong")
            self.assertEqual(browser.status, 401)
            browser.submit(username=user, password=PASSWORD)
            self.assertEqual(browser.status, 303, browser.text)
            answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.location).query))
            out = self.msal("out = app(args[0], args[1]).acquire_token_by_auth_code_flow(json.loads(args[2]),\n"
                            "    json.loads(args[3]))", AZ_CLIENT, authority, json.dumps(flow), json.dumps(answer))
            self.assertEqual(out.get("id_token_claims", {}).get("preferred_username"), user, out)

    def test_msal_device_flow_with_a_second_factor(self):
        user = self.add_user("cyd")
        secret = base64.b32encode(b"twenty bytes of this").decode()
        self.graph("POST", f"/users/{user}/authentication/softwareOathMethods", {"secretKey": secret})
        flow = self.msal("out = app(args[0]).initiate_device_flow([args[1] + '//.default'])", AZ_CLIENT,
                         self.ends["management"])
        browser = Browser(self.server.ca_file).open(flow["verification_uri"])
        browser.submit(user_code=flow["user_code"].lower())
        browser.submit(username=user, password=PASSWORD)
        browser.submit(code=one_time_code(b"twenty bytes of this"))
        self.assertIn("You are signed in", browser.text)
        out = self.msal("out = app(args[0]).acquire_token_by_device_flow(json.loads(args[1]))", AZ_CLIENT,
                        json.dumps(flow))
        self.assertEqual(out.get("id_token_claims", {}).get("amr"), ["pwd", "mfa"], out)

    def test_msal_certificate(self):
        folder = paths.temporary_folder(self)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
                        folder / "cert.pem", "-days", "30", "-subj", "/CN=app"], check=True, capture_output=True)
        pem = (folder / "cert.pem").read_text()
        application = self.graph("POST", "/applications", {
            "displayName": "with a certificate",
            "keyCredentials": [{"type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "first",
                                "key": "".join(pem.splitlines()[1:-1])}]})
        self.graph("POST", "/servicePrincipals", {"appId": application["appId"]})
        thumbprint = application["keyCredentials"][0]["customKeyIdentifier"]
        out = self.msal(
            "key = open(args[1]).read()\n"
            "out = [msal.ConfidentialClientApplication(args[0], authority=f'{login}/{where}', instance_discovery=False,\n"
            "    client_credential={'private_key': key, 'thumbprint': args[2]}\n"
            "    ).acquire_token_for_client(['https://storage.azure.com/.default']) for where in ('adfs', args[3])]",
            application["appId"], folder / "key.pem", thumbprint, self.ends["tenantId"])
        for answer in out:
            self.assertIn("access_token", answer, answer)


def one_time_code(secret: bytes) -> str:
    mac = hmac.new(secret, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    number = struct.unpack(">I", mac[mac[19] & 15:][:4])[0] & 0x7fffffff
    return f"{number % 1_000_000:06}"


