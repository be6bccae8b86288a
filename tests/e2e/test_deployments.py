"""kill -9 in the middle of a deployment: it ends as failed, says how far it came, and can be deployed again."""

import json
import urllib.error
import urllib.parse
import urllib.request

from harness import trust
from harness.cases import ServerCase
from harness.waiting import wait_until

VERSION = "2022-09-01"
CONTAINERS = 150
GROUP = "killed"


def template(account: str) -> dict:
    """An account, and containers one after the other."""
    boxes = {"type": "Microsoft.Storage/storageAccounts/blobServices/containers", "apiVersion": VERSION,
             "name": f"[concat('{account}/default/box', copyIndex())]",
             "copy": {"name": "boxes", "count": CONTAINERS, "mode": "serial", "batchSize": 1},
             "dependsOn": [account]}
    return {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "resources": [{"type": "Microsoft.Storage/storageAccounts", "apiVersion": VERSION, "name": account,
                           "location": "[resourceGroup().location]", "kind": "StorageV2",
                           "sku": {"name": "Standard_LRS"}}, boxes]}


class Deployments(ServerCase):
    def setUp(self):
        self.process = self.serve(emulator=True)
        self.sign_in()
        region = self.process.endpoints["region"]
        self.group = f"/subscriptions/{self.process.endpoints['subscriptionId']}/resourceGroups/{GROUP}"
        self.ask("PUT", self.group, {"location": region})
        self.path = self.group + "/providers/Microsoft.Resources/deployments/broken"

    def sign_in(self) -> None:
        ends = self.process.endpoints
        fields = {"grant_type": "client_credentials", "client_id": ends["admin"]["clientId"],
                  "client_secret": ends["admin"]["clientSecret"], "resource": "https://management.azure.com/"}
        answer = self.open(urllib.request.Request(ends["login"] + "/oauth2/token",
                                                  urllib.parse.urlencode(fields).encode()))
        self.token = answer["access_token"]

    def open(self, request):
        try:
            with urllib.request.urlopen(request, context=trust.context(self.process.ca_file), timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            self.fail(f"{request.method} {request.full_url}: {error.code} {error.read().decode()}")

    def ask(self, method: str, path: str, body=None):
        return self.open(urllib.request.Request(
            f"{self.process.endpoints['management']}{path}?api-version={VERSION}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}))

    def state(self) -> str:
        return self.ask("GET", self.path)["properties"]["provisioningState"]

    def ended(self) -> bool:
        return self.state() not in ("Accepted", "Running")

    def operations(self) -> list[dict]:
        return [one["properties"] for one in self.ask("GET", self.path + "/operations")["value"]]

    def succeeded(self) -> int:
        return sum(one["provisioningState"] == "Succeeded" for one in self.operations())

    def containers(self) -> int:
        path = self.group + "/providers/Microsoft.Storage/storageAccounts/killedacct/blobServices/default/containers"
        return len(self.ask("GET", path)["value"])

    def test_killed_in_the_middle(self):
        body = {"properties": {"mode": "Incremental", "template": template("killedacct")}}
        self.assertEqual(self.ask("PUT", self.path, body)["properties"]["provisioningState"], "Accepted")
        wait_until(lambda: self.succeeded() > 20, 60, "a deployment under way")
        self.assertEqual(self.state(), "Running")
        self.process.kill()
        self.process.start()
        self.sign_in()
        wait_until(lambda: all(one["provisioningState"] in ("Succeeded", "Failed") for one in self.operations()), 30,
                   "the operations of a deployment that was broken off")
        shown = self.ask("GET", self.path)["properties"]
        self.assertEqual(shown["provisioningState"], "Failed")
        self.assertIn("interrupted", shown["error"]["message"])
        done = self.operations()
        self.assertLess(len(done), CONTAINERS + 1)
        succeeded = self.succeeded()
        self.assertGreater(succeeded, 20)
        self.assertGreaterEqual(self.containers(), succeeded - 1)

        self.ask("PUT", self.path, body)
        wait_until(self.ended, 120, "the deployment's end")
        self.assertEqual(self.state(), "Succeeded", self.ask("GET", self.path))
        self.assertEqual(self.containers(), CONTAINERS)
