"""Debian's azure-cli, unmodified, deploys templates at the region itself."""

import json
import secrets

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

    def test_one_is_begun_and_awaited_later(self):
        file = self.template()
        begun = self.start("deployment", "group", "create", "-g", self.group, "-n", "later", "-f", file,
                           "-p", "prefix=later", "--no-wait")
        self.assertEqual(begun.returncode, 0, begun.stderr)
        self.az("deployment", "group", "wait", "-g", self.group, "-n", "later", "--created", "--interval", "1")
        shown = self.az("deployment", "group", "show", "-g", self.group, "-n", "later")["properties"]
        self.assertEqual(shown["provisioningState"], "Succeeded")
        self.refused("DeploymentCannotBeCancelled", "deployment", "group", "cancel", "-g", self.group, "-n", "later")

    def test_one_is_cancelled(self):
        # Keys of 4,096 bits, one after the other: seconds of work.
        vault = "long" + secrets.token_hex(6)
        vaults = {"apiVersion": "2022-07-01", "location": "[resourceGroup().location]"}
        file = self.template(parameters={}, outputs={}, resources=[
            {**vaults, "type": "Microsoft.KeyVault/vaults", "name": vault,
             "properties": {"tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"}}},
            {**vaults, "type": "Microsoft.KeyVault/vaults/keys", "name": f"[concat('{vault}/k', copyIndex())]",
             "dependsOn": [f"[resourceId('Microsoft.KeyVault/vaults', '{vault}')]"],
             "copy": {"name": "keys", "count": 100, "mode": "serial"},
             "properties": {"kty": "RSA", "keySize": 4096}}])
        begun = self.start("deployment", "group", "create", "-g", self.group, "-n", "long", "-f", file,
                           "--no-wait")
        self.assertEqual(begun.returncode, 0, begun.stderr)
        self.az("deployment", "group", "cancel", "-g", self.group, "-n", "long")
        self.start("deployment", "group", "wait", "-g", self.group, "-n", "long", "--interval", "1", "--custom",
                   "properties.provisioningState=='Canceled'")
        shown = self.az("deployment", "group", "show", "-g", self.group, "-n", "long")["properties"]
        self.assertEqual(shown["provisioningState"], "Canceled")

    def test_a_preview_tells_what_would_change(self):
        file = self.template()

        def preview(*more) -> dict:
            return {change["resourceId"].split("/")[-1]: change
                    for change in self.az("deployment", "group", "what-if", "-g", self.group, "-f", file,
                                          "-p", "prefix=seen", "--no-pretty-print", *more)["changes"]}

        before = preview()
        self.assertEqual({change["changeType"] for change in before.values()}, {"Create"})
        self.assertEqual(self.az("storage", "account", "list", "-g", self.group), [])
        self.az("deployment", "group", "create", "-g", self.group, "-n", "made", "-f", file, "-p", "prefix=seen")
        self.assertEqual({change["changeType"] for change in preview().values()}, {"NoChange"})
        account = next(name for name in before if name.startswith("seen"))
        self.az("storage", "account", "update", "-g", self.group, "-n", account, "--tags", "made=by hand", "more=1")
        change = preview()[account]
        self.assertEqual(change["changeType"], "Modify")
        self.assertEqual({(one["path"], one["propertyChangeType"]) for one in change["delta"]},
                         {("tags.made", "Modify"), ("tags.more", "Delete")})
        self.assertIsNone(preview("--result-format", "ResourceIdOnly")[account].get("before"))
        pretty = self.start("deployment", "group", "what-if", "-g", self.group, "-f", file, "-p", "prefix=seen")
        self.assertEqual(pretty.returncode, 0, pretty.stderr)
        self.assertIn("1 to modify", pretty.stdout)

    def test_complete_takes_away_what_the_template_does_not_name(self):
        extra = "extraboxed"
        self.az("storage", "account", "create", "-g", self.group, "-n", extra, "--sku", "Standard_LRS")
        file = self.template()
        args = ("-g", self.group, "-f", file, "-p", "prefix=whole", "--mode", "Complete")
        preview = self.az("deployment", "group", "what-if", *args, "--no-pretty-print")["changes"]
        self.assertIn((extra, "Delete"), {(one["resourceId"].split("/")[-1], one["changeType"]) for one in preview})
        self.az("deployment", "group", "create", "-n", "whole", *args)
        left = [one["name"] for one in self.az("storage", "account", "list", "-g", self.group)]
        self.assertEqual(len(left), 1)
        self.assertTrue(left[0].startswith("whole"))

    def test_templates_are_linked_from_our_own_blobs(self):
        account = "linkedboxes"
        self.az("storage", "account", "create", "-g", self.group, "-n", account, "--sku", "Standard_LRS",
                "--allow-blob-public-access", "true")
        key = self.az("storage", "account", "keys", "list", "-g", self.group, "-n", account)[0]["value"]
        store = ("--account-name", account, "--account-key", key)
        self.az("storage", "container", "create", "-n", "templates", "--public-access", "blob", *store)
        self.az("storage", "container", "create", "-n", "closed", *store)
        link = {"uri": "[uri(deployment().properties.templateLink.uri, 'nested.json')]"}
        nested = [{"type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": name,
                   "properties": {"mode": "Incremental", "templateLink": where,
                                  "parameters": {"prefix": {"value": f"[concat(parameters('prefix'), '{name}')]"}}}}
                  for name, where in (("a", link), ("b", {"relativePath": "nested.json"}))]
        main = {**TEMPLATE, "resources": nested, "variables": {},
                "outputs": {"account": {"type": "string", "value": "[reference('a').outputs.account.value]"}}}
        for name, document in (("main.json", main), ("nested.json", TEMPLATE)):
            (self.home / name).write_text(json.dumps(document))
            for container in ("templates", "closed"):
                self.az("storage", "blob", "upload", "-c", container, "-n", name, "-f", str(self.home / name), *store)
        front = self.az("storage", "account", "show", "-g", self.group, "-n", account)["primaryEndpoints"]["blob"]
        made = self.az("deployment", "group", "create", "-g", self.group, "-n", "linked", "--template-uri",
                       f"{front}templates/main.json", "-p", "prefix=ln")["properties"]
        self.assertTrue(made["outputs"]["account"]["value"].startswith("lna"), made)
        self.assertEqual(len([one for one in self.az("storage", "account", "list", "-g", self.group)
                              if one["name"].startswith("ln")]), 2)

        sas = self.az("storage", "container", "generate-sas", "-n", "closed", "--permissions", "r", "--expiry",
                      "2099-01-01", "--https-only", *store)
        closed = self.az("deployment", "group", "create", "-g", self.group, "-n", "closed", "--template-uri",
                         f"{front}closed/nested.json?{sas}", "-p", "prefix=sas")["properties"]
        self.assertEqual(closed["templateLink"]["uri"], f"{front}closed/nested.json")
        self.assertNotIn("sig=", json.dumps(closed))
