// What a program does that manages vaults with @azure/arm-keyvault. Needs what arm_client.mjs says.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { KeyVaultManagementClient } from "@azure/arm-keyvault";
import { collected, credential, fresh, location, options, refused, subscription, tenant } from "./arm_client.mjs";

const client = new KeyVaultManagementClient(credential, subscription, options);
const group = "default";
const vault = (more = {}) =>
  ({ location, properties: { tenantId: tenant, sku: { family: "A", name: "standard" }, accessPolicies: [], ...more } });

test("a vault from create to purge", async () => {
  const name = fresh("v");
  const asked = { name, type: "Microsoft.KeyVault/vaults" };
  assert.equal((await client.vaults.checkNameAvailability(asked)).nameAvailable, true);
  const made = await client.vaults.createOrUpdate(group, name, vault({ softDeleteRetentionInDays: 7 }));
  assert.equal(made.name, name);
  assert.equal(made.properties.enableSoftDelete, true);
  assert.equal(made.properties.softDeleteRetentionInDays, 7);
  assert.match(made.properties.vaultUri, new RegExp(`^https://${name}\\.`));
  assert.equal((await client.vaults.checkNameAvailability(asked)).reason, "AlreadyExists");
  assert.ok((await collected(client.vaults.listByResourceGroup(group))).some((one) => one.name === name));
  assert.ok((await collected(client.vaults.listBySubscription())).some((one) => one.name === name));
  const updated = await client.vaults.update(group, name, { tags: { made: "by a test" } });
  assert.deepEqual(updated.tags, { made: "by a test" });

  await client.vaults.delete(group, name);
  await assert.rejects(client.vaults.get(group, name), refused("ResourceNotFound"));
  const deleted = await client.vaults.getDeleted(name, location);
  assert.equal(deleted.properties.vaultId.toLowerCase(), made.id.toLowerCase());
  assert.ok((await collected(client.vaults.listDeleted())).some((one) => one.name === name));
  await client.vaults.createOrUpdate(group, name, vault({ createMode: "recover" }));
  assert.deepEqual((await client.vaults.get(group, name)).tags, { made: "by a test" });
  await client.vaults.delete(group, name);
  await client.vaults.purgeDeleted(name, location);
  assert.equal((await client.vaults.checkNameAvailability(asked)).nameAvailable, true);
});

test("access policies are added, replaced and taken away", async () => {
  const name = fresh("v");
  await client.vaults.createOrUpdate(group, name, vault());
  const policy = (secrets) => ({ properties: { accessPolicies: [{ tenantId: tenant, objectId, permissions: { secrets } }] } });
  const objectId = randomUUID();
  await client.vaults.updateAccessPolicy(group, name, "add", policy(["get"]));
  const added = await client.vaults.updateAccessPolicy(group, name, "add", policy(["list"]));
  assert.deepEqual(added.properties.accessPolicies[0].permissions.secrets.sort(), ["get", "list"]);
  await client.vaults.updateAccessPolicy(group, name, "replace", policy(["set"]));
  assert.deepEqual((await client.vaults.get(group, name)).properties.accessPolicies[0].permissions.secrets, ["set"]);
  await client.vaults.updateAccessPolicy(group, name, "remove", policy(["set"]));
  assert.deepEqual((await client.vaults.get(group, name)).properties.accessPolicies, []);
});

test("secrets and keys as resources of a vault", async () => {
  const name = fresh("v");
  await client.vaults.createOrUpdate(group, name, vault({ enableRbacAuthorization: true }));
  const secret = await client.secrets.createOrUpdate(group, name, "s1", { properties: { value: "hidden" } });
  assert.equal(secret.properties.value, undefined);
  assert.match(secret.properties.secretUriWithVersion, /\/secrets\/s1\/[0-9a-f]{32}$/);
  assert.deepEqual((await collected(client.secrets.list(group, name))).map((one) => one.name), ["s1"]);
  const key = await client.keys.createIfNotExist(group, name, "k1", { properties: { kty: "EC", curveName: "P-256" } });
  assert.equal(key.kty, "EC");
  const again = await client.keys.createIfNotExist(group, name, "k1", { properties: { kty: "EC", curveName: "P-256" } });
  assert.equal(again.keyUriWithVersion, key.keyUriWithVersion);
});
