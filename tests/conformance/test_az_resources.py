"""Debian's azure-cli, unmodified, signed in at the region itself: subscriptions, resource groups, providers,
locks, tags, roles and management groups.
"""

import json
import uuid

from conformance.az_case import SignedAz
from harness import paths


class AzResources(SignedAz):
    def test_whose_subscription_it_is(self):
        ends = self.server.endpoints
        self.assertEqual([(s["id"], s["tenantId"]) for s in self.subscriptions],
                         [(ends["subscriptionId"], ends["tenantId"])])
        listed = self.az("account", "list", "--refresh")
        self.assertEqual([(s["id"], s["state"], s["isDefault"]) for s in listed],
                         [(ends["subscriptionId"], "Enabled", True)])
        self.assertEqual(self.az("account", "show")["environmentName"], "Freehold")
        self.assertEqual([place["name"] for place in self.az("account", "list-locations")], [ends["region"]])

    def test_a_cloud_registered_by_hand(self):
        ends = self.server.endpoints
        home = paths.temporary_folder(self)
        own = {"AZURE_CONFIG_DIR": str(home), "ARM_CLOUD_METADATA_URL": None}
        self.az("cloud", "register", "--name", "ByHand", "--endpoint-resource-manager", ends["management"],
                "--suffix-storage-endpoint", f"core.{self.server.domain}:{self.server.https_port}", **own)
        shown = self.az("cloud", "show", "--name", "ByHand", **own)
        self.assertEqual(shown["endpoints"]["activeDirectory"], ends["login"])
        self.assertEqual(shown["endpoints"]["activeDirectoryResourceId"].rstrip("/"), ends["management"])
        self.az("cloud", "set", "--name", "ByHand", **own)
        signed_in = self.az("login", "--service-principal", "-u", ends["admin"]["clientId"], "-p",
                            ends["admin"]["clientSecret"], "--tenant", ends["tenantId"], **own)
        self.assertEqual([s["id"] for s in signed_in], [ends["subscriptionId"]])

    def test_a_group_from_create_to_delete(self):
        region = self.server.endpoints["region"]
        self.assertIn("default", self.az("group", "list", "--query", "[].name"))
        made = self.az("group", "create", "-n", "team", "-l", region, "--tags", "cost=low", "owner=me")
        self.assertEqual((made["location"], made["tags"], made["properties"]["provisioningState"]),
                         (region, {"cost": "low", "owner": "me"}, "Succeeded"))
        self.assertEqual(self.az("group", "list", "--tag", "cost=low", "--query", "[].name"), ["team"])
        changed = self.az("group", "update", "-n", "team", "--set", "tags.cost=high")
        self.assertEqual(changed["tags"]["cost"], "high")
        self.assertTrue(self.az("group", "exists", "-n", "team"))
        self.assertEqual(self.az("group", "show", "-n", "TEAM")["name"], "team")
        self.refused("LocationNotAvailableForResourceGroup", "group", "create", "-n", "far", "-l", "westus")
        self.az("group", "delete", "-n", "team", "--yes", "--no-wait")
        self.az("group", "wait", "-n", "team", "--deleted", "--interval", "1", "--timeout", "60")
        self.assertFalse(self.az("group", "exists", "-n", "team"))
        self.az("group", "create", "-n", "team", "-l", region)
        self.az("group", "delete", "-n", "team", "--yes")
        self.refused("ResourceGroupNotFound", "group", "show", "-n", "team")

    def test_providers(self):
        listed = self.az("provider", "list", "--query", "[].namespace")
        self.assertIn("Microsoft.Resources", listed)
        shown = self.az("provider", "show", "-n", "microsoft.authorization")
        self.assertEqual(shown["registrationState"], "Registered")
        self.assertIn("locks", [each["resourceType"] for each in shown["resourceTypes"]])
        self.assertIsInstance(self.az("resource", "list"), list)

    def test_locks_keep_what_they_stand_on(self):
        self.az("group", "create", "-n", "vaulted", "-l", self.server.endpoints["region"])
        made = self.az("lock", "create", "--name", "keep", "--lock-type", "CanNotDelete", "-g", "vaulted", "--notes", "stays")
        self.assertEqual((made["level"], made["notes"]), ("CanNotDelete", "stays"))
        self.assertEqual([lock["name"] for lock in self.az("lock", "list", "-g", "vaulted")], ["keep"])
        self.refused("ScopeLocked", "group", "delete", "-n", "vaulted", "--yes")
        self.az("lock", "update", "--name", "keep", "--lock-type", "ReadOnly", "-g", "vaulted")
        self.refused("ScopeLocked", "group", "update", "-n", "vaulted", "--tags", "a=b")
        self.az("lock", "delete", "--name", "keep", "-g", "vaulted")
        self.az("group", "delete", "-n", "vaulted", "--yes")

    def test_tags(self):
        self.az("group", "create", "-n", "tagged", "-l", self.server.endpoints["region"])
        group = f"/subscriptions/{self.server.endpoints['subscriptionId']}/resourceGroups/tagged"
        self.az("tag", "create", "--resource-id", group, "--tags", "team=a", "stage=test")
        self.az("tag", "update", "--resource-id", group, "--operation", "merge", "--tags", "team=b")
        shown = self.az("tag", "list", "--resource-id", group)
        self.assertEqual(shown["properties"]["tags"], {"team": "b", "stage": "test"})
        self.az("tag", "create", "-n", "colour")
        self.az("tag", "add-value", "-n", "colour", "--value", "red")
        self.assertIn("colour", [each["tagName"] for each in self.az("tag", "list")])
        self.az("tag", "remove-value", "-n", "colour", "--value", "red")
        self.az("tag", "delete", "-n", "colour", "--yes")
        self.az("tag", "delete", "--resource-id", group, "--yes")
        self.assertEqual(self.az("group", "show", "-n", "tagged")["tags"], {})

    def test_roles_by_rest(self):
        ends = self.server.endpoints
        front = f"/subscriptions/{ends['subscriptionId']}/resourceGroups/default/providers/Microsoft.Authorization"
        reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
        name, somebody = str(uuid.uuid4()), str(uuid.uuid4())
        body = {"properties": {"roleDefinitionId": f"{front}/roleDefinitions/{reader}", "principalId": somebody,
                               "principalType": "ServicePrincipal"}}
        url = f"{front}/roleAssignments/{name}?api-version=2022-04-01"
        made = self.az("rest", "--method", "put", "--url", url, "--body", json.dumps(body))
        self.assertEqual(made["properties"]["principalId"], somebody)
        listed = self.az("rest", "--method", "get", "--url",
                         f"{front}/roleAssignments?api-version=2022-04-01&$filter=principalId eq '{somebody}'")
        self.assertEqual([each["name"] for each in listed["value"]], [name])
        roles = self.az("rest", "--method", "get", "--url",
                        f"{front}/roleDefinitions?api-version=2022-04-01&$filter=roleName eq 'Reader'")
        self.assertEqual([each["name"] for each in roles["value"]], [reader])
        self.az("rest", "--method", "delete", "--url", url)
        self.refused("RoleAssignmentNotFound", "rest", "--method", "get", "--url", url)

    def test_management_groups(self):
        subscription = self.server.endpoints["subscriptionId"]
        made = self.az("account", "management-group", "create", "--name", "dept", "--display-name", "The department")
        self.assertEqual(made["displayName"], "The department")
        self.az("account", "management-group", "create", "--name", "team", "--parent", "dept")
        self.az("account", "management-group", "subscription", "add", "--name", "team", "--subscription", subscription)
        shown = self.az("account", "management-group", "show", "--name", "dept", "--expand", "--recurse")
        self.assertEqual(shown["children"][0]["children"][0]["name"], subscription)
        self.az("account", "management-group", "subscription", "remove", "--name", "team", "--subscription", subscription)
        self.az("account", "management-group", "delete", "--name", "team")
        self.assertNotIn("team", [each["name"] for each in self.az("account", "management-group", "list")])
