"""Policies that act by an identity of its own, and policies that judge role assignments, by the resource manager."""

from .test_external_directories import Callers

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


class PolicyIdentities(Callers):
    def setUp(self):
        super().setUp()
        self.subscription = "/subscriptions/" + self.ends["subscriptionId"]
        self.group = f"{self.subscription}/resourceGroups/{self.ends['resourceGroup']}"

    def policy(self, at: str, kind: str, name: str) -> str:
        return f"{at}/providers/Microsoft.Authorization/{kind}/{name}"

    def put(self, path: str, body: dict, version="2022-06-01", status=201) -> dict:
        answer = self.arm("PUT", path, body, version=version)
        self.assertEqual(answer[0], status, answer)
        return answer[1]

    def test_an_assignment_acts_by_a_user_assigned_identity(self):
        identity = self.put(f"{self.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mender",
                            {"location": self.ends["region"]}, version="2023-01-31")
        rule = {"if": {"field": "type", "equals": "Microsoft.Storage/storageAccounts"},
                "then": {"effect": "modify", "details": {
                    "roleDefinitionIds": [f"/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"],
                    "operations": [{"operation": "addOrReplace", "field": "tags['mended']", "value": "yes"}]}}}
        definition = self.policy(self.subscription, "policyDefinitions", "mended")
        self.put(definition, {"properties": {"mode": "Indexed", "policyRule": rule}})
        assignment = self.policy(self.group, "policyAssignments", "mended")
        body = {"location": self.ends["region"], "properties": {"policyDefinitionId": definition},
                "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity["id"]: {}}}}
        made = self.put(assignment, body)["identity"]
        self.assertEqual(made["userAssignedIdentities"][identity["id"]]["principalId"],
                         identity["properties"]["principalId"])
        body["identity"]["userAssignedIdentities"] = {identity["id"] + "x": {}}
        self.put(assignment, body, status=400)
        self.assertEqual(self.arm("DELETE", assignment, version="2022-06-01")[0], 200)
        self.assertEqual(self.arm("GET", identity["id"], version="2023-01-31")[0], 200)

    def test_a_policy_forbids_a_role(self):
        rule = {"if": {"allOf": [
            {"field": "type", "equals": "Microsoft.Authorization/roleAssignments"},
            {"field": "Microsoft.Authorization/roleAssignments/roleDefinitionId", "contains": OWNER}]},
            "then": {"effect": "deny"}}
        definition = self.policy(self.subscription, "policyDefinitions", "no-owners")
        self.put(definition, {"properties": {"mode": "All", "policyRule": rule}})
        self.put(self.policy(self.group, "policyAssignments", "no-owners"),
                 {"properties": {"policyDefinitionId": definition}})
        user = self.add_user("gil")
        who = self.graph("GET", f"/users/{user}")["id"]
        for role, status in ((OWNER, 403), (READER, 201)):
            answer = self.arm("PUT", self.policy(self.group, "roleAssignments", role), {"properties": {
                "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role}", "principalId": who}},
                version="2022-04-01")
            self.assertEqual(answer[0], status, answer)
            if status == 403:
                self.assertEqual(answer[1]["error"]["code"], "RequestDisallowedByPolicy")
