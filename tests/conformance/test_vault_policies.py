"""Microsoft's published policies for what is in vaults (mode Microsoft.KeyVault.Data): put at the tenant, assigned by
`az rest`, and what they then let be made. Skipped where the published definitions aren't at hand."""

import json
import secrets
import time
import unittest

from conformance.az_case import SignedAz
from harness import paths

VECTORS = paths.ROOT.parent / "shared" / "vectors" / "policy" / "definitions" / "Key Vault"
VERSION = "api-version=2023-04-01"


def rsa_certificate(**more) -> dict:
    return {"policy": {"key_props": {"kty": "RSA", "key_size": 2048}, "x509_props": {"subject": "CN=example.test"},
                       "issuer": {"name": "Self"}, **more}}


def lasting(months: int) -> dict:
    return rsa_certificate(x509_props={"subject": "CN=example.test", "validity_months": months})


def in_days(days: int) -> dict:
    return {"exp": int(time.time()) + days * 86_400}


LISTED = {"value": "a secret"}
RSA = {"kty": "RSA", "key_size": 2048}
EC = {"kty": "EC", "crv": "P-256"}
SHORT_ACTION = [{"trigger": {"days_before_expiry": 5}, "action": {"action_type": "EmailContacts"}}]
LONG_ACTION = [{"trigger": {"days_before_expiry": 60}, "action": {"action_type": "EmailContacts"}}]

# Of each: its parameters, a body that it refuses, and one that it doesn't.
CASES = {
    "Certificates_AllowedKeyTypes": ({"allowedKeyTypes": ["EC"]}, rsa_certificate(),
                                     rsa_certificate(key_props={"kty": "EC", "crv": "P-256"})),
    "Certificates_EC_AllowedCurveNames": ({"allowedECNames": ["P-384"]}, rsa_certificate(key_props={"kty": "EC", "crv": "P-256"}),
                                          rsa_certificate(key_props={"kty": "EC", "crv": "P-384"})),
    "Certificates_Expiry_ByDays": ({"daysToExpire": 90}, lasting(1), lasting(12)),
    "Certificates_Issuers_AllowedCustomCAs": ({"caCommonNames": ["wanted"]}, rsa_certificate(),
                                              rsa_certificate(x509_props={"subject": "CN=wanted.test"})),
    "Certificates_Issuers_CustomCAs": ({"caCommonName": "wanted"}, rsa_certificate(),
                                       rsa_certificate(x509_props={"subject": "CN=wanted.test"})),
    "Certificates_Issuers_SupportedCAs": (None, rsa_certificate(), None),
    "Certificates_LifetimeAction": ({"maximumPercentageLife": 90, "minimumDaysBeforeExpiry": 30},
                                    rsa_certificate(lifetime_actions=SHORT_ACTION), rsa_certificate(lifetime_actions=LONG_ACTION)),
    "Certificates_RSA_MinimumKeySize": ({"minimumRSAKeySize": 3072}, rsa_certificate(),
                                        rsa_certificate(key_props={"kty": "RSA", "key_size": 3072})),
    "Certificates_ValidityPeriod": ({"maximumValidityInMonths": 6}, lasting(12), lasting(6)),
    "Keys_AllowedKeyTypes": ({"allowedKeyTypes": ["EC"]}, RSA, EC),
    "Keys_EC_AllowedCurveNames": ({"allowedECNames": ["P-384"]}, EC, {"kty": "EC", "crv": "P-384"}),
    "Keys_ExpirationSet": ({}, RSA, {**RSA, "attributes": in_days(30)}),
    "Keys_Expiry_ByDays": ({"minimumDaysBeforeExpiration": 60}, {**RSA, "attributes": in_days(30)},
                           {**RSA, "attributes": in_days(90)}),
    "Keys_HSMBacked": ({}, EC, {"kty": "EC-HSM"}),
    "Keys_RSA_MinimumKeySize": ({"minimumRSAKeySize": 3072}, RSA, {"kty": "RSA", "key_size": 3072}),
    "Keys_ValidityPeriod": ({"maximumValidityInDays": 60}, {**RSA, "attributes": in_days(90)}, {**RSA, "attributes": in_days(30)}),
    "Secrets_ContentTypeSet": ({}, LISTED, {**LISTED, "contentType": "text/plain"}),
    "Secrets_ExpirationSet": ({}, LISTED, {**LISTED, "attributes": in_days(30)}),
    "Secrets_Expiry_ByDays": ({"minimumDaysBeforeExpiration": 60}, {**LISTED, "attributes": in_days(30)},
                              {**LISTED, "attributes": in_days(90)}),
    "Secrets_ValidityPeriod": ({"maximumValidityInDays": 60}, {**LISTED, "attributes": in_days(90)},
                               {**LISTED, "attributes": in_days(30)}),
    "Keys_ActivePeriod": ({"maximumValidityInDays": 10}, {**RSA, "attributes": {"nbf": int(time.time()) - 20 * 86_400}}, RSA),
    "Secrets_ActivePeriod": ({"maximumValidityInDays": 10}, {**LISTED, "attributes": {"nbf": int(time.time()) - 20 * 86_400}},
                             LISTED),
}


@unittest.skipUnless(VECTORS.exists(), "the published definitions aren't here")
class VaultPolicies(SignedAz):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vault = cls.must("keyvault", "create", "-n", "az" + secrets.token_hex(6), "-g", "default", "-l",
                             cls.server.endpoints["region"], "--sku", "premium", "--enable-rbac-authorization", "true")

    def call(self, method: str, url: str, body: dict | None = None) -> tuple:
        command = ["rest", "--method", method, "--url", url]
        if not url.startswith(self.server.endpoints["management"]):
            command += ["--resource", "https://vault.azure.net"]
        if body is not None:
            file = self.home / "body.json"
            file.write_text(json.dumps(body))
            command += ["--body", f"@{file}"]
        return tuple(command)

    def manage(self, method: str, path: str, body: dict | None = None):
        return self.az(*self.call(method, f"{self.server.endpoints['management'].rstrip('/')}{path}?{VERSION}", body))

    def data(self, kind: str, body: dict) -> tuple:
        name = kind + secrets.token_hex(6)
        where = {"Keys": f"keys/{name}/create", "Secrets": f"secrets/{name}", "Certificates": f"certificates/{name}/create"}[kind]
        return self.call("put" if kind == "Secrets" else "post", f"{self.vault['properties']['vaultUri']}{where}?api-version=7.4",
                         body)

    def define(self, name: str) -> dict:
        published = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8-sig"))
        return self.manage("put", published["id"], {"properties": published["properties"]})

    def assign(self, scope: str, definition: dict, parameters: dict, **more) -> str:
        id = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{secrets.token_hex(6)}"
        declared = definition["properties"]["parameters"]
        values = {**parameters, "effect": "Deny"} if "effect" in declared else parameters
        given = {name: {"value": value} for name, value in values.items()}
        self.manage("put", id, {"properties": {"policyDefinitionId": definition["id"], "parameters": given, **more}})
        return id

    def test_each_published_policy_denies_what_it_is_about(self):
        for name, (parameters, refused, taken) in CASES.items():
            with self.subTest(name):
                definition = self.define(name)
                if parameters is None:  # an issuer that is none of those it lists by default
                    parameters = {}
                effects = definition["properties"]["parameters"]["effect"].get("allowedValues", [])
                if not {"deny", "Deny"} & set(effects):
                    continue
                assigned = self.assign(self.vault["id"], definition, parameters)
                kind = name.split("_")[0]
                done = self.start(*self.data(kind, refused))
                self.assertNotEqual(done.returncode, 0, done.stdout)
                self.assertIn("ForbiddenByPolicy", done.stderr)
                self.assertIn(definition["properties"]["displayName"], done.stderr)
                if taken is not None:
                    self.az(*self.data(kind, taken))
                self.manage("delete", assigned)

    def test_scopes_exemptions_and_enforcement(self):
        definition = self.define("Keys_RSA_MinimumKeySize")
        subscription = f"/subscriptions/{self.server.endpoints['subscriptionId']}"
        large = {"minimumRSAKeySize": 3072}
        for scope in (f"{subscription}/resourceGroups/default", subscription):
            assigned = self.assign(scope, definition, large)
            self.refused("ForbiddenByPolicy", *self.data("Keys", RSA))
            self.az(*self.data("Keys", {"kty": "RSA", "key_size": 3072}))
            exemption = f"{self.vault['id']}/providers/Microsoft.Authorization/policyExemptions/{secrets.token_hex(4)}"
            self.manage("put", exemption, {"properties": {"policyAssignmentId": assigned, "exemptionCategory": "Waiver"}})
            self.az(*self.data("Keys", RSA))
            self.manage("delete", exemption)
            self.refused("ForbiddenByPolicy", *self.data("Keys", RSA))
            self.manage("delete", assigned)
        self.assign(subscription, definition, large, enforcementMode="DoNotEnforce")
        self.az(*self.data("Keys", RSA))

    def test_what_is_there_is_audited_by_scans(self):
        definition = self.define("Keys_RSA_MinimumKeySize")
        vault = self.must("keyvault", "create", "-n", "az" + secrets.token_hex(6), "-g", "default", "-l",
                          self.server.endpoints["region"], "--enable-rbac-authorization", "true")
        uri = vault["properties"]["vaultUri"]
        for name, bits in (("short", 2048), ("long", 3072)):
            self.az(*self.call("post", f"{uri}keys/{name}/create?api-version=7.4", {"kty": "RSA", "key_size": bits}))
        assigned = f"{vault['id']}/providers/Microsoft.Authorization/policyAssignments/audit"
        self.manage("put", assigned, {"properties": {"policyDefinitionId": definition["id"], "parameters": {
            "minimumRSAKeySize": {"value": 3072}, "effect": {"value": "Audit"}}}})
        self.az("policy", "state", "trigger-scan", "-g", "default")
        state, = self.az("policy", "state", "list", "--resource", vault["id"], "--expand", "components",
                         "--filter", "policyAssignmentName eq 'audit'")
        self.assertEqual(state["complianceState"], "NonCompliant")
        self.assertEqual([(each["name"], each["complianceState"]) for each in state["components"]],
                         [("short", "NonCompliant"), ("long", "Compliant")])
        management = self.server.endpoints["management"].rstrip("/")
        states = f"{management}{vault['id']}/providers/Microsoft.PolicyInsights/policyStates/latest"
        summary = self.az(*self.call("post", f"{states}/summarize?api-version=2019-10-01"))["value"][0]
        self.assertEqual(summary["results"]["nonCompliantResources"], 1)
        self.manage("delete", assigned)
