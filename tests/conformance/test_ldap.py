"""A customer's own directory as the source of users: a real OpenLDAP, over TLS, behind sign-in, Graph and roles."""

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid

from harness import paths
from harness.cases import ServerCase
from harness.openldap import BASE, READER, READER_PASSWORD, OpenLdap, entry
from harness.waiting import wait_until

AZ_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
PASSWORD = "ada's long password"
SECONDS = 30
CROWD = 620  # more than one page of a server, and than it gives at once to who doesn't page

SETTINGS = """\
[directory.ldap]
url = "{url}"
ca_file = "{ca_file}"
bind_dn = "{reader}"
password_file = "ldap-password"
users = "ou=people,{base}"
users_filter = "(objectClass=inetOrgPerson)"
groups = "ou=groups,{base}"
"""


def person(uid: str, **attributes) -> str:
    given = {"cn": uid.title(), "sn": uid.title(), "userPassword": PASSWORD, **attributes}
    return entry(f"uid={uid},ou=people,{BASE}", objectClass="inetOrgPerson", uid=uid,
                 entryUUID=str(uuid.uuid5(uuid.NAMESPACE_DNS, uid)), **given)


def group(name: str, *members: str) -> str:
    return entry(f"cn={name},ou=groups,{BASE}", objectClass="groupOfNames", cn=name, member=list(members),
                 entryUUID=str(uuid.uuid5(uuid.NAMESPACE_DNS, "group " + name)))


def dn(uid: str) -> str:
    return f"uid={uid},ou=people,{BASE}"


class Ldap(ServerCase):
    def setUp(self):
        folder = paths.temporary_folder(self)
        (folder / "ldap").mkdir()
        self.ldap = OpenLdap(folder / "ldap")
        self.addCleanup(self.ldap.stop)
        self.crowd = "".join(person(f"clerk{number}") for number in range(CROWD))
        self.ldap.fill(self.crowd + person("ada", givenName="Ada", title="Countess", mail="ada@ministry.example")
                       + person("bob") + group("engines", dn("ada"), "uid=gone,ou=people," + BASE)
                       + group("all", f"CN=Engines, ou=groups,{BASE}"))
        self.ldap.start()
        data = folder / "data"
        data.mkdir(mode=0o700)
        (data / "ldap-password").write_text(READER_PASSWORD + "\n")
        settings = folder / "freehold.toml"
        settings.write_text(SETTINGS.format(url=self.ldap.url, ca_file=self.ldap.ca_file, reader=READER, base=BASE))
        self.region = self.server_at(data, args=["--config", str(settings)]).start()

    # --- asking --------------------------------------------------------------------------------------------------------

    def ask(self, url, method="GET", token=None, body=None, form=None):
        trust = ssl.create_default_context(cafile=self.region.ca_file)
        data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), context=trust,
                                        timeout=SECONDS) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def sign_in(self, name, password=PASSWORD):
        return self.ask(self.region.endpoints["login"] + "/oauth2/token", "POST",
                        form={"grant_type": "password", "client_id": AZ_CLIENT, "username": name, "password": password,
                              "resource": self.region.endpoints["graph"]})

    def graph(self, path, method="GET", token=None, body=None):
        return self.ask(self.region.endpoints["graph"] + "/v1.0" + urllib.parse.quote(path, safe="/?$=&'"), method,
                        token or self.administrator(), body)

    def administrator(self):
        ends = self.region.endpoints
        status, answer = self.ask(ends["login"] + "/oauth2/token", "POST",
                                  form={"grant_type": "client_credentials", "client_id": ends["admin"]["clientId"],
                                        "client_secret": ends["admin"]["clientSecret"], "resource": ends["graph"]})
        self.assertEqual(status, 200, answer)
        return answer["access_token"]

    def name(self, uid):
        return f"{uid}@{self.region.endpoints['domain']}"

    def user(self, uid):
        status, answer = self.graph(f"/users/{self.name(uid)}")
        return answer if status == 200 else None

    def read_once(self):
        """Members come last: once the nested group has its own, everything has been read."""
        def complete():
            status, answer = self.graph("/groups")
            self.assertEqual(status, 200, answer)
            groups = {g["displayName"]: g["id"] for g in answer["value"]}
            return "all" in groups and self.graph(f"/groups/{groups['all']}/members")[1]["value"] and groups
        return wait_until(complete, 90, "the first reading of the LDAP directory", every=0.5)

    def again(self):
        """Another reading: a region reads when it starts."""
        self.region.stop()
        self.region.start()

    # --- tests ---------------------------------------------------------------------------------------------------------

    def test_people_sign_in_with_the_password_that_is_there(self):
        self.read_once()
        status, answer = self.sign_in(self.name("ada"))
        self.assertEqual(status, 200, answer)
        status, me = self.graph("/me", token=answer["access_token"])
        self.assertEqual((status, me["displayName"], me["jobTitle"], me["mail"]),
                         (200, "Ada", "Countess", "ada@ministry.example"))
        self.assertEqual((me["onPremisesSyncEnabled"], me["onPremisesImmutableId"]),
                         (True, str(uuid.uuid5(uuid.NAMESPACE_DNS, "ada"))))
        for name, password in ((self.name("ada"), "another password"), (self.name("ada"), ""),
                               (self.name("nobody"), PASSWORD)):
            status, answer = self.sign_in(name, password)
            self.assertEqual(status, 400, answer)
        # The password that counts is always the one there.
        self.ldap.fill(self.crowd + person("ada", userPassword="a new password") + person("bob"))
        self.ldap.start()
        self.assertEqual(self.sign_in(self.name("ada"))[0], 400)
        self.assertEqual(self.sign_in(self.name("ada"), "a new password")[0], 200)
        self.ldap.stop()
        status, answer = self.sign_in(self.name("ada"), "a new password")
        self.assertEqual((status, answer["error"]), (503, "temporarily_unavailable"))

    def test_groups_and_changes_follow(self):
        groups = self.read_once()
        ada, bob = self.user("ada"), self.user("bob")
        self.assertEqual(len([u for u in self.everybody() if u.startswith("clerk")]), CROWD)
        status, answer = self.graph(f"/users/{ada['id']}/getMemberGroups", "POST", body={"securityEnabledOnly": False})
        self.assertEqual(set(answer["value"]), {groups["engines"], groups["all"]})
        # Renamed and moved: the same person. Gone: deleted, and no longer in.
        self.ldap.fill(self.crowd + person("ada", cn="Ada King", displayName="Ada King") + person("carl")
                       + group("engines", dn("ada"), dn("carl")))
        self.ldap.start()
        self.again()
        wait_until(lambda: self.user("carl"), 60, "what changed in the LDAP directory", every=0.5)
        wait_until(lambda: len(self.graph(f"/groups/{groups['engines']}/members")[1]["value"]) == 2, 30,
                   "the members of a group")
        self.assertEqual(self.user("ada")["displayName"], "Ada King")
        self.assertEqual(self.user("ada")["id"], ada["id"])
        self.assertIsNone(self.user("bob"))
        self.assertEqual(self.graph(f"/groups/{groups['all']}")[0], 404)
        self.assertIn(bob["id"], [u["id"] for u in
                                  self.graph("/directory/deletedItems/microsoft.graph.user")[1]["value"]])
        self.assertEqual(self.sign_in(self.name("bob"))[0], 400)

    def test_only_the_source_changes_what_is_its_own(self):
        groups = self.read_once()
        ada = self.user("ada")
        for path, method, body in ((f"/users/{ada['id']}", "PATCH", {"displayName": "Another"}),
                                   (f"/users/{ada['id']}", "PATCH", {"passwordProfile": {"password": "a long password"}}),
                                   (f"/users/{ada['id']}", "DELETE", None),
                                   (f"/groups/{groups['engines']}", "PATCH", {"displayName": "another"}),
                                   (f"/groups/{groups['engines']}/members/{ada['id']}/$ref", "DELETE", None)):
            status, answer = self.graph(path, method, body=body)
            self.assertEqual(status, 400, (path, answer))
            self.assertIn("on-premises mastered", answer["error"]["message"])
        self.assertEqual(self.graph(f"/users/{ada['id']}", "PATCH", body={"usageLocation": "NL"})[0], 204)
        self.assertEqual(self.user("ada")["usageLocation"], "NL")

    def test_an_empty_server_deletes_nobody(self):
        self.read_once()
        self.ldap.fill("")
        self.ldap.start()
        self.again()
        wait_until(lambda: "more than half" in self.region.log(), 30, "the warning")
        self.assertEqual(len(self.everybody()), CROWD + 2)

    def everybody(self):
        url = self.region.endpoints["graph"] + "/v1.0/users?$top=500"
        out, token = [], self.administrator()
        while url:
            status, page = self.ask(url, token=token)
            self.assertEqual(status, 200, page)
            out += [user["userPrincipalName"].partition("@")[0] for user in page["value"]]
            url = page.get("@odata.nextLink")
        return out
