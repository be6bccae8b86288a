"""Debian's azure-cli, unmodified: identities of policy assignments, remediations, and what policies deploy themselves."""

import json

from conformance.az_case import SignedAz
from harness.waiting import wait_until

CONTRIBUTOR = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
ENDS = ("Succeeded", "Failed", "Canceled")


def boxes(delay: str = "PT10M") -> dict:
    """Each storage account has a container `audit`, or gets one."""
    template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0", "parameters": {"account": {"type": "string"}},
                "resources": [{"type": "Microsoft.Storage/storageAccounts/blobServices/containers",
                               "apiVersion": "2022-09-01", "name": "[concat(parameters('account'), '/default/audit')]"}]}
    return {"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
            "then": {"effect": "deployIfNotExists",
                     "details": {"type": "Microsoft.Storage/storageAccounts/blobServices/containers", "name": "audit",
                                 "evaluationDelay": delay, "roleDefinitionIds": [CONTRIBUTOR],
                                 "deployment": {"properties": {
                                     "mode": "incremental", "template": template,
                                     "parameters": {"account": {"value": "[field('name')]"}}}}}}}


TAG = {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
                        {"field": "tags['team']", "exists": "false"}]},
       "then": {"effect": "modify",
                "details": {"roleDefinitionIds": [CONTRIBUTOR],
                            "operations": [{"operation": "add", "field": "tags['team']", "value": "blue"},
                                           {"operation": "addOrReplace", "value": "TLS1_2",
                                            "field": "Microsoft.Storage/storageAccounts/minimumTlsVersion"}]}}}


class AzRemediation(SignedAz):
    def setUp(self):
        self.region = self.server.endpoints["region"]
        self.name = self.id().rsplit(".", 1)[-1].replace("test_", "").replace("_", "-")[:30].strip("-")
        self.group = "mend-" + self.name
        self.scope = self.az("group", "create", "-n", self.group, "-l", self.region)["id"]
        self.account = ("m" + self.name.replace("-", ""))[:20]

    def make_account(self, suffix: str, *args) -> dict:
        return self.az("storage", "account", "create", "-n", self.account + suffix, "-g", self.group, "-l", self.region,
                       "--sku", "Standard_LRS", *args)

    def define(self, rule: dict) -> str:
        self.az("policy", "definition", "create", "--name", self.name, "--mode", "Indexed", "--rules", json.dumps(rule))
        return self.name

    def assign(self, *args) -> dict:
        return self.az("policy", "assignment", "create", "-n", self.name, "--policy", self.name, "-g", self.group,
                       "--mi-system-assigned", "--location", self.region, *args)

    def assign_contributor(self) -> dict:
        return self.assign("--role", "Contributor", "--identity-scope", self.scope)

    def remediate(self, *args) -> dict:
        self.az("policy", "remediation", "create", "-n", "r", "-g", self.group, "--policy-assignment", self.name, *args)
        return wait_until(self.ended, 90, "the remediation's end", every=0.5)

    def ended(self):
        shown = self.az("policy", "remediation", "show", "-n", "r", "-g", self.group)
        return shown if shown["provisioningState"] in ENDS else None

    def containers(self, account: str) -> list:
        url = (f"{self.scope}/providers/Microsoft.Storage/storageAccounts/{account}/blobServices/default/containers"
               "?api-version=2022-09-01")
        return [each["name"] for each in self.az("rest", "--method", "get", "--url", url)["value"]]

    def test_an_identity_comes_and_goes(self):
        self.define(boxes())
        self.refused("ResourceIdentityRequired", "policy", "assignment", "create", "-n", self.name, "--policy", self.name,
                     "-g", self.group)
        made = self.assign_contributor()["identity"]
        self.assertEqual((made["type"], made["tenantId"]), ("SystemAssigned", self.server.endpoints["tenantId"]))
        held = self.az("rest", "--method", "get", "--url", f"{self.scope}/providers/Microsoft.Authorization/"
                       f"roleAssignments?api-version=2022-04-01&$filter=principalId eq '{made['principalId']}'")
        self.assertEqual(len(held["value"]), 1)
        principal = self.az("ad", "sp", "show", "--id", made["principalId"])
        self.assertEqual((principal["servicePrincipalType"], principal["displayName"]), ("ManagedIdentity", self.name))
        done = self.start("ad", "sp", "delete", "--id", made["principalId"])
        self.assertIn("managed identity", done.stderr)
        shown = self.az("policy", "assignment", "identity", "show", "-n", self.name, "-g", self.group)
        self.assertEqual(shown["principalId"], made["principalId"])
        # What deploys needs one.
        self.refused("ResourceIdentityRequired", "policy", "assignment", "identity", "remove", "-n", self.name, "-g",
                     self.group)
        self.az("policy", "assignment", "update", "-n", self.name, "-g", self.group, "--display-name", "Boxes")
        again = self.az("policy", "assignment", "identity", "assign", "-n", self.name, "-g", self.group, "--system-assigned")
        self.assertEqual(again["principalId"], made["principalId"])
        self.az("policy", "assignment", "delete", "-n", self.name, "-g", self.group)
        self.assertNotEqual(self.start("ad", "sp", "show", "--id", made["principalId"]).returncode, 0)

    def test_what_needs_none_may_lose_it(self):
        self.define({"if": {"field": "kind", "equals": "None"}, "then": {"effect": "audit"}})
        self.az("policy", "assignment", "create", "-n", self.name, "--policy", self.name, "-g", self.group, "--location",
                self.region)
        self.assertIsNone(self.az("policy", "assignment", "identity", "show", "-n", self.name, "-g", self.group))
        given = self.az("policy", "assignment", "identity", "assign", "-n", self.name, "-g", self.group, "--system-assigned",
                        "--role", "Reader", "--identity-scope", self.scope)
        self.assertEqual(given["type"], "SystemAssigned")
        self.az("policy", "assignment", "identity", "remove", "-n", self.name, "-g", self.group)
        self.assertNotEqual(self.start("ad", "sp", "show", "--id", given["principalId"]).returncode, 0)
        self.refused("InvalidRequestContent", "policy", "assignment", "identity", "assign", "-n", self.name, "-g", self.group,
                     "--user-assigned", f"{self.scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u")

    def test_what_lacks_a_container_gets_it(self):
        for suffix in "12":
            self.make_account(suffix)
        self.define(boxes())
        self.assign_contributor()
        done = self.remediate()
        self.assertEqual(done["provisioningState"], "Succeeded", done)
        self.assertEqual(done["deploymentStatus"],
                         {"failedDeployments": 0, "successfulDeployments": 2, "totalDeployments": 2})
        for suffix in "12":
            self.assertEqual(self.containers(self.account + suffix), ["audit"])
        listed = self.az("policy", "remediation", "deployment", "list", "-n", "r", "-g", self.group)
        self.assertEqual([each["status"] for each in listed], ["Succeeded", "Succeeded"])
        deployed = self.az("deployment", "group", "list", "-g", self.group)
        self.assertEqual(sorted(each["id"].lower() for each in deployed),
                         sorted(each["deploymentId"].lower() for each in listed))
        self.assertEqual([each["name"] for each in self.az("policy", "remediation", "list", "-g", self.group)], ["r"])
        self.refused("InvalidCancelRemediationRequest", "policy", "remediation", "cancel", "-n", "r", "-g", self.group)
        again = self.remediate("--resource-discovery-mode", "ReEvaluateCompliance")
        self.assertEqual(again["deploymentStatus"]["totalDeployments"], 0)
        self.az("policy", "remediation", "delete", "-n", "r", "-g", self.group)
        self.refused("RemediationNotFound", "policy", "remediation", "show", "-n", "r", "-g", self.group)

    def test_an_identity_without_rights_fails(self):
        self.make_account("1")
        self.define(boxes())
        self.assign()
        done = self.remediate()
        self.assertEqual(done["provisioningState"], "Failed", done)
        listed = self.az("policy", "remediation", "deployment", "list", "-n", "r", "-g", self.group)
        self.assertEqual(listed[0]["error"]["code"], "AuthorizationFailed")
        self.assertIn("Microsoft.Resources/deployments/write", listed[0]["error"]["message"])
        self.assertEqual(self.containers(self.account + "1"), [])

    def test_modify_is_applied_to_what_is_there(self):
        self.make_account("1", "--min-tls-version", "TLS1_0")
        self.define(TAG)
        self.assign_contributor()
        done = self.remediate()
        self.assertEqual(done["provisioningState"], "Succeeded", done)
        shown = self.az("storage", "account", "show", "-n", self.account + "1", "-g", self.group)
        self.assertEqual((shown["tags"], shown["minimumTlsVersion"]), ({"team": "blue"}, "TLS1_2"))

    def test_what_is_written_is_followed(self):
        self.define(boxes("AfterProvisioning"))
        self.assign_contributor()
        self.make_account("1")
        wait_until(lambda: self.containers(self.account + "1") == ["audit"], 60, "the container", every=0.5)
        deployed = self.az("deployment", "group", "list", "-g", self.group)
        self.assertRegex(deployed[0]["name"], "^PolicyDeployment_[0-9]+$")
        # Who did it: the assignment, not whoever made the account.
        principal = self.az("policy", "assignment", "identity", "show", "-n", self.name, "-g", self.group)["principalId"]
        events = self.az("monitor", "activity-log", "list", "-g", self.group, "--offset", "1h", "--query",
                         "[?operationName.value=='Microsoft.Resources/deployments/write'].caller")
        self.assertEqual(set(events), {principal})
