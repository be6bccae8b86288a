// What a program does that manages subscriptions, groups, generic resources, tags and deployments with @azure/arm-resources,
// -resources-subscriptions and -resourcesdeployments. Needs what arm_client.mjs says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ResourceManagementClient } from "@azure/arm-resources";
import { DeploymentsClient } from "@azure/arm-resourcesdeployments";
import { SubscriptionClient } from "@azure/arm-resources-subscriptions";
import { collected, credential, fresh, location, options, refused, subscription, tenant } from "./arm_client.mjs";

const resources = new ResourceManagementClient(credential, subscription, options);
const deployments = new DeploymentsClient(credential, subscription, options);
const accountType = ["Microsoft.Storage", "", "storageAccounts"];
const account = { location, kind: "StorageV2", sku: { name: "Standard_LRS" }, tags: { made: "by a test" } };
const version = "2022-09-01";

async function withGroup(work) {
  const name = fresh("group");
  await resources.resourceGroups.createOrUpdate(name, { location, tags: { made: "by a test" } });
  try {
    await work(name);
  } finally {
    await resources.resourceGroups.beginDeleteAndWait(name);
  }
}

test("subscriptions, locations, tenants", async () => {
  const client = new SubscriptionClient(credential, options);
  const listed = await collected(client.subscriptions.list());
  assert.deepEqual(listed.map((one) => one.subscriptionId), [subscription]);
  const shown = await client.subscriptions.get(subscription);
  assert.equal(shown.state, "Enabled");
  assert.deepEqual((await collected(client.subscriptions.listLocations(subscription))).map((one) => one.name), [location]);
  assert.deepEqual((await collected(client.tenants.list())).map((one) => one.tenantId), [tenant]);
});

test("a resource group from create to delete", async () => {
  const name = fresh("group");
  assert.equal((await resources.resourceGroups.checkExistence(name)).body, false);
  const made = await resources.resourceGroups.createOrUpdate(name, { location, tags: { a: "b" } });
  assert.deepEqual([made.name, made.location, made.properties.provisioningState, made.tags],
    [name, location, "Succeeded", { a: "b" }]);
  assert.equal((await resources.resourceGroups.checkExistence(name)).body, true);
  assert.deepEqual((await resources.resourceGroups.update(name, { tags: { c: "d" } })).tags, { c: "d" });
  const listed = await collected(resources.resourceGroups.list({ filter: "tagName eq 'c' and tagValue eq 'd'" }));
  assert.deepEqual(listed.map((one) => one.name), [name]);
  await resources.resourceGroups.beginDeleteAndWait(name);
  await assert.rejects(resources.resourceGroups.get(name), refused("ResourceGroupNotFound"));
});

test("a generic resource, by its parts and by its id", () => withGroup(async (group) => {
  const name = fresh("js");
  const made = await resources.resources.beginCreateOrUpdateAndWait(group, ...accountType, name, version, account);
  assert.equal(made.properties.provisioningState, "Succeeded");
  assert.equal((await resources.resources.checkExistenceById(made.id, version)).body, true);
  assert.deepEqual((await resources.resources.getById(made.id, version)).tags, account.tags);
  const changed = await resources.resources.beginUpdateByIdAndWait(made.id, version, { tags: { made: "again" } });
  assert.deepEqual(changed.tags, { made: "again" });
  const filter = "resourceType eq 'Microsoft.Storage/storageAccounts'";
  const listed = await collected(resources.resources.listByResourceGroup(group, { filter, expand: "createdTime,provisioningState" }));
  assert.deepEqual(listed.map((one) => [one.name, one.provisioningState]), [[name, "Succeeded"]]);
  const everywhere = await collected(resources.resources.list({ filter: "tagName eq 'made' and tagValue eq 'again'" }));
  assert.deepEqual(everywhere.map((one) => one.id), [made.id]);
  await resources.resources.beginDeleteByIdAndWait(made.id, version);
  assert.equal((await resources.resources.checkExistence(group, ...accountType, name, version)).body, false);
  await assert.rejects(resources.resources.getById(made.id, version), refused("ResourceNotFound"));
  await assert.rejects(resources.resources.getById(made.id, "1999-01-01"), refused("NoRegisteredProviderFound"));
}));

test("tags at a scope, and tag names", () => withGroup(async (group) => {
  const scope = `subscriptions/${subscription}/resourceGroups/${group}`;
  await resources.tagsOperations.beginCreateOrUpdateAtScopeAndWait(scope, { properties: { tags: { team: "a" } } });
  const merged = await resources.tagsOperations.beginUpdateAtScopeAndWait(scope,
    { operation: "Merge", properties: { tags: { stage: "test" } } });
  assert.deepEqual(merged.properties.tags, { team: "a", stage: "test" });
  assert.deepEqual((await resources.tagsOperations.getAtScope(scope)).properties.tags, { team: "a", stage: "test" });
  await resources.tagsOperations.beginDeleteAtScopeAndWait(scope);
  assert.deepEqual((await resources.tagsOperations.getAtScope(scope)).properties.tags, {});
  await resources.tagsOperations.createOrUpdate("shade");
  await resources.tagsOperations.createOrUpdateValue("shade", "dark");
  const names = await collected(resources.tagsOperations.list());
  assert.ok(names.some((one) => one.tagName === "shade" && one.values.some((value) => value.tagValue === "dark")));
  await resources.tagsOperations.deleteValue("shade", "dark");
  await resources.tagsOperations.delete("shade");
}));

test("providers", async () => {
  const listed = await collected(resources.providers.list());
  assert.ok(listed.some((one) => one.namespace === "Microsoft.Storage"));
  const shown = await resources.providers.get("Microsoft.Storage");
  assert.equal(shown.registrationState, "Registered");
  const type = shown.resourceTypes.find((one) => one.resourceType === "storageAccounts");
  assert.ok(type.apiVersions.includes(version));
  assert.ok((await collected(resources.providers.listAtTenantScope())).length > 0);
  assert.equal((await resources.providers.getAtTenantScope("Microsoft.Resources")).namespace, "Microsoft.Resources");
  assert.equal((await resources.providers.register("Microsoft.Storage")).registrationState, "Registered");
  const types = await resources.providerResourceTypes.list("Microsoft.Storage");
  assert.ok(types.value.some((one) => one.resourceType === "storageAccounts"));
  assert.ok((await collected(resources.operations.list())).length > 0);
});

test("a deployment", () => withGroup(async (group) => {
  const name = fresh("js");
  const template = {
    $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", contentVersion: "1.0.0.0",
    parameters: { name: { type: "string" } },
    resources: [{ type: "Microsoft.Storage/storageAccounts", apiVersion: version, name: "[parameters('name')]", ...account,
      location: "[resourceGroup().location]" }],
    outputs: { id: { type: "string", value: "[resourceId('Microsoft.Storage/storageAccounts', parameters('name'))]" } } };
  const properties = { mode: "Incremental", template, parameters: { name: { value: name } } };
  const checked = await deployments.deployments.validate(group, "first", { properties });
  assert.equal(checked.properties.provisioningState, "Succeeded");
  const done = await deployments.deployments.createOrUpdate(group, "first", { properties });
  assert.equal(done.properties.provisioningState, "Succeeded");
  assert.match(done.properties.outputs.id.value, new RegExp(`${name}$`));
  assert.ok((await resources.resources.getById(done.properties.outputs.id.value, version)).id);
  const operations = await collected(deployments.deploymentOperations.list(group, "first"));
  assert.ok(operations.some((one) => one.properties.targetResource?.resourceName === name));
  assert.deepEqual((await collected(deployments.deployments.listByResourceGroup(group))).map((one) => one.name), ["first"]);
  await deployments.deployments.delete(group, "first");
  assert.equal((await deployments.deployments.checkExistence(group, "first")).body, false);
}));
