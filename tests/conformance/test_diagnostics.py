"""Diagnostic settings: Debian's azure-cli, its Python SDK for blobs and npm's @azure/arm-monitor, unmodified; and what
is delivered, across kills of the server."""

import json
import os
import pathlib
import secrets
import subprocess

from conformance import arm_case
from conformance.az_case import SignedAz
from harness import paths
from harness.blob_client import BlobClient
from harness.waiting import wait_until

SCRIPT = pathlib.Path(__file__).resolve().parent / "python" / "delivered.py"
SECONDS = 60
BLOB = r"^resourceId=/SUBSCRIPTIONS/[^a-z]*/y=\d{4}/m=\d\d/d=\d\d/h=\d\d/m=00/PT1H.json$"


def prompt_delivery(case) -> list[str]:
    """Arguments of a server that delivers every second."""
    file = paths.temporary_folder(case) / "freehold.toml"
    file.write_text("[insights]\ndelivery_seconds = 1\n")
    return ["--config", str(file)]


class AzDiagnostics(SignedAz):
    @classmethod
    def setUpClass(cls):
        cls.options = {"args": prompt_delivery(cls)}
        super().setUpClass()
        cls.server.https_port_wanted = cls.server.https_port  # of restarts

    def create_account(self, name: str) -> dict:
        return self.az("storage", "account", "create", "-n", name, "-g", "default", "--sku", "Standard_LRS", "-l",
                       self.server.endpoints["region"])

    def storage_account(self) -> tuple[str, str]:
        """A new one: its id and its key."""
        name = "diag" + secrets.token_hex(6)
        made = self.create_account(name)
        return made["id"], self.az("storage", "account", "keys", "list", "-n", name)[0]["value"]

    def blob_service(self) -> str:
        return self.az("storage", "account", "show", "-n", self.server.account)["id"] + "/blobServices/default"

    def setting(self, name: str, resource: str, account: str, *logs: dict) -> dict:
        return self.az("monitor", "diagnostic-settings", "create", "-n", name, "--resource", resource,
                       "--storage-account", account, "--logs", json.dumps(logs))

    def remove(self, name: str, resource: str) -> None:
        self.az("monitor", "diagnostic-settings", "delete", "-n", name, "--resource", resource)

    def lines(self, account: tuple[str, str], container: str) -> list[dict]:
        """All that was delivered, as the Python SDK reads it; in the order of the blobs' names."""
        url = f"https://{account[0].rsplit('/', 1)[1]}.{self.server.blob_suffix}:{self.server.https_port}/{container}"
        env = {**os.environ, "REQUESTS_CA_BUNDLE": self.server.ca_file, "no_proxy": "*", "PYTHONDONTWRITEBYTECODE": "1",
               "LOGS_URL": url, "LOGS_KEY": account[1]}
        done = subprocess.run([paths.needs(arm_case.PYTHON), "-W", "ignore", str(SCRIPT)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS, env=env)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        out = []
        for blob in json.loads(done.stdout):
            self.assertEqual(blob["type"], "AppendBlob")
            self.assertRegex(blob["name"], BLOB)
            out += [json.loads(line) for line in blob["text"].splitlines()]
        return out

    def names(self, account, container: str, among: str) -> list[str]:
        """The blobs that the delivered lines are about, of the container `among`."""
        uris = [line["uri"] for line in self.lines(account, container)]
        return [uri.rsplit("/", 1)[1] for uri in uris if f"/{among}/" in uri]

    def test_settings_of_a_blob_service(self):
        resource = self.blob_service()
        account, other = self.storage_account()[0], self.storage_account()[0]
        categories = self.az("monitor", "diagnostic-settings", "categories", "list", "--resource", resource)
        self.assertEqual({each["name"] for each in categories["value"]}, {"StorageRead", "StorageWrite", "StorageDelete"})
        one = self.az("monitor", "diagnostic-settings", "categories", "show", "-n", "StorageRead", "--resource", resource)
        self.assertEqual(one["categoryType"], "Logs")

        made = self.setting("mine", resource, account, {"category": "StorageRead", "enabled": True},
                            {"category": "StorageWrite", "enabled": False})
        self.addCleanup(self.remove, "mine", resource)
        self.assertEqual((made["name"], made["storageAccountId"]), ("mine", account))
        self.assertEqual([(each["category"], each["enabled"]) for each in made["logs"]],
                         [("StorageRead", True), ("StorageWrite", False)])
        self.assertEqual(self.az("monitor", "diagnostic-settings", "show", "-n", "mine", "--resource", resource), made)
        self.assertEqual(self.az("monitor", "diagnostic-settings", "list", "--resource", resource), [made])
        changed = self.az("monitor", "diagnostic-settings", "update", "-n", "mine", "--resource", resource, "--set",
                          "logs[1].enabled=true")
        self.assertTrue(changed["logs"][1]["enabled"])

        create = ("monitor", "diagnostic-settings", "create", "--resource", resource)
        on = json.dumps([{"category": "StorageRead", "enabled": True}])
        self.refused("Conflict", *create, "-n", "twice", "--storage-account", account, "--logs", on)
        self.refused("is not supported", *create, "-n", "odd", "--storage-account", other, "--logs",
                     on.replace("StorageRead", "AuditEvent"))
        self.refused("NotImplemented", *create, "-n", "measured", "--storage-account", other, "--metrics",
                     json.dumps([{"category": "Transaction", "enabled": True}]))
        workspace = account.replace("Microsoft.Storage/storageAccounts", "Microsoft.OperationalInsights/workspaces")
        self.refused("NotImplemented", *create, "-n", "elsewhere", "--workspace", workspace, "--logs", on)
        self.refused("ResourceNotFound", *create, "-n", "gone", "--storage-account", account + "x", "--logs", on)
        self.refused("to the account itself", *create, "-n", "loop", "--storage-account",
                     resource.removesuffix("/blobServices/default"), "--logs", on)
        self.refused("ResourceNotFound", "monitor", "diagnostic-settings", "show", "-n", "none", "--resource", resource)

    def test_settings_go_with_their_resource(self):
        target, source = self.storage_account()[0], self.storage_account()[0]
        resource = source + "/blobServices/default"
        self.setting("short", resource, target, {"categoryGroup": "audit", "enabled": True})
        name = source.rsplit("/", 1)[1]
        self.az("storage", "account", "delete", "-n", name, "-g", "default", "--yes")
        self.wait_until_account_name_is_free(name)
        self.create_account(name)
        self.assertEqual(self.az("monitor", "diagnostic-settings", "list", "--resource", resource), [])

    def test_a_template_with_a_setting(self):
        """As Bicep writes what has a scope."""
        target, source = self.storage_account()[0], self.storage_account()[0]
        service = "Microsoft.Storage/storageAccounts/" + source.rsplit("/", 1)[1] + "/blobServices/default"
        template = {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "resources": [{"type": "Microsoft.Insights/diagnosticSettings", "apiVersion": "2021-05-01-preview",
                           "name": "deployed", "scope": service,
                           "properties": {"storageAccountId": target,
                                          "logs": [{"categoryGroup": "allLogs", "enabled": True}]}}]}
        file = self.home / "setting.json"
        file.write_text(json.dumps(template))
        for _ in range(2):
            self.az("deployment", "group", "create", "-g", "default", "-n", "setting", "-f", file)
        resource = source + "/blobServices/default"
        made = self.az("monitor", "diagnostic-settings", "show", "-n", "deployed", "--resource", resource)
        self.assertEqual((made["storageAccountId"], made["logs"][0]["categoryGroup"]), (target, "allLogs"))

    def test_every_request_is_delivered_once_though_the_server_is_killed(self):
        resource, target = self.blob_service(), self.storage_account()
        self.setting("all", resource, target[0], {"categoryGroup": "allLogs", "enabled": True})
        self.addCleanup(self.remove, "all", resource)
        box = "logged" + secrets.token_hex(4)
        client = BlobClient.of(self.server)
        self.assertEqual(client.create_container(box).status, 201)
        wanted = []
        for number in range(6):
            for i in range(20):
                name = f"n{number}-{i}"
                self.assertEqual(client.put(f"{box}/{name}", b"x").status, 201)
                self.assertEqual(client.get(f"{box}/{name}").status, 200)
                wanted.append(name)
            # Killed with nothing of it delivered, or with some.
            if number % 2 == 0:
                wait_until(lambda: any(each.startswith(f"n{number}-") for each in
                                       self.names(target, "insights-logs-storagewrite", box)), SECONDS, "a delivery")
            self.server.kill()
            self.server.start()
            client = BlobClient.of(self.server)
        self.assertEqual(client.delete(f"{box}/n0-0").status, 202)
        wait_until(lambda: self.names(target, "insights-logs-storagedelete", box), SECONDS, "the deletion's line")
        wait_until(lambda: len(self.names(target, "insights-logs-storagewrite", box)) >= len(wanted), SECONDS,
                   "all writes' lines")
        self.assertEqual(sorted(self.names(target, "insights-logs-storagewrite", box)), sorted(wanted))
        reads = self.names(target, "insights-logs-storageread", box)
        self.assertEqual(sorted(set(reads)), sorted(reads))
        self.assertEqual(set(reads) - set(wanted), set())
        line = next(each for each in self.lines(target, "insights-logs-storagewrite") if f"/{box}/n5-0" in each["uri"])
        self.assertEqual((line["operationName"], line["statusCode"], line["statusText"], line["identity"]["type"]),
                         ("PutBlob", 201, "Success", "AccountKey"))
        self.assertEqual(line["resourceId"], resource.upper())

    def test_two_accounts_that_log_each_other_do_not_feed_each_other(self):
        accounts = [self.storage_account(), self.storage_account()]
        for mine, other in (accounts, accounts[::-1]):
            self.setting("other", mine[0] + "/blobServices/default", other[0], {"categoryGroup": "allLogs", "enabled": True})
        clients = [BlobClient(account[0].rsplit("/", 1)[1], account[1], https_port=self.server.https_port,
                              ca_file=self.server.ca_file) for account in accounts]
        container = "insights-logs-storagewrite"
        for number in range(3):
            for client in clients:
                self.assertEqual(client.create_container(f"box{number}").status, 201)
            for account in accounts:  # of the other's
                wait_until(lambda: any(line["uri"].endswith(f"/box{number}") for line in self.lines(account, container)),
                           SECONDS, "the container's line")
        for account in accounts:
            self.assertEqual([line["uri"].rsplit("/", 1)[1] for line in self.lines(account, container)],
                             ["box0", "box1", "box2"])

    def test_reads_of_a_vault(self):
        target = self.storage_account()
        vault = self.az("keyvault", "create", "-n", "az" + secrets.token_hex(6), "-g", "default", "-l",
                        self.server.endpoints["region"])
        self.setting("audit", vault["id"], target[0], {"categoryGroup": "audit", "enabled": True})
        secret = vault["properties"]["vaultUri"] + "secrets/s1?api-version=7.3"
        rest = ("rest", "--resource", "https://vault.azure.net", "--url", secret, "--method")
        self.az(*rest, "put", "--body", '{"value": "hidden"}')
        for _ in range(3):
            self.az(*rest, "get")
        container = "insights-logs-auditevent"
        # Records of reads wait for company in memory: a kill right behind a read may take its record along.
        wait_until(lambda: len(self.lines(target, container)) >= 4, SECONDS, "the lines of before the kill")
        self.server.kill()
        self.server.start()
        self.az(*rest, "get")
        wait_until(lambda: len(self.lines(target, container)) >= 5, SECONDS, "the vault's lines")
        found = self.lines(target, container)
        self.assertEqual([each["operationName"] for each in found], ["SecretSet"] + ["SecretGet"] * 4)
        self.assertEqual({each["category"] for each in found}, {"AuditEvent"})
        self.assertEqual({each["resultSignature"] for each in found}, {"OK"})
        self.assertTrue(found[0]["properties"]["requestUri"].endswith("/secrets/s1"))
        self.assertNotIn("hidden", json.dumps(found))

    def test_the_activity_log_of_a_subscription(self):
        target = self.storage_account()
        subscription = self.server.endpoints["subscriptionId"]
        command = ("monitor", "diagnostic-settings", "subscription")
        made = self.az(*command, "create", "-n", "acts", "--location", self.server.endpoints["region"],
                       "--storage-account", target[0], "--logs", '[{"category": "Administrative", "enabled": true}]')
        self.assertEqual(made["name"], "acts")
        self.assertIn("acts", [each["name"] for each in self.az(*command, "list")["value"]])
        self.assertEqual(self.az(*command, "show", "-n", "acts")["storageAccountId"], target[0])
        self.refused("is not supported", *command, "create", "-n", "more", "--location", "global", "--storage-account",
                     target[0], "--logs", '[{"category": "Security", "enabled": true}]')
        group = "acts" + secrets.token_hex(4)
        self.az("group", "create", "-n", group, "-l", self.server.endpoints["region"])
        self.server.kill()
        self.server.start()
        self.az("group", "update", "-n", group, "--set", "tags.a=b")

        def told():
            return [each for each in self.lines(target, "insights-activity-logs")
                    if each["resourceId"].endswith("/RESOURCEGROUPS/" + group.upper())]
        wait_until(lambda: len(told()) >= 4, SECONDS, "the group's events")
        self.assertEqual([each["resultType"] for each in told()], ["Start", "Success"] * 2)
        self.assertEqual({each["operationName"] for each in told()}, {"MICROSOFT.RESOURCES/SUBSCRIPTIONS/RESOURCEGROUPS/WRITE"})
        self.assertEqual({each["category"] for each in told()}, {"Administrative"})
        self.az(*command, "delete", "-n", "acts", "--yes")
        self.assertNotIn("acts", [each["name"] for each in self.az(*command, "list")["value"]])


class ArmDiagnostics(arm_case.ArmClients):
    def test_javascript(self):
        self.run_javascript("arm_diagnostics.test.mjs")
