"""Debian's azure-cli, unmodified, deploys templates at the region itself."""

import json

from conformance.az_case import SignedAz

TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"prefix": {"type": "string", "maxLength": 11},
                   "sku": {"type": "string", "defaultValue": "Standard_LRS"}},
    "variables": {"account": "[concat(parameters('prefix'), uniqueString(resourceGroup().id))]"},
    "resources": [
        {"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2022-09-01", "name": "[variables('account')]",
         "location": "[resourceGroup().location]", "kind": "StorageV2", "sku": {"name": "[parameters('sku')]"},
         "tags": {"made": "by template"}},
        {"type": "Microsoft.Storage/storageAccounts/blobServices/containers", "apiVersion": "2022-09-01",
         "name": "[concat(variables('account'), '/default/box', copyIndex())]",
         "copy": {"name": "boxes", "count": 2},
         "dependsOn": ["[resourceId('Microsoft.Storage/storageAccounts', variables('account'))]"]}],
    "outputs": {"blob": {"type": "string", "value": "[reference(variables('account')).primaryEndpoints.blob]"},
                "account": {"type": "string", "value": "[variables('account')]"}},
}


class AzDeployments(SignedAz):
    def setUp(self):
        super().setUp()
        self.group = "deployed"
        self.az("group", "create", "-n", self.group, "-l", self.server.endpoints["region"])
        self.addCleanup(self.az, "group", "delete", "-n", self.group, "-y")

    def template(self, **changes) -> str:
        path = self.home / "template.json"
        path.write_text(json.dumps({**TEMPLATE, **changes}))
        return str(path)

    def test_a_template_becomes_resources(self):
        file = self.template()
        checked = self.az("deployment", "group", "validate", "-g", self.group, "-f", file, "-p", "prefix=made")
        self.assertEqual(checked["properties"]["provisioningState"], "Succeeded")
        self.assertEqual(self.az("storage", "account", "list", "-g", self.group), [])

        made = self.az("deployment", "group", "create", "-g", self.group, "-n", "first", "-f", file,
                       "-p", "prefix=made")["properties"]
        self.assertEqual(made["provisioningState"], "Succeeded")
        account = made["outputs"]["account"]["value"]
        self.assertRegex(account, "^made[a-z0-9]{13}$")
        self.assertIn(account, made["outputs"]["blob"]["value"])
        shown = self.az("storage", "account", "show", "-g", self.group, "-n", account)
        self.assertEqual(shown["tags"], {"made": "by template"})
        boxes = self.az("storage", "container", "list", "--account-name", account, "--auth-mode", "login")
        self.assertEqual([box["name"] for box in boxes], ["box0", "box1"])

        again = self.az("deployment", "group", "create", "-g", self.group, "-n", "first", "-f", file,
                        "-p", "prefix=made")["properties"]
        self.assertEqual(again["outputs"], made["outputs"])
        self.assertEqual([one["name"] for one in self.az("deployment", "group", "list", "-g", self.group)], ["first"])
        done = self.az("deployment", "operation", "group", "list", "-g", self.group, "-n", "first")
        targets = [one["properties"]["targetResource"] for one in done if one["properties"].get("targetResource")]
        self.assertEqual(len(targets), 3)
        self.az("deployment", "group", "delete", "-g", self.group, "-n", "first")
        self.assertEqual(self.az("deployment", "group", "list", "-g", self.group), [])

    def test_a_failure_names_the_resource_and_why(self):
        file = self.template()
        failed = self.start("deployment", "group", "create", "-g", self.group, "-n", "bad", "-f", file,
                            "-p", "prefix=bad", "sku=Standard_RAGRS")
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("DeploymentFailed", failed.stderr)
        self.assertIn("SKU", failed.stderr.upper())
        shown = self.az("deployment", "group", "show", "-g", self.group, "-n", "bad")["properties"]
        self.assertEqual(shown["provisioningState"], "Failed")
        self.assertEqual(self.az("storage", "account", "list", "-g", self.group), [])
