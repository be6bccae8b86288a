"""Debian's azure-cli, unmodified: policies defined, assigned, exempted from, and what they forbid."""

import json

from conformance.az_case import SignedAz
from harness import paths

# Storage accounts that the public network reaches.
OPEN = {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
                         {"field": "Microsoft.Storage/storageAccounts/minimumTlsVersion", "in": "[parameters('tls')]"}]},
        "then": {"effect": "[parameters('effect')]"}}
PARAMETERS = {"tls": {"type": "Array"},
              "effect": {"type": "String", "allowedValues": ["Deny", "Audit", "Disabled"], "defaultValue": "Deny"}}
OLD = json.dumps({"tls": {"value": ["TLS1_0", "TLS1_1"]}})


class AzPolicy(SignedAz):
    def setUp(self):
        self.group = f"policy-{self.id().rsplit('.', 1)[-1].replace('test_', '')[:40]}".replace("_", "-")
        self.az("group", "create", "-n", self.group, "-l", self.server.endpoints["region"])

    def define(self, name: str, rule=OPEN, parameters=PARAMETERS) -> dict:
        return self.az("policy", "definition", "create", "--name", name, "--display-name", f"Policy {name}", "--mode", "All",
                       "--rules", json.dumps(rule), "--params", json.dumps(parameters), "--metadata", "category=Tests")

    def account(self, name: str, tls: str) -> tuple:
        return ("storage", "account", "create", "-n", name, "-g", self.group, "-l", self.server.endpoints["region"], "--sku",
                "Standard_LRS", "--min-tls-version", tls)

    def test_what_is_denied_says_by_which_policy(self):
        made = self.define("no-old-tls")
        self.assertEqual((made["policyType"], made["mode"], made["metadata"]["category"]), ("Custom", "All", "Tests"))
        self.assertIn("no-old-tls", self.az("policy", "definition", "list", "--query", "[].name"))
        self.assertEqual(self.az("policy", "definition", "show", "-n", "no-old-tls")["displayName"], "Policy no-old-tls")
        assigned = self.az("policy", "assignment", "create", "-n", "tls", "--policy", "no-old-tls", "-g", self.group,
                           "--params", OLD, "--display-name", "Only new TLS")
        self.assertEqual((assigned["enforcementMode"], assigned["displayName"]), ("Default", "Only new TLS"))
        done = self.start(*self.account("policydenied", "TLS1_0"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("RequestDisallowedByPolicy", done.stderr)
        self.assertIn("Only new TLS", done.stderr)
        self.az(*self.account("policyallowed", "TLS1_2"))
        self.refused("RequestDisallowedByPolicy", "storage", "account", "update", "-n", "policyallowed", "-g", self.group,
                     "--min-tls-version", "TLS1_0")
        self.refused("InvalidDeletePolicyDefinitionRequest", "policy", "definition", "delete", "-n", "no-old-tls")
        self.assertEqual([each["name"] for each in self.az("policy", "assignment", "list", "-g", self.group)], ["tls"])
        # Not enforced: judged, and let through.
        self.az("policy", "assignment", "update", "-n", "tls", "-g", self.group, "--enforcement-mode", "DoNotEnforce")
        self.az(*self.account("policydenied", "TLS1_0"))
        self.az("policy", "assignment", "delete", "-n", "tls", "-g", self.group)
        self.az("policy", "definition", "delete", "-n", "no-old-tls")
        self.refused("PolicyDefinitionNotFound", "policy", "definition", "show", "-n", "no-old-tls")

    def test_an_initiative_and_an_exemption(self):
        self.define("old-tls-of-set")
        scope = f"/subscriptions/{self.server.endpoints['subscriptionId']}"
        listed = [{"policyDefinitionId": f"{scope}/providers/Microsoft.Authorization/policyDefinitions/old-tls-of-set",
                   "policyDefinitionReferenceId": "tls", "parameters": {"tls": {"value": "[parameters('old')]"}}}]
        self.az("policy", "set-definition", "create", "-n", "transit", "--definitions", json.dumps(listed), "--params",
                json.dumps({"old": {"type": "Array"}}))
        self.assertIn("transit", self.az("policy", "set-definition", "list", "--query", "[].name"))
        self.assertEqual(len(self.az("policy", "set-definition", "show", "-n", "transit")["policyDefinitions"]), 1)
        assigned = self.az("policy", "assignment", "create", "-n", "transit", "--policy-set-definition", "transit",
                           "--params", json.dumps({"old": {"value": ["TLS1_0"]}}), "--scope", f"{scope}/resourceGroups/{self.group}")
        self.refused("RequestDisallowedByPolicy", *self.account("policyexempt", "TLS1_0"))
        made = self.az("policy", "exemption", "create", "-n", "old", "--policy-assignment", assigned["id"],
                       "--exemption-category", "Waiver", "-g", self.group, "--policy-definition-reference-ids", "tls")
        self.assertEqual(made["exemptionCategory"], "Waiver")
        self.assertEqual([each["name"] for each in self.az("policy", "exemption", "list", "-g", self.group)], ["old"])
        self.az(*self.account("policyexempt", "TLS1_0"))
        self.az("policy", "exemption", "delete", "-n", "old", "-g", self.group)
        self.refused("RequestDisallowedByPolicy", *self.account("policyexempt", "TLS1_0"))
        # What is assigned to a group goes with it.
        self.az("group", "delete", "-n", self.group, "--yes")
        self.az("policy", "set-definition", "delete", "-n", "transit")
        self.az("policy", "definition", "delete", "-n", "old-tls-of-set")

    def test_a_tag_is_added_and_a_deployment_denied(self):
        rule = {"if": {"field": "tags['team']", "exists": "false"},
                "then": {"effect": "modify",
                         "details": {"roleDefinitionIds": ["/providers/Microsoft.Authorization/roleDefinitions/"
                                                           "b24988ac-6180-42a0-ab88-20f7382dd24c"],
                                     "operations": [{"operation": "add", "field": "tags['team']", "value": "blue"}]}}}
        self.az("policy", "definition", "create", "-n", "team-tag", "--mode", "Indexed", "--rules", json.dumps(rule))
        self.define("old-tls-deployed")
        self.refused("ResourceIdentityRequired", "policy", "assignment", "create", "-n", "team", "--policy", "team-tag",
                     "-g", self.group)
        self.az("policy", "assignment", "create", "-n", "team", "--policy", "team-tag", "-g", self.group,
                "--mi-system-assigned", "--location", self.server.endpoints["region"])
        self.az("policy", "assignment", "create", "-n", "tls", "--policy", "old-tls-deployed", "-g", self.group,
                "--params", OLD)
        made = self.az(*self.account("policytagged", "TLS1_2"))
        self.assertEqual(made["tags"], {"team": "blue"})
        template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                    "contentVersion": "1.0.0.0",
                    "resources": [{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2022-09-01",
                                   "name": "policydeployed", "location": self.server.endpoints["region"],
                                   "kind": "StorageV2", "sku": {"name": "Standard_LRS"},
                                   "properties": {"minimumTlsVersion": "TLS1_0"}}]}
        file = paths.temporary_folder(self) / "template.json"
        file.write_text(json.dumps(template))
        self.refused("RequestDisallowedByPolicy", "deployment", "group", "create", "-g", self.group, "--name", "old",
                     "--template-file", file)

    def test_states_of_compliance(self):
        self.define("audited-tls")
        self.az(*self.account("policyaudited", "TLS1_0"))
        assigned = self.az("policy", "assignment", "create", "-n", "audit", "--policy", "audited-tls", "-g", self.group,
                           "--params", json.dumps({"tls": {"value": ["TLS1_0"]}, "effect": {"value": "Audit"}}))
        self.az("policy", "state", "trigger-scan", "-g", self.group)
        states = self.az("policy", "state", "list", "-g", self.group, "--filter",
                         "complianceState eq 'NonCompliant' and policyAssignmentName eq 'audit'")
        self.assertEqual([(state["resourceId"].rsplit("/", 1)[-1], state["policyDefinitionAction"]) for state in states],
                         [("policyaudited", "audit")])
        # Az 2.45's own summarize mixes up its arguments: it asks for a subscription of the group's name.
        summed = self.az("rest", "--method", "post", "--url",
                         f"/subscriptions/{self.server.endpoints['subscriptionId']}/resourceGroups/{self.group}/providers/"
                         "Microsoft.PolicyInsights/policyStates/latest/summarize?api-version=2019-10-01")["value"][0]
        self.assertEqual(summed["results"]["nonCompliantResources"], 1)
        self.assertEqual([each["policyAssignmentId"] for each in summed["policyAssignments"]], [assigned["id"]])
        # What is written is judged at once.
        self.az("storage", "account", "update", "-n", "policyaudited", "-g", self.group, "--min-tls-version", "TLS1_2")
        self.assertEqual(self.az("policy", "state", "list", "--resource", states[0]["resourceId"], "--query",
                                 "[].complianceState"), ["Compliant"])

    def test_secret_data_stays_closed(self):
        scope = f"/subscriptions/{self.server.endpoints['subscriptionId']}/resourceGroups/{self.group}"
        url = f"{scope}/providers/Freehold.Classification/levels/default?api-version=2026-01-01"
        set_to = lambda level: self.az("rest", "--method", "put", "--url", url, "--body",
                                       json.dumps({"properties": {"level": level}}))["properties"]
        self.assertEqual(set_to("confidential")["level"], "confidential")
        done = self.start(*self.account("policysecret", "TLS1_2"))
        self.assertIn("RequestDisallowedByPolicy", done.stderr)
        self.assertIn("Storage accounts are closed to the public network", done.stderr)
        self.assertEqual(self.az("policy", "assignment", "list", "-g", self.group, "--query", "[].name"),
                         ["freehold-classification"])
        self.refused("ProtectedByClassification", "policy", "assignment", "delete", "-n", "freehold-classification", "-g",
                     self.group)
        lowered = set_to("unclassified")
        self.assertEqual((lowered["level"], lowered["pendingChange"]["level"]), ("confidential", "unclassified"))
        self.refused("SecondPersonRequired", "rest", "--method", "post", "--url", url.replace("default?", "default/approve?"))
        self.refused("RequestDisallowedByPolicy", *self.account("policysecret", "TLS1_2"))
