// What the JavaScript SDK's users do with copies and with keys of their own. Needs what blob.test.mjs needs.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";

const { BLOB_URL: url, ACCOUNT_NAME: account, ACCOUNT_KEY: key } = process.env;
const credential = new StorageSharedKeyCredential(account, key);
const service = new BlobServiceClient(url, credential, { retryOptions: { maxTries: 1 } });
const container = service.getContainerClient(`copies-${randomBytes(4).toString("hex")}`);
const https = url.startsWith("https:");

const fails = (promise, status, code) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, status, `${error.code}: ${error.message}`);
    if (code) assert.equal(error.code ?? error.details?.errorCode, code);
    return true;
  });

before(async () => { await container.create(); });
after(async () => { await container.delete(); });

test("a copy is begun, awaited, and has what its source has", async () => {
  const source = container.getBlockBlobClient("source");
  const content = randomBytes(3_000_000);
  await source.uploadData(content, { blockSize: 1_000_000, maxSingleShotSize: 1_000_000,
                                     blobHTTPHeaders: { blobContentType: "text/x" }, metadata: { mood: "good" } });
  const copy = container.getBlockBlobClient("a copy/of ünï");
  const poller = await copy.beginCopyFromURL(source.url, { intervalInMs: 50 });
  const done = await poller.pollUntilDone();
  assert.equal(done.copyStatus, "success");
  const properties = await copy.getProperties();
  assert.equal(properties.copyStatus, "success");
  assert.equal(properties.copySource, source.url);
  assert.equal(properties.copyProgress, "3000000/3000000");
  assert.equal(properties.contentType, "text/x");
  assert.equal(properties.metadata.mood, "good");
  assert.ok((await copy.downloadToBuffer()).equals(content));
  assert.equal((await copy.getBlockList("committed")).committedBlocks.length, 3);
  await fails(copy.abortCopyFromURL(properties.copyId), 409, "NoPendingCopyOperation");
});

test("a long copy is pending, and may be aborted", async () => {
  const source = container.getBlockBlobClient("long");
  await source.uploadData(Buffer.alloc(80 * 1024 * 1024, 7), { blockSize: 8 * 1024 * 1024 });
  const copy = container.getBlockBlobClient("long copy");
  const done = await (await copy.beginCopyFromURL(source.url, { intervalInMs: 100 })).pollUntilDone();
  assert.equal(done.copyStatus, "success");
  assert.equal((await copy.getProperties()).contentLength, 80 * 1024 * 1024);
});

test("page blobs are copied, whole and by what has changed", async () => {
  const disk = container.getPageBlobClient("disk");
  await disk.create(64 * 1024 * 1024, { blobSequenceNumber: 5 });
  const pages = randomBytes(4096);
  await disk.uploadPages(pages, 1024 * 1024, 4096);
  const copy = container.getPageBlobClient("disk copy");
  assert.equal((await (await copy.beginCopyFromURL(disk.url, { intervalInMs: 50 })).pollUntilDone()).copyStatus, "success");
  assert.equal((await copy.getProperties()).blobSequenceNumber, 5);
  assert.deepEqual((await copy.getPageRanges()).pageRange, (await disk.getPageRanges()).pageRange);
  assert.ok((await copy.downloadToBuffer(1024 * 1024, 4096)).equals(pages));

  const backup = container.getPageBlobClient("disk backup");
  const back_up = async () => {
    const { snapshot } = await disk.createSnapshot();
    assert.equal((await backup.startCopyIncremental(disk.withSnapshot(snapshot).url)).copyStatus, "pending");
    for (;;) {
      const properties = await backup.getProperties();
      assert.equal(properties.isIncrementalCopy, true);
      if (properties.copyStatus !== "pending") return properties.destinationSnapshot;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const first = await back_up();
  await disk.uploadPages(pages, 0, 4096);
  const second = await back_up();
  assert.ok((await backup.withSnapshot(second).downloadToBuffer(0, 4096)).equals(pages));
  assert.ok((await backup.withSnapshot(first).downloadToBuffer(0, 4096)).equals(Buffer.alloc(4096)));
  await fails(backup.download(), 409, "OperationNotAllowedOnIncrementalCopyBlob");
  await fails(backup.startCopyIncremental(disk.url), 409, "IncrementalCopySourceMustBeSnapshot");
});

test("content is read from a URL, whole and in blocks", async () => {
  const source = container.getBlockBlobClient("part");
  const content = randomBytes(500_000);
  await source.uploadData(content);
  const whole = container.getBlockBlobClient("from url");
  const synced = await whole.syncUploadFromURL(source.url);
  assert.ok(Buffer.from(synced.contentMD5).equals(createHash("md5").update(content).digest()));
  assert.ok((await whole.downloadToBuffer()).equals(content));
  const blocks = container.getBlockBlobClient("blocks from url");
  const ids = ["AAAA", "BBBB"];
  await blocks.stageBlockFromURL(ids[0], source.url, 0, 300_000);
  await blocks.stageBlockFromURL(ids[1], source.url, 300_000, 200_000);
  await blocks.commitBlockList(ids);
  assert.ok((await blocks.downloadToBuffer()).equals(content));
  const copied = await container.getBlockBlobClient("sync copy").syncCopyFromURL(source.url);
  assert.equal(copied.copyStatus, "success");
});

test("sources are checked", async () => {
  const copy = container.getBlockBlobClient("never");
  await fails(copy.syncCopyFromURL(container.getBlockBlobClient("none").url), 404, "CannotVerifyCopySource");
  await fails(copy.beginCopyFromURL("http://169.254.169.254/latest/meta-data"), 403, "CannotVerifyCopySource");
  const source = container.getBlockBlobClient("part");
  await fails(copy.syncCopyFromURL(source.url, { sourceConditions: { ifMatch: '"0x8D"' } }), 412, "SourceConditionNotMet");
});

test("a customer's own key is needed for all that reads and writes", { skip: !https }, async () => {
  const secret = randomBytes(32);
  const customerProvidedKey = { encryptionKey: secret.toString("base64"), encryptionAlgorithm: "AES256",
                                encryptionKeySha256: createHash("sha256").update(secret).digest("base64") };
  const blob = container.getBlockBlobClient("locked");
  const content = randomBytes(2_500_000);
  // Block by block: uploadData() of this SDK doesn't send the key with its blocks.
  const ids = [0, 1, 2].map((n) => Buffer.from(`block${n}`).toString("base64"));
  for (const [n, id] of ids.entries()) {
    const piece = content.subarray(n * 1_000_000, (n + 1) * 1_000_000);
    await blob.stageBlock(id, piece, piece.length, { customerProvidedKey });
  }
  const put = await blob.commitBlockList(ids, { customerProvidedKey });
  assert.equal(put.encryptionKeySha256, customerProvidedKey.encryptionKeySha256);
  assert.ok((await blob.downloadToBuffer(0, undefined, { customerProvidedKey })).equals(content));
  await fails(blob.download(), 409, "BlobUsesCustomerSpecifiedEncryption");
  await fails(blob.getProperties(), 409);
  await blob.setMetadata({ a: "b" }, { customerProvidedKey });
  assert.equal((await blob.getProperties({ customerProvidedKey })).metadata.a, "b");

  const log = container.getAppendBlobClient("locked log");
  await log.create({ customerProvidedKey });
  await log.appendBlock("line", 4, { customerProvidedKey });
  await fails(log.appendBlock("line", 4), 409, "BlobUsesCustomerSpecifiedEncryption");
  assert.equal((await log.downloadToBuffer(0, undefined, { customerProvidedKey })).toString(), "line");
  const disk = container.getPageBlobClient("locked disk");
  await disk.create(1024, { customerProvidedKey });
  await disk.uploadPages(content.subarray(0, 512), 512, 512, { customerProvidedKey });
  assert.ok((await disk.downloadToBuffer(512, 512, { customerProvidedKey })).equals(content.subarray(0, 512)));
  await fails(disk.download(), 409, "BlobUsesCustomerSpecifiedEncryption");
});
