"""kill -9 in the middle of a remediation: the next process goes on where it was, and nothing is mended twice."""

import json
import urllib.error
import urllib.parse
import urllib.request

from harness import trust
from harness.cases import ServerCase
from harness.waiting import wait_until

ACCOUNTS = 24
CONTRIBUTOR = "/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"
CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"


def rule(delay: str) -> dict:
    """Each storage account has a container `audit`, or gets one, and some more to take its time."""
    boxes = {"type": CONTAINERS, "apiVersion": "2022-09-01", "copy": {"name": "boxes", "count": 5, "mode": "serial"},
             "name": "[concat(parameters('account'), '/default/box', copyIndex())]"}
    audit = {"type": CONTAINERS, "apiVersion": "2022-09-01", "name": "[concat(parameters('account'), '/default/audit')]",
             "dependsOn": ["boxes"]}
    template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                "contentVersion": "1.0.0.0", "parameters": {"account": {"type": "string"}}, "resources": [boxes, audit]}
    return {"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
            "then": {"effect": "deployIfNotExists",
                     "details": {"type": CONTAINERS, "name": "audit", "evaluationDelay": delay,
                                 "roleDefinitionIds": [CONTRIBUTOR],
                                 "deployment": {"properties": {
                                     "mode": "incremental", "template": template,
                                     "parameters": {"account": {"value": "[field('name')]"}}}}}}}


class Remediations(ServerCase):
    def setUp(self):
        self.process = self.serve(emulator=True)
        self.sign_in()
        self.region = self.process.endpoints["region"]
        self.group = f"/subscriptions/{self.process.endpoints['subscriptionId']}/resourceGroups/mended"
        self.ask("PUT", self.group, {"location": self.region}, "2021-04-01")
        self.path = self.group + "/providers/Microsoft.PolicyInsights/remediations/mend"

    def sign_in(self) -> None:
        ends = self.process.endpoints
        fields = {"grant_type": "client_credentials", "client_id": ends["admin"]["clientId"],
                  "client_secret": ends["admin"]["clientSecret"], "resource": "https://management.azure.com/"}
        self.token = self.open(urllib.request.Request(ends["login"] + "/oauth2/token",
                                                      urllib.parse.urlencode(fields).encode()))["access_token"]

    def open(self, request):
        try:
            with urllib.request.urlopen(request, context=trust.context(self.process.ca_file), timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            self.fail(f"{request.method} {request.full_url}: {error.code} {error.read().decode()}")

    def ask(self, method: str, path: str, body=None, version="2021-10-01"):
        return self.open(urllib.request.Request(
            f"{self.process.endpoints['management']}{path}?api-version={version}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}))

    def make_account(self, number: int) -> str:
        path = f"{self.group}/providers/Microsoft.Storage/storageAccounts/mended{number}"
        self.ask("PUT", path, {"location": self.region, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}, "2022-09-01")
        return path

    def assign(self, delay: str) -> str:
        """The assignment, whose identity may contribute to the group."""
        authorization = self.group + "/providers/Microsoft.Authorization/"
        definition = (self.group.rsplit("/resourceGroups", 1)[0] +
                      "/providers/Microsoft.Authorization/policyDefinitions/boxes")
        self.ask("PUT", definition, {"properties": {"mode": "Indexed", "policyRule": rule(delay)}}, "2021-06-01")
        made = self.ask("PUT", authorization + "policyAssignments/boxes",
                        {"location": self.region, "identity": {"type": "SystemAssigned"},
                         "properties": {"policyDefinitionId": definition}}, "2021-06-01")
        self.ask("PUT", authorization + "roleAssignments/5e1d3c0a-7d70-4ba8-9d83-0d5a3c1f2b10",
                 {"properties": {"principalId": made["identity"]["principalId"], "principalType": "ServicePrincipal",
                                 "roleDefinitionId": CONTRIBUTOR}}, "2022-04-01")
        return made["id"]

    def boxes(self, account: str) -> list:
        listed = self.ask("GET", f"{account}/blobServices/default/containers", version="2022-09-01")["value"]
        return [one["name"] for one in listed]

    def properties(self) -> dict:
        return self.ask("GET", self.path)["properties"]

    def test_killed_in_the_middle(self):
        accounts = [self.make_account(number) for number in range(ACCOUNTS)]
        assignment = self.assign("PT6H")
        body = {"properties": {"policyAssignmentId": assignment, "parallelDeployments": 2}}
        self.assertEqual(self.ask("PUT", self.path, body)["properties"]["provisioningState"], "Accepted")
        mended = lambda: self.properties()["deploymentStatus"]["successfulDeployments"]
        wait_until(lambda: mended() >= 4, 60, "a remediation under way")
        self.process.kill()
        self.process.start()
        self.sign_in()
        before = self.properties()
        self.assertEqual((before["provisioningState"], before["deploymentStatus"]["totalDeployments"]),
                         ("InProgress", ACCOUNTS))
        self.assertLess(before["deploymentStatus"]["successfulDeployments"], ACCOUNTS)
        wait_until(lambda: self.properties()["provisioningState"] not in ("InProgress", "Evaluating"), 120, "its end")
        after = self.properties()
        self.assertEqual(after["provisioningState"], "Succeeded", after)
        self.assertEqual(after["deploymentStatus"],
                         {"totalDeployments": ACCOUNTS, "successfulDeployments": ACCOUNTS, "failedDeployments": 0})
        for account in accounts:
            self.assertIn("audit", self.boxes(account))
        listed = self.ask("POST", self.path + "/listDeployments")["value"]
        self.assertEqual({one["status"] for one in listed}, {"Succeeded"})
        self.assertEqual(len({one["remediatedResourceId"] for one in listed}), ACCOUNTS)

    def test_killed_before_a_policy_follows_a_write(self):
        self.assign("PT8S")
        account = self.make_account(0)
        self.process.kill()
        self.process.start()
        self.sign_in()
        self.assertEqual(self.boxes(account), [])
        wait_until(lambda: "audit" in self.boxes(account), 60, "what the policy deploys")
