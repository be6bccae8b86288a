// What @azure/arm-monitor reads of the activity log. Needs what arm_client.mjs says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MonitorClient } from "@azure/arm-monitor";
import { ResourceManagementClient } from "@azure/arm-resources";
import { collected, credential, fresh, location, options, subscription } from "./arm_client.mjs";

test("events of a group, page by page", async () => {
  const monitor = new MonitorClient(credential, subscription, options);
  const resources = new ResourceManagementClient(credential, subscription, options);
  const group = fresh("group");
  const since = new Date(Date.now() - 60_000).toISOString();
  for (let i = 0; i < 110; i += 1) await resources.resourceGroups.createOrUpdate(group, { location, tags: { i: `${i}` } });
  const events = await collected(monitor.activityLogs.list(`eventTimestamp ge '${since}' and resourceGroupName eq '${group}'`));
  assert.equal(events.length, 220);
  assert.equal(new Set(events.map((one) => one.eventDataId)).size, 220);
  assert.equal(events[0].operationName.value, "Microsoft.Resources/subscriptions/resourceGroups/write");
  assert.equal(events[0].status.value, "Succeeded");
  assert.ok(events[0].eventTimestamp >= events[219].eventTimestamp);
  assert.deepEqual((await collected(monitor.eventCategories.list())).map((one) => one.value), ["Administrative"]);
  await resources.resourceGroups.beginDeleteAndWait(group);
});
