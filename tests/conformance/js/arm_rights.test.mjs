// What a program does that manages locks, roles and management groups with @azure/arm-locks, -authorization and
// -managementgroups. Needs what arm_client.mjs says.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { AuthorizationManagementClient } from "@azure/arm-authorization";
import { ManagementLockClient } from "@azure/arm-locks";
import { ManagementGroupsAPI } from "@azure/arm-managementgroups";
import { ResourceManagementClient } from "@azure/arm-resources";
import { collected, credential, endpoint, fresh, location, options, refused, subscription, tenant } from "./arm_client.mjs";

const older = { ...options, $host: endpoint };
const resources = new ResourceManagementClient(credential, subscription, options);
const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

test("locks keep what they stand on", async () => {
  const locks = new ManagementLockClient(credential, subscription, older);
  const group = fresh("group");
  await resources.resourceGroups.createOrUpdate(group, { location });
  const made = await locks.managementLocks.createOrUpdateAtResourceGroupLevel(group, "keep",
    { level: "CanNotDelete", notes: "stays" });
  assert.deepEqual([made.name, made.level, made.notes], ["keep", "CanNotDelete", "stays"]);
  assert.equal((await locks.managementLocks.getAtResourceGroupLevel(group, "keep")).id, made.id);
  assert.deepEqual((await collected(locks.managementLocks.listAtResourceGroupLevel(group))).map((one) => one.name), ["keep"]);
  await assert.rejects(resources.resourceGroups.beginDeleteAndWait(group), refused("ScopeLocked"));
  await locks.managementLocks.createOrUpdateAtSubscriptionLevel("all", { level: "CanNotDelete" });
  const all = await collected(locks.managementLocks.listAtSubscriptionLevel());
  assert.deepEqual(all.map((one) => one.name).sort(), ["all", "keep"]);
  await locks.managementLocks.deleteAtSubscriptionLevel("all");
  await locks.managementLocks.deleteByScope(`subscriptions/${subscription}/resourceGroups/${group}`, "keep");
  await resources.resourceGroups.beginDeleteAndWait(group);
});

test("roles: built-in, custom, assigned, looked through", async () => {
  const client = new AuthorizationManagementClient(credential, subscription, older);
  const scope = `subscriptions/${subscription}`;
  const [found] = await collected(client.roleDefinitions.list(scope, { filter: "roleName eq 'Reader'" }));
  assert.equal(found.name, reader);
  const name = randomUUID();
  const custom = await client.roleDefinitions.createOrUpdate(scope, name, { roleName: fresh("Looker "), description: "looks",
    roleType: "CustomRole", permissions: [{ actions: ["Microsoft.Resources/subscriptions/resourceGroups/read"], notActions: [] }],
    assignableScopes: [`/${scope}`] });
  assert.equal(custom.name, name);
  const somebody = randomUUID();
  const made = await client.roleAssignments.create(scope, randomUUID(),
    { roleDefinitionId: custom.id, principalId: somebody, principalType: "ServicePrincipal" });
  assert.equal(made.principalId, somebody);
  const mine = await collected(client.roleAssignments.listForSubscription({ filter: `principalId eq '${somebody}'` }));
  assert.deepEqual(mine.map((one) => one.id), [made.id]);
  assert.equal((await client.roleAssignments.getById(made.id)).roleDefinitionId.toLowerCase(), custom.id.toLowerCase());
  await client.roleAssignments.deleteById(made.id);
  await assert.rejects(client.roleAssignments.getById(made.id), refused("RoleAssignmentNotFound"));
  await client.roleDefinitions.delete(scope, name);
  const permissions = await collected(client.permissions.listForResourceGroup("default"));
  assert.ok(permissions.some((one) => one.actions.includes("*")));
  assert.deepEqual(await collected(client.denyAssignments.list()), []);
  assert.ok((await collected(client.providerOperationsMetadataOperations.list())).length > 0);
  const storage = await client.providerOperationsMetadataOperations.get("Microsoft.Storage");
  assert.ok(storage.resourceTypes.length > 0);
});

test("management groups", async () => {
  const client = new ManagementGroupsAPI(credential, older);
  const [dept, team] = [fresh("dept"), fresh("team")];
  const made = await client.managementGroups.beginCreateOrUpdateAndWait(dept, { displayName: "The department" });
  assert.equal(made.displayName, "The department");
  await client.managementGroups.beginCreateOrUpdateAndWait(team,
    { details: { parent: { id: `/providers/Microsoft.Management/managementGroups/${dept}` } } });
  await client.managementGroupSubscriptions.create(team, subscription);
  const shown = await client.managementGroups.get(dept, { expand: "children", recurse: true });
  assert.equal(shown.children[0].children[0].name, subscription);
  assert.equal((await client.managementGroups.get(team, { expand: "path" })).details.path.length > 0, true);
  const below = await collected(client.managementGroups.listDescendants(dept));
  assert.deepEqual(below.map((one) => one.name).sort(), [subscription, team].sort());
  const entities = await collected(client.entities.list());
  assert.ok(entities.some((one) => one.name === team) && entities.some((one) => one.name === subscription));
  assert.equal((await client.checkNameAvailability({ name: dept, type: "Microsoft.Management/managementGroups" })).nameAvailable,
    false);
  await client.managementGroupSubscriptions.delete(team, subscription);
  await client.managementGroups.beginDeleteAndWait(team);
  await client.managementGroups.beginDeleteAndWait(dept);
  assert.ok(!(await collected(client.managementGroups.list())).some((one) => one.name === dept));
  assert.ok((await collected(client.managementGroups.list())).some((one) => one.name === tenant));
});
