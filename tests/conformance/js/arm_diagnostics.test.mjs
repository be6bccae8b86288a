// What @azure/arm-monitor does with diagnostic settings. Needs what arm_client.mjs says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MonitorClient } from "@azure/arm-monitor";
import { StorageManagementClient } from "@azure/arm-storage";
import { collected, credential, fresh, location, options, refused, subscription } from "./arm_client.mjs";

test("settings of a blob service", async () => {
  const monitor = new MonitorClient(credential, subscription, options);
  const storage = new StorageManagementClient(credential, subscription, options);
  const create = (name) => storage.storageAccounts.beginCreateAndWait("default", name,
    { location, kind: "StorageV2", sku: { name: "Standard_LRS" } });
  const source = await create(fresh("src"));
  const target = await create(fresh("dst"));
  const resource = `${source.id}/blobServices/default`;
  const categories = await collected(monitor.diagnosticSettingsCategory.list(resource));
  assert.deepEqual(categories.map((one) => one.name).sort(), ["StorageDelete", "StorageRead", "StorageWrite"]);
  assert.deepEqual(categories.map((one) => one.categoryType), ["Logs", "Logs", "Logs"]);

  const made = await monitor.diagnosticSettings.createOrUpdate(resource, "logs",
    { storageAccountId: target.id, logs: [{ category: "StorageWrite", enabled: true }] });
  assert.equal(made.storageAccountId, target.id);
  assert.deepEqual(await monitor.diagnosticSettings.get(resource, "logs"), made);
  assert.deepEqual((await collected(monitor.diagnosticSettings.list(resource))).map((one) => one.name), ["logs"]);
  // What is asked of the account itself has its own settings, of which there are none.
  assert.deepEqual(await collected(monitor.diagnosticSettings.list(source.id)), []);
  await assert.rejects(monitor.diagnosticSettings.createOrUpdate(resource, "hub",
    { eventHubName: "hub", logs: [{ category: "StorageWrite", enabled: true }] }), refused("NotImplemented"));
  await monitor.diagnosticSettings.delete(resource, "logs");
  await assert.rejects(monitor.diagnosticSettings.get(resource, "logs"), refused("ResourceNotFound"));
});
