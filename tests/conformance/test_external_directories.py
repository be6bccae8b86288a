"""A directory for customers, through the endpoints as they are: made as a resource, signed in to with MSAL, invited from."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request

from harness import trust
from harness.waiting import wait_until

from . import test_directory
from .test_directory import AZ_CLIENT, PASSWORD, Browser, DirectoryCase

VERSION = "2021-04-01"


class Callers(DirectoryCase):
    """Tokens of any tenant, the resource manager by hand."""

    msal = test_directory.Directory.msal

    def token(self, tenant: str, resource: str, **grant) -> dict:
        return self.post(f"{self.ends['loginEntra']}/{tenant}/oauth2/token", resource=resource, **grant)[1]

    def admin_of(self, tenant: str, resource: str) -> str:
        answer = self.token(tenant, resource, grant_type="client_credentials", client_id=self.ends["admin"]["clientId"],
                            client_secret=self.ends["admin"]["clientSecret"])
        self.assertIn("access_token", answer, answer)
        return answer["access_token"]

    def arm(self, method: str, path: str, body=None, token=None, version=VERSION) -> tuple[int, dict]:
        request = urllib.request.Request(
            f"{self.ends['management']}{path}?api-version={version}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token or self.admin_of(self.ends['tenantId'], self.ends['management'])}",
                     "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=trust.context(self.server.ca_file), timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else {}
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")



class ExternalDirectories(Callers):
    def path(self, name: str) -> str:
        ends = self.ends
        return (f"/subscriptions/{ends['subscriptionId']}/resourceGroups/{ends['resourceGroup']}/providers/"
                f"Microsoft.AzureActiveDirectory/b2cDirectories/{name}.{ends['domain']}")

    def make(self, name: str) -> str:
        status, made = self.arm("PUT", self.path(name), {
            "location": self.ends["region"], "sku": {"name": "Standard", "tier": "A0"},
            "properties": {"createTenantProperties": {"displayName": f"The {name}", "countryCode": "DE"}}})
        self.assertEqual(status, 201, made)
        return made["properties"]["tenantId"]

    def add_customer(self, name: str, tenant: str, mail: str) -> str:
        made = self.graph("POST", "/users", {
            "displayName": "Cora", "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": False},
            "passwordPolicies": "DisablePasswordExpiration",
            "identities": [{"signInType": "emailAddress", "issuer": f"{name}.{self.ends['domain']}",
                            "issuerAssignedId": mail}]}, token=self.admin_of(tenant, self.ends["graph"]))
        return made["id"]

    def test_a_customer_signs_in_with_msal_and_survives_a_restart(self):
        tenant = self.make("shop")
        mail = "cora@mail.example"
        customer = self.add_customer("shop", tenant, mail)
        flow = self.msal("out = app(args[0], args[1]).initiate_auth_code_flow([], redirect_uri='http://localhost:8400')",
                         AZ_CLIENT, tenant)
        browser = Browser(self.server.ca_file).open(flow["auth_uri"])
        browser.submit(username=mail, password=PASSWORD)
        self.assertEqual(browser.status, 303, browser.text)
        answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.location).query))
        out = self.msal("out = app(args[0], args[1]).acquire_token_by_auth_code_flow(json.loads(args[2]),\n"
                        "    json.loads(args[3]))", AZ_CLIENT, tenant, json.dumps(flow), json.dumps(answer))
        claims = out.get("id_token_claims", {})
        self.assertEqual((claims.get("tid"), claims.get("oid"), claims.get("emails")), (tenant, customer, [mail]), out)
        self.server.restart()
        self.setUp()
        again = self.token(tenant, self.ends["graph"], grant_type="password", client_id=AZ_CLIENT, username=mail,
                           password=PASSWORD)
        self.assertEqual(self.graph("GET", "/me", token=again["access_token"])["id"], customer)

    def test_its_tokens_open_nothing_else(self):
        tenant = self.make("club")
        mail = "dan@mail.example"
        self.add_customer("club", tenant, mail)
        by = {"grant_type": "password", "client_id": AZ_CLIENT, "username": mail, "password": PASSWORD}
        for resource in ("https://storage.azure.com", "https://vault.azure.net", self.ends["management"]):
            self.assertEqual(self.token(tenant, resource, **by).get("error_codes"), [500011])
        # Its administrator's tools ask the resource manager, which has nothing for them.
        admin = self.admin_of(tenant, self.ends["management"])
        self.assertEqual(self.arm("GET", "/subscriptions", token=admin, version="2022-12-01"), (200, {"value": []}))
        self.assertEqual(self.arm("GET", self.path("club"), token=admin)[0], 401)
        for path in ("/providers/Microsoft.Authorization/policyDefinitions", "/tenants", "/providers",
                     "/providers/Microsoft.Management/managementGroups"):
            self.assertLess(self.arm("GET", path, token=admin, version="2021-04-01")[0], 500, path)
        self.assertIn(self.arm("PUT", "/providers/Microsoft.Management/managementGroups/mine", {}, token=admin,
                               version="2021-04-01")[0], (401, 403))

    def test_its_administrators_find_no_way_into_the_home_tenant(self):
        tenant = self.make("outside")
        admin = self.admin_of(tenant, self.ends["management"])
        group = f"/subscriptions/{self.ends['subscriptionId']}/resourceGroups/{self.ends['resourceGroup']}"
        role = "/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-666666666666"
        owner = {"properties": {"principalId": self.ends["admin"]["clientId"], "roleDefinitionId":
                 "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}
        tries = (("PUT", "/providers/Microsoft.Subscription/aliases/mine",
                  {"properties": {"displayName": "Mine", "workload": "Production"}}, "2021-10-01"),
                 ("POST", "/providers/Microsoft.Authorization/elevateAccess", {}, "2022-04-01"),
                 ("PUT", role, owner, "2022-04-01"),
                 ("PUT", group + role, owner, "2022-04-01"),
                 ("PUT", f"/providers/Microsoft.Management/managementGroups/{tenant}{role}", owner, "2022-04-01"),
                 ("PUT", f"/providers/Microsoft.Management/managementGroups/{self.ends['tenantId']}{role}", owner,
                  "2022-04-01"),
                 ("PUT", "/providers/Microsoft.Resources/deployments/mine",
                  {"location": self.ends["region"], "properties": {"mode": "Incremental", "template": {
                      "$schema": "https://schema.management.azure.com/schemas/2019-08-01/tenantDeploymentTemplate.json#",
                      "contentVersion": "1.0.0.0", "resources": []}}}, "2022-09-01"),
                 ("PUT", self.path("mine"), {"location": self.ends["region"], "sku": {"name": "Standard", "tier": "A0"},
                                             "properties": {}}, VERSION),
                 ("DELETE", self.path("outside"), None, VERSION))
        for method, path, body, version in tries:
            status = self.arm(method, path, body, token=admin, version=version)[0]
            self.assertIn(status, (401, 403, 404, 405), (method, path))
        # A token of the one tenant is none of the other's, for whatever service.
        for host in (self.ends["graph"], self.ends["management"]):
            claims = json.loads(base64.urlsafe_b64decode(self.admin_of(tenant, host).split(".")[1] + "=="))
            self.assertEqual((claims["tid"], tenant in claims["iss"]), (tenant, True))
        users = self.graph("GET", "/users", token=self.admin_of(tenant, self.ends["graph"]))
        self.assertEqual(users["value"], [])

    def test_a_guest_has_what_is_given_and_no_more(self):
        tenant = self.make("partners")
        mail = "eve@mail.example"
        self.add_customer("partners", tenant, mail)
        invited = self.graph("POST", "/invitations", {"invitedUserEmailAddress": mail,
                                                      "inviteRedirectUrl": "https://portal.example/"})
        browser = Browser(self.server.ca_file).open(invited["inviteRedeemUrl"])
        self.assertEqual(browser.status, 200, browser.text)
        browser.submit(username=mail, password=PASSWORD)
        self.assertEqual((browser.status, browser.location), (303, "https://portal.example/"), browser.text)
        home = self.ends["tenantId"]
        by = {"grant_type": "password", "client_id": AZ_CLIENT, "username": mail, "password": PASSWORD}
        guest = self.token(home, self.ends["management"], **by)["access_token"]
        listed = lambda: self.arm("GET", "/subscriptions", token=guest, version="2022-12-01")[1]["value"]
        self.assertEqual(listed(), [])
        group = f"/subscriptions/{self.ends['subscriptionId']}/resourceGroups/{self.ends['resourceGroup']}"
        role = f"{group}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-4333-8444-555555555555"
        given = self.arm("PUT", role, {"properties": {
            "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
            "principalId": invited["invitedUser"]["id"]}}, version="2022-04-01")
        self.assertEqual(given[0], 201, given)
        wait_until(lambda: len(listed()) == 1, 10, "the guest's role")
        self.assertEqual(self.arm("GET", group, token=guest)[0], 200)
        self.assertEqual(self.arm("GET", self.path("partners"), token=guest)[0], 200)
        self.assertEqual(self.arm("DELETE", self.path("partners"), token=guest)[0], 403)

    def test_it_goes_when_nobody_is_in_it(self):
        tenant = self.make("short")
        customer = self.add_customer("short", tenant, "fay@mail.example")
        self.assertEqual(self.arm("DELETE", self.path("short"))[0], 409)
        self.graph("DELETE", f"/users/{customer}", token=self.admin_of(tenant, self.ends["graph"]))
        self.assertEqual(self.arm("DELETE", self.path("short"))[0], 200)
        self.assertEqual(self.arm("GET", self.path("short"))[0], 404)
        refused = self.token(tenant, self.ends["graph"], grant_type="client_credentials",
                             client_id=self.ends["admin"]["clientId"],
                             client_secret=self.ends["admin"]["clientSecret"])
        self.assertEqual(refused.get("error_codes"), [90002], refused)


class Subscriptions(Callers):
    def test_accounts_and_vaults_move_to_another_subscription(self):
        ends = self.ends
        status, made = self.arm("PUT", "/providers/Microsoft.Subscription/aliases/other",
                                {"properties": {"displayName": "Other", "workload": "Production"}}, version="2021-10-01")
        self.assertEqual(status, 201, made)
        there = f"/subscriptions/{made['properties']['subscriptionId']}/resourceGroups/there"
        here = f"/subscriptions/{ends['subscriptionId']}/resourceGroups/{ends['resourceGroup']}"
        self.assertEqual(self.arm("PUT", there, {"location": ends["region"]})[0], 201)
        account = "/providers/Microsoft.Storage/storageAccounts/" + ends["storageAccounts"][0]["name"]
        vault = "/providers/Microsoft.KeyVault/vaults/movingvault"
        self.assertEqual(self.arm("PUT", here + vault, {"location": ends["region"], "properties": {
            "tenantId": ends["tenantId"], "sku": {"family": "A", "name": "standard"}, "accessPolicies": [],
            "enableRbacAuthorization": True}}, version="2022-07-01")[0], 200)
        body = {"resources": [here + account, here + vault], "targetResourceGroup": there}
        self.assertEqual(self.arm("POST", here + "/validateMoveResources", body)[0], 204)
        self.assertEqual(self.arm("POST", here + "/moveResources", body)[0], 204)
        for name, version in ((account, "2022-09-01"), (vault, "2022-07-01")):
            self.assertEqual(self.arm("GET", here + name, version=version)[0], 404, name)
            self.assertEqual(self.arm("GET", there + name, version=version)[0], 200, name)

