// What the JavaScript SDK's users do with blobs. Needs BLOB_URL, ACCOUNT_NAME, ACCOUNT_KEY and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import {
  AccountSASPermissions, AccountSASResourceTypes, AccountSASServices, BlobServiceClient, generateAccountSASQueryParameters,
  SASProtocol, StorageSharedKeyCredential,
} from "@azure/storage-blob";

const { BLOB_URL: url, ACCOUNT_NAME: account, ACCOUNT_KEY: key } = process.env;
const credential = new StorageSharedKeyCredential(account, key);
const retryOptions = { maxTries: 1 };
const service = new BlobServiceClient(url, credential, { retryOptions });
const name = `js-${randomBytes(4).toString("hex")}`;
const container = service.getContainerClient(name);

const fails = (promise, status, code) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, status, `${error.code}: ${error.message}`);
    if (code) assert.equal(error.code ?? error.details?.errorCode, code);
    return true;
  });
const collect = async (iterable) => { const all = []; for await (const item of iterable) all.push(item); return all; };

before(async () => { await container.create({ metadata: { purpose: "conformance" } }); });
after(async () => { await container.delete(); assert.equal(await container.exists(), false); });

test("a container has properties and metadata, and is listed", async () => {
  const properties = await container.getProperties();
  assert.equal(properties.metadata.purpose, "conformance");
  assert.ok(properties.etag && properties.lastModified instanceof Date);
  await container.setMetadata({ purpose: "changed" });
  assert.equal((await container.getProperties()).metadata.purpose, "changed");
  const listed = await collect(service.listContainers({ prefix: name, includeMetadata: true }));
  assert.deepEqual(listed.map((c) => [c.name, c.metadata?.purpose]), [[name, "changed"]]);
  await fails(container.create(), 409, "ContainerAlreadyExists");
  await fails(service.getContainerClient("no-such-container").getProperties(), 404);
});

test("what is uploaded comes back, with its type, its metadata and its MD5", async () => {
  const text = "Grüße, 世界";
  const blob = container.getBlockBlobClient("hello/wörld 1+1?.txt");
  const put = await blob.upload(text, Buffer.byteLength(text), {
    blobHTTPHeaders: { blobContentType: "text/plain; charset=utf-8", blobCacheControl: "no-cache", blobContentLanguage: "de" },
    metadata: { colour: "blue", size: "small" },
  });
  assert.ok(put.etag && put.requestId && put.lastModified instanceof Date);
  const got = await blob.download();
  assert.equal((await streamOf(got)).toString(), text);
  assert.equal(got.contentType, "text/plain; charset=utf-8");
  assert.equal(got.cacheControl, "no-cache");
  assert.equal(got.contentLanguage, "de");
  assert.deepEqual(got.metadata, { colour: "blue", size: "small" });
  assert.equal(Buffer.from(got.contentMD5).toString("hex"), createHash("md5").update(text).digest("hex"));
  assert.equal(got.etag, put.etag);
  assert.equal(got.blobType, "BlockBlob");
});

test("an empty blob is a blob", async () => {
  const blob = container.getBlockBlobClient("empty");
  await blob.upload("", 0);
  assert.equal((await blob.getProperties()).contentLength, 0);
  assert.equal((await blob.downloadToBuffer()).length, 0);
});

test("a large upload in blocks, and its ranges", async () => {
  const body = randomBytes(9_000_001);
  const blob = container.getBlockBlobClient("large");
  await blob.uploadData(body, { blockSize: 1 << 20, concurrency: 4, maxSingleShotSize: 1 << 20 });
  assert.ok((await blob.downloadToBuffer(0, undefined, { blockSize: 2 << 20, concurrency: 4 })).equals(body));
  for (const [from, count] of [[0, 1], [65_535, 2], [1_048_575, 70_000], [9_000_000, 1]]) {
    const part = await blob.download(from, count);
    assert.equal(part.contentLength, count);
    assert.ok((await streamOf(part)).equals(body.subarray(from, from + count)), `range ${from}+${count}`);
  }
  await fails(blob.download(9_000_001, 5), 416, "InvalidRange");
});

test("a stream of unknown length", async () => {
  const body = randomBytes(5_000_000);
  const blob = container.getBlockBlobClient("streamed");
  await blob.uploadStream(Readable.from([body.subarray(0, 1_000_000), body.subarray(1_000_000)]), 1 << 20, 3);
  assert.ok((await blob.downloadToBuffer()).equals(body));
});

test("blocks are staged, listed, committed in the order asked for, and checked", async () => {
  const blob = container.getBlockBlobClient("blocks");
  const id = (n) => Buffer.from(`block-${n}`).toString("base64");
  for (const n of [1, 2, 3]) await blob.stageBlock(id(n), `part ${n};`, 7);
  const staged = await blob.getBlockList("uncommitted");
  assert.deepEqual(staged.uncommittedBlocks.map((b) => [b.name, b.size]).sort(), [1, 2, 3].map((n) => [id(n), 7]));
  assert.equal(await blob.exists(), false);
  await blob.commitBlockList([id(3), id(1)]);
  assert.equal((await blob.downloadToBuffer()).toString(), "part 3;part 1;");
  const lists = await blob.getBlockList("all");
  assert.deepEqual(lists.committedBlocks.map((b) => b.name), [id(3), id(1)]);
  assert.deepEqual(lists.uncommittedBlocks ?? [], []);
  await fails(blob.commitBlockList([id(1), id(9)]), 400, "InvalidBlockList");
  assert.equal((await blob.downloadToBuffer()).toString(), "part 3;part 1;");
});

test("conditions are kept", async () => {
  const blob = container.getBlockBlobClient("conditions");
  const { etag } = await blob.upload("one", 3, { conditions: { ifNoneMatch: "*" } });
  await fails(blob.upload("two", 3, { conditions: { ifNoneMatch: "*" } }), 409, "BlobAlreadyExists");
  await fails(blob.upload("two", 3, { conditions: { ifMatch: '"0x8D0000000000000"' } }), 412, "ConditionNotMet");
  await fails(blob.download(0, undefined, { conditions: { ifNoneMatch: etag } }), 304);
  const changed = await blob.upload("two", 3, { conditions: { ifMatch: etag } });
  assert.notEqual(changed.etag, etag);
  await fails(blob.delete({ conditions: { ifMatch: etag } }), 412, "ConditionNotMet");
  const tomorrow = new Date(Date.now() + 86_400_000);
  await fails(blob.download(0, undefined, { conditions: { ifModifiedSince: tomorrow } }), 304);
  await fails(blob.setMetadata({ a: "b" }, { conditions: { ifModifiedSince: tomorrow } }), 412);
  assert.equal((await blob.downloadToBuffer()).toString(), "two");
});

test("metadata and headers can be changed without the content", async () => {
  const blob = container.getBlockBlobClient("headers");
  const first = await blob.upload("content", 7);
  await blob.setMetadata({ a: "1", b: "zwei-2" });
  await blob.setHTTPHeaders({ blobContentType: "application/x-test", blobContentDisposition: "attachment" });
  const properties = await blob.getProperties();
  assert.deepEqual(properties.metadata, { a: "1", b: "zwei-2" });
  assert.equal(properties.contentType, "application/x-test");
  assert.equal(properties.contentDisposition, "attachment");
  assert.notEqual(properties.etag, first.etag);
  assert.equal((await blob.downloadToBuffer()).toString(), "content");
});

test("listings: flat, by delimiter, in pages, with metadata, in order", async () => {
  const names = ["list/a", "list/b&<c>", "list/b/1", "list/b/2", "list/c d", "list/ä"];
  for (const each of names) await container.getBlockBlobClient(each).upload("x", 1, { metadata: { of: "list" } });
  const flat = await collect(container.listBlobsFlat({ prefix: "list/", includeMetadata: true }));
  assert.deepEqual(flat.map((b) => b.name), names);
  assert.ok(flat.every((b) => b.metadata.of === "list" && b.properties.contentLength === 1));
  const tree = await collect(container.listBlobsByHierarchy("/", { prefix: "list/" }));
  assert.deepEqual(tree.map((b) => [b.kind, b.name]).filter(([kind]) => kind === "prefix"), [["prefix", "list/b/"]]);
  assert.equal(tree.length, 5);
  const pages = [];
  for await (const page of container.listBlobsFlat({ prefix: "list/" }).byPage({ maxPageSize: 2 }))
    pages.push(page.segment.blobItems.map((b) => b.name));
  assert.deepEqual(pages.flat(), names);
  assert.ok(pages.every((page) => page.length <= 2));
});

test("deleted is gone", async () => {
  const blob = container.getBlockBlobClient("deleted");
  await blob.upload("x", 1);
  await blob.delete();
  assert.equal(await blob.exists(), false);
  await fails(blob.download(), 404, "BlobNotFound");
  await fails(blob.delete(), 404, "BlobNotFound");
  assert.equal((await blob.deleteIfExists()).succeeded, false);
});

test("an upload broken off leaves nothing to see", async () => {
  const blob = container.getBlockBlobClient("aborted");
  const abort = new AbortController();
  const endless = new Readable({ read() { this.push(randomBytes(65_536)); } });
  const upload = blob.upload(() => endless, 50_000_000, {
    abortSignal: abort.signal, onProgress: (p) => { if (p.loadedBytes > 1_000_000) abort.abort(); },
  });
  await assert.rejects(upload, { name: "AbortError" });
  endless.destroy();
  assert.equal(await blob.exists(), false);
  await blob.upload("after", 5);
  assert.equal((await blob.downloadToBuffer()).toString(), "after");
});

test("a wrong MD5 is refused and nothing is stored", async () => {
  const blob = container.getBlockBlobClient("md5");
  const wrong = createHash("md5").update("other").digest();
  await fails(blob.stageBlock(Buffer.from("1").toString("base64"), "content", 7, { transactionalContentMD5: wrong }),
    400, "Md5Mismatch");
  assert.equal(await blob.exists(), false);
});

test("a wrong key opens nothing, and the error says which", async () => {
  const stranger = new StorageSharedKeyCredential(account, randomBytes(64).toString("base64"));
  const theirs = new BlobServiceClient(url, stranger, { retryOptions });
  await fails(theirs.getContainerClient(name).getProperties(), 403);
  await fails(theirs.getContainerClient(name).getBlockBlobClient("x").upload("x", 1), 403, "AuthenticationFailed");
});

test("an account SAS opens what it says and no more", async () => {
  const sas = generateAccountSASQueryParameters({
    expiresOn: new Date(Date.now() + 3_600_000), permissions: AccountSASPermissions.parse("rl"),
    resourceTypes: AccountSASResourceTypes.parse("sco").toString(), services: AccountSASServices.parse("b").toString(),
    protocol: SASProtocol.HttpsAndHttp,
  }, credential).toString();
  const reader = new BlobServiceClient(`${url}?${sas}`, undefined, { retryOptions }).getContainerClient(name);
  await container.getBlockBlobClient("sas").upload("readable", 8);
  assert.equal((await reader.getBlobClient("sas").downloadToBuffer()).toString(), "readable");
  await fails(reader.getBlockBlobClient("sas").upload("no", 2), 403, "AuthorizationPermissionMismatch");
});

async function streamOf(response) {
  const parts = [];
  for await (const part of response.readableStreamBody) parts.push(part);
  return Buffer.concat(parts);
}

test("an append blob grows in one order, under its conditions, until it is sealed", async () => {
  const blob = container.getAppendBlobClient("log");
  await blob.create({ blobHTTPHeaders: { blobContentType: "text/plain" } });
  const first = await blob.appendBlock("one\n", 4);
  assert.deepEqual([first.blobAppendOffset, first.blobCommittedBlockCount], ["0", 1]);
  await fails(blob.appendBlock("x", 1, { conditions: { appendPosition: 3 } }), 412, "AppendPositionConditionNotMet");
  await fails(blob.appendBlock("x", 1, { conditions: { maxSize: 4 } }), 412, "MaxBlobSizeConditionNotMet");
  await Promise.all([2, 3, 4, 5].map((i) => blob.appendBlock(`line ${i}\n`, 7)));
  const lines = (await streamOf(await blob.download())).toString().split("\n");
  assert.deepEqual(lines.sort(), ["", "line 2", "line 3", "line 4", "line 5", "one"]);
  const properties = await blob.getProperties();
  assert.deepEqual([properties.blobType, properties.blobCommittedBlockCount], ["AppendBlob", 5]);
  await blob.seal();
  assert.equal((await blob.getProperties()).isSealed, true);
  await fails(blob.appendBlock("x", 1), 409, "BlobIsSealed");
  await fails(container.getBlockBlobClient("log").stageBlock("YQ==", "x", 1), 409, "InvalidBlobType");
});

test("a page blob is written in pages, tells which, and what changed since a snapshot", async () => {
  const MiB = 1024 * 1024;
  const blob = container.getPageBlobClient("disk");
  await blob.create(8 * MiB, { blobSequenceNumber: 3 });
  const content = randomBytes(2 * MiB);
  await blob.uploadPages(content, MiB - 512, content.length);
  const all = await streamOf(await blob.download());
  assert.equal(all.length, 8 * MiB);
  assert.ok(all.subarray(MiB - 512, 3 * MiB - 512).equals(content));
  assert.ok(all.subarray(3 * MiB - 512).every((byte) => byte === 0));
  const ranges = await collect(blob.listPageRanges());
  assert.deepEqual(ranges.map((r) => [r.start, r.end, r.isClear]), [[MiB - 512, 3 * MiB - 513, false]]);
  const { snapshot } = await blob.createSnapshot();
  await blob.uploadPages(randomBytes(512), 4 * MiB, 512);
  await blob.clearPages(MiB, MiB);
  const diff = await blob.getPageRangesDiff(0, 8 * MiB, snapshot);
  assert.deepEqual(diff.pageRange, [{ offset: 4 * MiB, count: 511 }]);
  assert.deepEqual(diff.clearRange, [{ offset: MiB, count: MiB - 1 }]);
  assert.ok((await streamOf(await blob.withSnapshot(snapshot).download(MiB, MiB))).equals(content.subarray(512, MiB + 512)));
  await fails(blob.uploadPages(content.subarray(0, 512), 0, 512, { conditions: { ifSequenceNumberLessThan: 3 } }), 412,
    "SequenceNumberConditionNotMet");
  await blob.updateSequenceNumber("increment");
  await blob.resize(MiB);
  const properties = await blob.getProperties();
  assert.deepEqual([properties.blobType, properties.contentLength, properties.blobSequenceNumber], ["PageBlob", MiB, 4]);
  await blob.delete({ deleteSnapshots: "include" });
});
