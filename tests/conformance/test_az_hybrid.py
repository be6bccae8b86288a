"""az with profile 2020-09-01-hybrid, whose api-versions are those of Azure Stack Hub."""

import json
import secrets
import uuid

from conformance.az_case import SignedAz
from conformance.test_az_deployments import TEMPLATE

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


class AzHybrid(SignedAz):
    @classmethod
    def choose_cloud(cls) -> None:
        cls.must("cloud", "set", "--name", "Freehold", "--profile", "2020-09-01-hybrid")

    def test_groups_tags_and_locks(self):
        region = self.server.endpoints["region"]
        self.az("group", "create", "-n", "stack", "-l", region, "--tags", "a=b")
        self.assertEqual(self.az("group", "show", "-n", "stack")["tags"], {"a": "b"})
        self.assertEqual(self.az("group", "update", "-n", "stack", "--set", "tags.a=c")["tags"], {"a": "c"})
        self.az("tag", "create", "-n", "shade")
        self.assertIn("shade", [each["tagName"] for each in self.az("tag", "list")])
        self.az("tag", "delete", "-n", "shade", "--yes")
        self.az("lock", "create", "--name", "keep", "--lock-type", "CanNotDelete", "-g", "stack")
        self.refused("ScopeLocked", "group", "delete", "-n", "stack", "--yes")
        self.az("lock", "delete", "--name", "keep", "-g", "stack")
        self.az("group", "delete", "-n", "stack", "--yes")
        self.assertFalse(self.az("group", "exists", "-n", "stack"))

    def test_an_account_its_keys_and_a_generic_resource(self):
        name, region = "hy" + secrets.token_hex(6), self.server.endpoints["region"]
        self.assertTrue(self.az("storage", "account", "check-name", "-n", name)["nameAvailable"])
        made = self.az("storage", "account", "create", "-n", name, "-g", "default", "-l", region, "--sku", "Standard_LRS")
        self.assertEqual(made["provisioningState"], "Succeeded")
        keys = self.az("storage", "account", "keys", "list", "-n", name, "-g", "default", "--query", "[].value")
        renewed = self.az("storage", "account", "keys", "renew", "-n", name, "-g", "default", "--key", "primary")
        self.assertNotEqual(renewed[0]["value"], keys[0])
        self.az("storage", "container", "create", "-n", "box", "--account-name", name, "--account-key", keys[1])
        shown = self.az("resource", "show", "-n", name, "-g", "default", "--resource-type", "Microsoft.Storage/storageAccounts")
        self.assertEqual(shown["id"], made["id"])
        self.az("resource", "tag", "--ids", made["id"], "--tags", "x=1")
        self.assertEqual(self.az("resource", "list", "--tag", "x=1", "--query", "[].name"), [name])
        self.az("resource", "delete", "--ids", made["id"])
        self.assertNotIn(name, self.az("storage", "account", "list", "--query", "[].name"))

    def test_a_deployment(self):
        self.az("group", "create", "-n", "stacked", "-l", self.server.endpoints["region"])
        file = self.home / "template.json"
        file.write_text(json.dumps(TEMPLATE))
        made = self.az("deployment", "group", "create", "-g", "stacked", "-n", "first", "-f", file, "-p", "prefix=hy")
        self.assertEqual(made["properties"]["provisioningState"], "Succeeded")
        self.assertEqual(len(self.az("resource", "list", "-g", "stacked")), 1)
        self.az("group", "delete", "-n", "stacked", "--yes")

    def test_roles_by_rest(self):
        front = f"/subscriptions/{self.server.endpoints['subscriptionId']}/providers/Microsoft.Authorization"
        url = f"{front}/roleAssignments/{uuid.uuid4()}?api-version=2018-09-01-preview"
        body = {"properties": {"roleDefinitionId": f"{front}/roleDefinitions/{READER}", "principalId": str(uuid.uuid4()),
                               "principalType": "ServicePrincipal"}}
        made = self.az("rest", "--method", "put", "--url", url, "--body", json.dumps(body))
        self.assertTrue(made["properties"]["roleDefinitionId"].endswith(READER))
        self.az("rest", "--method", "delete", "--url", url)
