// What the service itself offers, as the JavaScript SDK's users meet it: properties, CORS, batches, finding by tags,
// listings from a name on. Needs what blob.test.mjs needs.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";

const { BLOB_URL: url, ACCOUNT_NAME: account, ACCOUNT_KEY: key } = process.env;
const credential = new StorageSharedKeyCredential(account, key);
const service = new BlobServiceClient(url, credential, { retryOptions: { maxTries: 1 } });
const container = service.getContainerClient(`js-${randomBytes(4).toString("hex")}`);

const collect = async (iterable) => { const all = []; for await (const item of iterable) all.push(item); return all; };
const upload = async (name, options) => {
  const blob = container.getBlockBlobClient(name);
  await blob.upload("text", 4, options);
  return blob;
};

before(async () => { await container.create(); });
after(async () => { await container.delete(); });

test("properties are kept, and what isn't named stays", async () => {
  const before = await service.getProperties();
  const rule = { allowedOrigins: "https://page.test", allowedMethods: "GET,PUT", allowedHeaders: "x-ms-*",
                 exposedHeaders: "x-ms-*", maxAgeInSeconds: 60 };
  try {
    await service.setProperties({ cors: [rule] });
    await service.setProperties({
      hourMetrics: { version: "1.0", enabled: true, includeAPIs: true, retentionPolicy: { enabled: true, days: 3 } } });
    const set = await service.getProperties();
    assert.deepEqual(set.cors, [rule]);
    assert.equal(set.hourMetrics.retentionPolicy.days, 3);
    assert.equal(set.blobAnalyticsLogging.read, before.blobAnalyticsLogging.read);
    const blob = await upload("cors");
    const asked = await fetch(blob.url, { method: "OPTIONS", headers: {
      Origin: "https://page.test", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-ms-date" } });
    assert.equal(asked.status, 200);
    assert.equal(asked.headers.get("access-control-allow-origin"), "https://page.test");
    await assert.rejects(service.setProperties({ staticWebsite: { enabled: true } }), { statusCode: 501 });
  } finally {
    await service.setProperties({ cors: [], hourMetrics: before.hourMetrics });
  }
  assert.deepEqual((await service.getProperties()).cors ?? [], []);
});

test("a batch deletes and changes tiers, and tells of each", async () => {
  const blobs = await Promise.all(["batch/1", "batch/ä ö", "batch/3"].map((name) => upload(name)));
  const tiered = await service.getBlobBatchClient().setBlobsAccessTier(blobs.slice(0, 2), "Cool");
  assert.equal(tiered.subResponsesSucceededCount, 2);
  assert.equal((await blobs[1].getProperties()).accessTier, "Cool");
  const none = container.getBlockBlobClient("batch/none");
  const done = await container.getBlobBatchClient().deleteBlobs([...blobs.map((b) => b.url), none.url], credential);
  assert.equal(done.subResponsesSucceededCount, 3);
  assert.equal(done.subResponsesFailedCount, 1);
  assert.deepEqual(done.subResponses.map((r) => r.status), [202, 202, 202, 404]);
  assert.equal(done.subResponses[3].errorCode, "BlobNotFound");
  assert.deepEqual(await collect(container.listBlobsFlat({ prefix: "batch/" })), []);
});

test("blobs are found by their tags", async () => {
  const mark = randomBytes(4).toString("hex");
  await upload("found/1", { tags: { mark, year: "2020" } });
  await upload("found/2", { tags: { mark, year: "2022" } });
  const found = await collect(service.findBlobsByTags(`mark='${mark}' AND year>'2021'`));
  assert.deepEqual(found.map((blob) => blob.name), ["found/2"]);
  assert.equal(found[0].containerName, container.containerName);
  assert.deepEqual(found[0].tags, { mark, year: "2022" });
  const names = [];
  for await (const page of container.findBlobsByTags(`mark='${mark}'`).byPage({ maxPageSize: 1 })) {
    for (const blob of page.blobs) names.push(blob.name);
  }
  assert.deepEqual(names, ["found/1", "found/2"]);
});

test("a listing may begin at a name", async () => {
  for (const name of ["list/a", "list/b", "list/c"]) await upload(name);
  const names = await collect(container.listBlobsFlat({ prefix: "list/", startFrom: "list/b" }));
  assert.deepEqual(names.map((blob) => blob.name), ["list/b", "list/c"]);
});
