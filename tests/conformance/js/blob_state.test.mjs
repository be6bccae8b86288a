// Leases, snapshots, tags, tiers and conditions as the JavaScript SDK's users meet them. Needs what blob.test.mjs needs.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";

const { BLOB_URL: url, ACCOUNT_NAME: account, ACCOUNT_KEY: key } = process.env;
const service = new BlobServiceClient(url, new StorageSharedKeyCredential(account, key), { retryOptions: { maxTries: 1 } });
const container = service.getContainerClient(`js-${randomBytes(4).toString("hex")}`);

const fails = (promise, status, code) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, status, `${error.code}: ${error.message}`);
    if (code) assert.equal(error.code ?? error.details?.errorCode, code);
    return true;
  });
const collect = async (iterable) => { const all = []; for await (const item of iterable) all.push(item); return all; };
const upload = async (name, text, options) => {
  const blob = container.getBlockBlobClient(name);
  await blob.upload(text, Buffer.byteLength(text), options);
  return blob;
};
const textOf = async (blob) => (await blob.downloadToBuffer()).toString();

before(async () => { await container.create(); });
after(async () => { await container.delete(); });

test("metadata keeps the case of its names in listings", async () => {
  await upload("case", "x", { metadata: { CamelCase: "1" } });
  const [listed] = await collect(container.listBlobsFlat({ includeMetadata: true, prefix: "case" }));
  assert.deepEqual(listed.metadata, { CamelCase: "1" });
});

test("a lease keeps others from writing until it is released or broken", async () => {
  const blob = await upload("leased", "one");
  const lease = blob.getBlobLeaseClient(randomUUID());
  await lease.acquireLease(15);
  assert.equal((await blob.getProperties()).leaseState, "leased");
  await fails(blob.upload("two", 3), 412, "LeaseIdMissing");
  await fails(blob.upload("two", 3, { conditions: { leaseId: randomUUID() } }), 412, "LeaseIdMismatchWithBlobOperation");
  await blob.upload("two", 3, { conditions: { leaseId: lease.leaseId } });
  await fails(blob.getBlobLeaseClient(randomUUID()).acquireLease(15), 409, "LeaseAlreadyPresent");
  await lease.changeLease(randomUUID());
  await lease.renewLease();
  await lease.releaseLease();
  await blob.upload("three", 5);
  await lease.acquireLease(-1);
  await lease.breakLease(0);
  assert.equal((await blob.getProperties()).leaseState, "broken");
  await blob.upload("four", 4);
  assert.equal((await blob.getProperties()).leaseState, "available");
  const [listed] = await collect(container.listBlobsFlat({ prefix: "leased" }));
  assert.equal(listed.properties.leaseStatus, "unlocked");
});

test("a container's lease keeps it from being deleted", async () => {
  const box = service.getContainerClient(`js-${randomBytes(4).toString("hex")}`);
  await box.create();
  const lease = box.getBlobLeaseClient();
  await lease.acquireLease(-1);
  assert.equal((await box.getProperties()).leaseDuration, "infinite");
  await fails(box.delete(), 412, "LeaseIdMissing");
  await box.delete({ conditions: { leaseId: lease.leaseId } });
});

test("snapshots keep what was", async () => {
  const blob = await upload("kept", "one", { metadata: { n: "1" } });
  const { snapshot } = await blob.createSnapshot();
  await blob.upload("two", 3);
  const old = blob.withSnapshot(snapshot);
  assert.equal(await textOf(old), "one");
  assert.equal((await old.getProperties()).metadata.n, "1");
  assert.equal(await textOf(blob), "two");
  const listed = await collect(container.listBlobsFlat({ prefix: "kept", includeSnapshots: true }));
  assert.deepEqual(listed.map((b) => b.snapshot ?? ""), [snapshot, ""]);
  await fails(blob.delete(), 409, "SnapshotsPresent");
  await old.delete();
  await fails(old.getProperties(), 404);
  await blob.createSnapshot();
  await blob.delete({ deleteSnapshots: "include" });
  assert.equal(await blob.exists(), false);
});

test("tags are set, read, listed and held against conditions", async () => {
  const blob = await upload("tagged", "x", { tags: { project: "a b", "n:1": "x/y+z=" } });
  assert.deepEqual((await blob.getTags()).tags, { project: "a b", "n:1": "x/y+z=" });
  assert.equal((await blob.getProperties()).tagCount, 2);
  await blob.setTags({ state: "new" });
  const [listed] = await collect(container.listBlobsFlat({ prefix: "tagged", includeTags: true }));
  assert.deepEqual(listed.tags, { state: "new" });
  await fails(blob.setMetadata({ a: "1" }, { conditions: { tagConditions: "\"state\" = 'done'" } }), 412, "ConditionNotMet");
  await blob.setMetadata({ a: "1" }, { conditions: { tagConditions: "\"state\" >= 'm' AND \"state\" <> 'done'" } });
  await blob.setTags({});
  assert.deepEqual((await blob.getTags()).tags, {});
  await fails(blob.setTags({ "ä": "1" }), 400);
});

test("tiers are set and shown, and the archive keeps what it has", async () => {
  const blob = await upload("cool", "x", { tier: "Cool" });
  assert.equal((await blob.getProperties()).accessTier, "Cool");
  await blob.setAccessTier("Cold");
  const [listed] = await collect(container.listBlobsFlat({ prefix: "cool" }));
  assert.equal(listed.properties.accessTier, "Cold");
  assert.ok(listed.properties.accessTierChangedOn instanceof Date);
  await blob.setAccessTier("Archive");
  await fails(blob.download(), 409, "BlobArchived");
  await blob.setAccessTier("Hot", { rehydratePriority: "High" });
  const properties = await blob.getProperties();
  assert.equal(properties.archiveStatus, "rehydrate-pending-to-hot");
  assert.equal(properties.rehydratePriority, "High");
  await blob.delete();
});
