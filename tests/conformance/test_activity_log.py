"""The activity log by Debian's azure-cli, unmodified. SDKs read it in test_arm_clients.py."""

from conformance.az_case import SignedAz


class AzActivityLog(SignedAz):
    def log(self, *args) -> list:
        return self.az("monitor", "activity-log", "list", "--offset", "1h", *args)

    def test_what_was_done_is_found(self):
        region = self.server.endpoints["region"]
        self.az("group", "create", "-n", "acts", "-l", region)
        self.az("lock", "create", "--name", "keep", "--lock-type", "CanNotDelete", "-g", "acts")
        self.refused("ScopeLocked", "group", "delete", "-n", "acts", "--yes")
        self.az("lock", "delete", "--name", "keep", "-g", "acts")

        events = self.log("--resource-group", "acts")
        found = [(each["operationName"]["value"].rsplit("/", 2)[-2:], each["status"]["value"]) for each in reversed(events)]
        self.assertEqual(found, [(["resourceGroups", "write"], "Started"), (["resourceGroups", "write"], "Succeeded"),
                                 (["locks", "write"], "Started"), (["locks", "write"], "Succeeded"),
                                 (["resourceGroups", "delete"], "Started"), (["resourceGroups", "delete"], "Failed"),
                                 (["locks", "delete"], "Started"), (["locks", "delete"], "Succeeded")])
        made = events[-2]
        self.assertEqual((made["subStatus"]["value"], made["level"]), ("Created", "Informational"))
        self.assertEqual(made["correlationId"], events[-1]["correlationId"])
        self.assertEqual(self.log("--correlation-id", made["correlationId"]), events[-2:])
        self.assertEqual(len(self.log("--resource-id", made["resourceId"])), 4)
        self.assertEqual(len(self.log("--resource-group", "acts", "--status", "Failed")), 1)
        self.assertEqual(self.log("--caller", "nobody@nowhere.test"), [])
        client = self.server.endpoints["admin"]["clientId"]
        self.assertEqual(len(self.log("--resource-group", "acts", "--caller", client, "--max-events", "3")), 3)
        selected = self.log("--resource-group", "acts", "--select", "eventName", "--max-events", "1")
        self.assertEqual(selected[0]["eventName"]["value"], "EndRequest")
        self.assertIsNone(selected[0]["caller"])

    def test_what_a_deployment_writes_is_found_too(self):
        self.az("group", "create", "-n", "deploys", "-l", self.server.endpoints["region"])
        file = self.home / "lock.json"
        file.write_text("""{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0", "resources": [{"type": "Microsoft.Storage/storageAccounts", "kind": "StorageV2",
            "apiVersion": "2022-09-01", "name": "[concat('act', uniqueString(resourceGroup().id))]", "sku": {"name":
            "Standard_LRS"}, "location": "[resourceGroup().location]"}]}""")
        self.az("deployment", "group", "create", "-g", "deploys", "-n", "d", "-f", file)
        found = {(each["operationName"]["value"], each["status"]["value"], each["caller"])
                 for each in self.log("--resource-group", "deploys")}
        mine = {caller for operation, _, caller in found if operation == "Microsoft.Resources/deployments/write"}
        self.assertEqual(len(mine), 1)
        self.assertIn(("Microsoft.Storage/storageAccounts/write", "Succeeded", *mine), found)

    def test_it_outlives_a_restart(self):
        self.az("group", "create", "-n", "stays", "-l", self.server.endpoints["region"])
        before = self.log("--resource-group", "stays")
        self.assertEqual(len(before), 2)
        ends = self.server.endpoints
        self.server.https_port_wanted = ends["httpsPort"]
        self.server.kill()
        self.server.start()
        self.assertEqual(self.log("--resource-group", "stays"), before)
