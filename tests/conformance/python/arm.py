"""What programs do with Debian's azure-mgmt-resource, -storage, -authorization and -managementgroups.

Needs MANAGEMENT_URL, LOGIN_URL, TENANT_ID, CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_ID, REGION and REQUESTS_CA_BUNDLE.
"""

import os
import unittest
import uuid

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.managementgroups import ManagementGroupsAPI
from azure.mgmt.resource import ManagementLockClient, ResourceManagementClient, SubscriptionClient
from azure.mgmt.storage import StorageManagementClient

MANAGEMENT, LOGIN, TENANT, CLIENT, SECRET, SUBSCRIPTION, REGION = (
    os.environ[name] for name in ("MANAGEMENT_URL", "LOGIN_URL", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET",
                                  "SUBSCRIPTION_ID", "REGION"))
CREDENTIAL = ClientSecretCredential(TENANT, CLIENT, SECRET, authority=LOGIN, instance_discovery=False)
COMMON = {"base_url": MANAGEMENT, "retry_total": 0, "credential_scopes": [MANAGEMENT + "/.default"], "polling_interval": 1}
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ACCOUNT = {"location": REGION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
SCOPE = f"/subscriptions/{SUBSCRIPTION}"


def client(kind, *args, **options):
    return kind(CREDENTIAL, *args, **COMMON, **options)


class ArmCase(unittest.TestCase):
    def setUp(self):
        self.resources = client(ResourceManagementClient, SUBSCRIPTION)
        self.group = f"py{uuid.uuid4().hex[:8]}"
        self.resources.resource_groups.create_or_update(self.group, {"location": REGION, "tags": {"a": "b"}})
        self.addCleanup(lambda: self.resources.resource_groups.begin_delete(self.group).result())

    def fails(self, code, call, *args):
        with self.assertRaises(HttpResponseError) as caught:
            call(*args)
        self.assertEqual(caught.exception.error.code, code)


class Resources(ArmCase):
    def test_subscriptions(self):
        subscriptions = client(SubscriptionClient)
        self.assertEqual([one.subscription_id for one in subscriptions.subscriptions.list()], [SUBSCRIPTION])
        self.assertEqual([one.name for one in subscriptions.subscriptions.list_locations(SUBSCRIPTION)], [REGION])
        self.assertEqual([one.tenant_id for one in subscriptions.tenants.list()], [TENANT])

    def test_groups(self):
        groups = self.resources.resource_groups
        self.assertTrue(groups.check_existence(self.group))
        self.assertFalse(groups.check_existence(self.group + "x"))
        self.assertEqual(groups.get(self.group).tags, {"a": "b"})
        self.assertIn(self.group, [one.name for one in groups.list(filter="tagName eq 'a' and tagValue eq 'b'", top=10)])
        self.assertEqual(groups.update(self.group, {"tags": {"c": "d"}}).tags, {"c": "d"})
        with self.assertRaises(ResourceNotFoundError):
            groups.get(self.group + "x")

    def test_generic_resources(self):
        name = f"py{uuid.uuid4().hex[:10]}"
        where = (self.group, "Microsoft.Storage", "", "storageAccounts", name, "2022-09-01")
        made = self.resources.resources.begin_create_or_update(*where, ACCOUNT).result()
        self.assertEqual(made.name, name)
        self.assertTrue(self.resources.resources.check_existence_by_id(made.id, "2022-09-01"))
        self.resources.resources.begin_update_by_id(made.id, "2022-09-01", {"tags": {"t": "1"}}).result()
        listed = self.resources.resources.list_by_resource_group(self.group, expand="createdTime,changedTime")
        self.assertEqual([(one.id, one.tags) for one in listed], [(made.id, {"t": "1"})])
        self.assertIn(made.id, [one.id for one in self.resources.resources.list(filter="tagName eq 't'")])
        self.resources.resources.begin_delete(*where).result()
        self.assertFalse(self.resources.resources.check_existence(*where))

    def test_tags_and_providers(self):
        scope = f"{SCOPE}/resourceGroups/{self.group}"
        tags = self.resources.tags
        tags.begin_create_or_update_at_scope(scope, {"properties": {"tags": {"x": "1"}}}).result()
        merged = tags.begin_update_at_scope(scope, {"operation": "Merge", "properties": {"tags": {"y": "2"}}}).result()
        self.assertEqual(merged.properties.tags, {"x": "1", "y": "2"})
        self.assertEqual(tags.get_at_scope(scope).properties.tags, {"x": "1", "y": "2"})
        self.assertIn("Microsoft.Storage", [one.namespace for one in self.resources.providers.list()])
        self.assertEqual(self.resources.providers.register("Microsoft.Storage").registration_state, "Registered")

    def test_a_deployment(self):
        template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                    "contentVersion": "1.0.0.0", "parameters": {"word": {"type": "string"}}, "resources": [],
                    "outputs": {"word": {"type": "string", "value": "[toUpper(parameters('word'))]"}}}
        body = {"properties": {"mode": "Incremental", "template": template, "parameters": {"word": {"value": "a"}}}}
        done = self.resources.deployments.begin_create_or_update(self.group, "first", body).result()
        self.assertEqual(done.properties.outputs["word"]["value"], "A")
        self.assertEqual([one.name for one in self.resources.deployments.list_by_resource_group(self.group)], ["first"])

    def test_storage_accounts(self):
        storage = client(StorageManagementClient, SUBSCRIPTION)
        name = f"py{uuid.uuid4().hex[:10]}"
        self.assertTrue(storage.storage_accounts.check_name_availability({"name": name}).name_available)
        made = storage.storage_accounts.begin_create(self.group, name, ACCOUNT).result()
        self.assertEqual(made.provisioning_state, "Succeeded")
        keys = storage.storage_accounts.list_keys(self.group, name).keys
        renewed = storage.storage_accounts.regenerate_key(self.group, name, {"key_name": "key1"}).keys
        self.assertNotEqual(renewed[0].value, keys[0].value)
        storage.blob_containers.create(self.group, name, "box", {})
        self.assertEqual([one.name for one in storage.blob_containers.list(self.group, name)], ["box"])
        storage.storage_accounts.delete(self.group, name)
        self.fails("ResourceNotFound", storage.storage_accounts.get_properties, self.group, name)


class Rights(ArmCase):
    def test_locks(self):
        locks = client(ManagementLockClient, SUBSCRIPTION).management_locks
        made = locks.create_or_update_at_resource_group_level(self.group, "keep", {"level": "CanNotDelete", "notes": "n"})
        self.assertEqual((made.level, made.notes), ("CanNotDelete", "n"))
        scope = f"{SCOPE}/resourceGroups/{self.group}"
        self.assertEqual(locks.get_by_scope(scope, "keep").id, made.id)
        self.assertEqual([one.name for one in locks.list_by_scope(scope)], ["keep"])
        self.fails("ScopeLocked", self.resources.resource_groups.begin_delete, self.group)
        locks.delete_by_scope(scope, "keep")
        self.assertEqual(list(locks.list_at_resource_group_level(self.group)), [])

    def test_roles(self):
        roles = client(AuthorizationManagementClient, SUBSCRIPTION, api_version="2022-04-01")
        found = list(roles.role_definitions.list(SCOPE, filter="roleName eq 'Reader'"))
        self.assertEqual([one.name for one in found], [READER])
        somebody, name = str(uuid.uuid4()), str(uuid.uuid4())
        made = roles.role_assignments.create(SCOPE, name, {"role_definition_id": found[0].id, "principal_id": somebody,
                                                           "principal_type": "ServicePrincipal"})
        self.assertEqual(roles.role_assignments.get_by_id(made.id).principal_id, somebody)
        listed = roles.role_assignments.list_for_scope(SCOPE, filter=f"principalId eq '{somebody}'")
        self.assertEqual([one.name for one in listed], [name])
        roles.role_assignments.delete(SCOPE, name)
        self.fails("RoleAssignmentNotFound", roles.role_assignments.get, SCOPE, name)

    def test_management_groups(self):
        groups = client(ManagementGroupsAPI).management_groups
        name = f"py{uuid.uuid4().hex[:8]}"
        made = groups.begin_create_or_update(name, {"display_name": "A group"}).result()
        self.assertEqual((made.name, made.display_name), (name, "A group"))
        self.assertIn(name, [one.name for one in groups.list()])
        groups.begin_delete(name).result()
        self.assertNotIn(name, [one.name for one in groups.list()])


if __name__ == "__main__":
    unittest.main(verbosity=2)
