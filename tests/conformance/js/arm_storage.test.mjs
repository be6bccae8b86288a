// What a program does that manages storage accounts with @azure/arm-storage. Needs MANAGEMENT_URL, LOGIN_URL, TENANT_ID,
// CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_ID, REGION, BLOB_SUFFIX and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { StorageManagementClient } from "@azure/arm-storage";
import { ClientSecretCredential } from "@azure/identity";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";

const { MANAGEMENT_URL: endpoint, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client, CLIENT_SECRET: secret,
  SUBSCRIPTION_ID: subscription, REGION: location } = process.env;
const credential = new ClientSecretCredential(tenant, client, secret, { authorityHost, disableInstanceDiscovery: true });
const storage = new StorageManagementClient(credential, subscription, { endpoint, retryOptions: { maxRetries: 0 } });
const group = "default";
const account = { location, kind: "StorageV2", sku: { name: "Standard_LRS" }, tags: { made: "by a test" } };
const fresh = () => `js${randomBytes(6).toString("hex")}`;
const refused = (code) => (error) => error.code === code;
const open = (name, url, key) =>
  new BlobServiceClient(url, new StorageSharedKeyCredential(name, key), { retryOptions: { maxTries: 1 } });

test("an account from create to delete", async () => {
  const name = fresh();
  assert.equal((await storage.storageAccounts.checkNameAvailability({ name, type: "Microsoft.Storage/storageAccounts" }))
    .nameAvailable, true);
  const made = await storage.storageAccounts.beginCreateAndWait(group, name, account);
  assert.equal(made.provisioningState, "Succeeded");
  assert.deepEqual(made.tags, account.tags);
  assert.ok(made.creationTime instanceof Date);
  const url = made.primaryEndpoints.blob;

  const keys = (await storage.storageAccounts.listKeys(group, name)).keys;
  assert.deepEqual(keys.map((key) => key.keyName), ["key1", "key2"]);
  const container = open(name, url, keys[0].value).getContainerClient("box");
  await container.create();
  await container.getBlockBlobClient("b").upload("hello", 5);

  const renewed = (await storage.storageAccounts.regenerateKey(group, name, { keyName: "key1" })).keys;
  assert.notEqual(renewed[0].value, keys[0].value);
  await assert.rejects(container.getProperties(), refused("AuthenticationFailed"));
  const again = open(name, url, renewed[0].value).getContainerClient("box");
  await again.getProperties();

  const updated = await storage.storageAccounts.update(group, name, {
    tags: { made: "again" }, networkRuleSet: { defaultAction: "Deny", iPRules: [{ iPAddressOrRange: "192.0.2.0/24" }] } });
  assert.deepEqual(updated.tags, { made: "again" });
  assert.equal(updated.networkRuleSet.defaultAction, "Deny");
  await assert.rejects(again.getProperties(), refused("AuthorizationFailure"));

  const listed = [];
  for await (const one of storage.storageAccounts.listByResourceGroup(group)) listed.push(one.name);
  assert.ok(listed.includes(name));
  await storage.storageAccounts.delete(group, name);
  await assert.rejects(storage.storageAccounts.getProperties(group, name), refused("ResourceNotFound"));
  await assert.rejects(open(name, url, renewed[0].value).getContainerClient("box").getProperties());
});

test("containers and the blob service by the control plane", async () => {
  const name = fresh();
  await storage.storageAccounts.beginCreateAndWait(group, name, account);
  const made = await storage.blobContainers.create(group, name, "box", { metadata: { who: "me" } });
  assert.equal(made.publicAccess, "None");
  const listed = [];
  for await (const one of storage.blobContainers.list(group, name)) listed.push(one.name);
  assert.deepEqual(listed, ["box"]);
  const cors = { corsRules: [{ allowedOrigins: ["https://app.example"], allowedMethods: ["GET"], allowedHeaders: ["*"],
    exposedHeaders: ["*"], maxAgeInSeconds: 60 }] };
  await storage.blobServices.setServiceProperties(group, name, { cors });
  assert.deepEqual((await storage.blobServices.getServiceProperties(group, name)).cors, cors);
  await storage.blobContainers.delete(group, name, "box");
  await assert.rejects(storage.blobContainers.get(group, name, "box"));
  await storage.storageAccounts.delete(group, name);
});

test("what this cloud can't keep is refused", async () => {
  await assert.rejects(storage.storageAccounts.beginCreateAndWait(group, fresh(), { ...account, sku: { name: "Standard_GRS" } }),
    refused("SkuNotAvailable"));
  await assert.rejects(storage.storageAccounts.beginCreateAndWait(group, fresh(), { ...account, isHnsEnabled: true }),
    refused("FeatureNotSupportedForAccount"));
  await assert.rejects(storage.storageAccounts.beginCreateAndWait(group, "No_Name", account), (error) => error.name !== "");
});
