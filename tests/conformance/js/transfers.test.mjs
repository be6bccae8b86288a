// Large, parallel, broken and resumed transfers, and what is asked for in pages. Needs what blob.test.mjs needs.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import {
  BlobClient, BlobSASPermissions, BlobServiceClient, generateBlobSASQueryParameters, StorageSharedKeyCredential,
} from "@azure/storage-blob";

const { BLOB_URL: url, ACCOUNT_NAME: account, ACCOUNT_KEY: key } = process.env;
const credential = new StorageSharedKeyCredential(account, key);
const retryOptions = { maxTries: 1 };
const service = new BlobServiceClient(url, credential, { retryOptions });
const container = service.getContainerClient(`js-${randomBytes(4).toString("hex")}`);
const MiB = 1024 * 1024;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const collect = async (iterable) => { const all = []; for await (const item of iterable) all.push(item); return all; };
const streamOf = async (answer) => Buffer.concat(await collect(answer.readableStreamBody));
const folder = await mkdtemp(path.join(tmpdir(), "fh-js-"));

before(async () => { await container.create(); });
after(async () => { await container.delete(); await rm(folder, { recursive: true }); });

// Forwards connections to the server, and cuts the first one on which more than `limit` bytes were answered.
const cutter = async (limit) => {
  const target = new URL(url);
  const sockets = new Set();
  let whole = true;
  const server = net.createServer((near) => {
    const far = net.connect(Number(target.port), "127.0.0.1");
    let passed = 0;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => { near.destroy(); far.destroy(); });
    }
    near.pipe(far);
    far.on("data", (data) => {
      passed += data.length;
      if (whole && passed > limit) { whole = false; near.destroy(); } else near.write(data);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    service: new BlobServiceClient(`${target.protocol}//127.0.0.1:${server.address().port}/${account}`, credential,
      { retryOptions }),
    close: () => { for (const socket of sockets) socket.destroy(); server.close(); },
  };
};

test("many blocks up and many ranges down at once", async () => {
  const content = randomBytes(64 * MiB + 12_345);
  const blob = container.getBlockBlobClient("large");
  let told = 0;
  await blob.uploadData(content, { blockSize: 4 * MiB, concurrency: 8, maxSingleShotSize: MiB,
                                   onProgress: (progress) => { told = progress.loadedBytes; } });
  assert.equal(told, content.length);
  assert.equal((await blob.getBlockList("committed")).committedBlocks.length, 17);
  const back = await blob.downloadToBuffer(undefined, undefined, { blockSize: 3 * MiB, concurrency: 8 });
  assert.equal(sha256(back), sha256(content));
  const part = await blob.downloadToBuffer(5 * MiB - 1, 9 * MiB + 2, { blockSize: MiB, concurrency: 5 });
  assert.ok(part.equals(content.subarray(5 * MiB - 1, 14 * MiB + 1)));
});

test("files and streams", async () => {
  const [there, back] = [path.join(folder, "there"), path.join(folder, "back")];
  const content = randomBytes(9 * MiB + 7);
  await writeFile(there, content);
  const file = container.getBlockBlobClient("file");
  await file.uploadFile(there, { blockSize: 2 * MiB, concurrency: 4, maxSingleShotSize: MiB });
  await file.downloadToFile(back);
  assert.ok((await readFile(back)).equals(content));
  const stream = container.getBlockBlobClient("stream");
  const pieces = Array.from({ length: 100 }, (_, n) => content.subarray(n * 90_001, (n + 1) * 90_001));
  await stream.uploadStream(Readable.from(pieces), MiB, 5);
  assert.ok((await streamOf(await stream.download())).equals(Buffer.concat(pieces)));
});

test("a download whose connection broke is no short one, and goes on by a range of the same content only", async () => {
  const content = randomBytes(12 * MiB);
  const blob = container.getBlockBlobClient("broken");
  await blob.uploadData(content);
  const proxy = await cutter(3 * MiB);
  try {
    const through = proxy.service.getContainerClient(container.containerName).getBlockBlobClient("broken");
    const answer = await through.download();
    const pieces = [];
    await assert.rejects(async () => { for await (const piece of answer.readableStreamBody) pieces.push(piece); });
    const got = Buffer.concat(pieces);
    assert.ok(got.length > 0 && got.length < content.length);
    const conditions = { ifMatch: answer.etag };
    const rest = await streamOf(await through.download(got.length, undefined, { conditions }));
    assert.equal(sha256(Buffer.concat([got, rest])), sha256(content));
    await blob.setMetadata({ now: "another" });
    await assert.rejects(through.download(got.length, undefined, { conditions }), { code: "ConditionNotMet" });
  } finally {
    proxy.close();
  }
});

test("a download that is broken off does no harm", async () => {
  const controller = new AbortController();
  const blob = container.getBlockBlobClient("large");
  const answer = await blob.download(0, undefined, { abortSignal: controller.signal });
  answer.readableStreamBody.once("data", () => controller.abort());
  await assert.rejects(streamOf(answer), { name: "AbortError" });
  assert.equal((await blob.downloadToBuffer(0, 10)).length, 10);
});

test("blocks of append blobs and pages from URLs", async () => {
  const content = randomBytes(64 * 1024);
  const source = container.getBlockBlobClient("source");
  await source.uploadData(content);
  const log = container.getAppendBlobClient("log");
  await log.create();
  await log.appendBlockFromURL(source.url, 100, 5000);
  await log.appendBlock("end", 3);
  assert.ok((await log.downloadToBuffer()).equals(Buffer.concat([content.subarray(100, 5100), Buffer.from("end")])));
  const disk = container.getPageBlobClient("disk");
  await disk.create(64 * 1024);
  await disk.uploadPagesFromURL(source.url, 1024, 4096, 2048);
  assert.ok((await disk.downloadToBuffer(4096, 2048)).equals(content.subarray(1024, 3072)));
  assert.ok((await disk.downloadToBuffer(0, 4096)).every((byte) => byte === 0));
});

test("page ranges and their differences come in pages", async () => {
  const blob = container.getPageBlobClient("ranges");
  await blob.create(4 * MiB);
  const page = randomBytes(512);
  for (let n = 0; n < 12; n += 1) await blob.uploadPages(page, n * 8192, 512);
  const { snapshot } = await blob.createSnapshot();
  for (let n = 0; n < 5; n += 1) await blob.uploadPages(page, 2 * MiB + n * 8192, 512);
  for (let n = 0; n < 4; n += 1) await blob.clearPages(n * 8192, 512);
  const sizes = [];
  const ranges = [];
  for await (const answer of blob.listPageRanges().byPage({ maxPageSize: 5 })) {
    sizes.push((answer.pageRange ?? []).length);
    ranges.push(...(answer.pageRange ?? []).map((range) => range.start));
  }
  assert.deepEqual(sizes, [5, 5, 3]);
  const kept = Array.from({ length: 8 }, (_, n) => (n + 4) * 8192);
  const added = Array.from({ length: 5 }, (_, n) => 2 * MiB + n * 8192);
  assert.deepEqual(ranges, [...kept, ...added]);
  const changes = [];
  for await (const answer of blob.listPageRangesDiff(0, 4 * MiB, snapshot).byPage({ maxPageSize: 2 })) {
    changes.push(...(answer.clearRange ?? []).map((range) => ["cleared", range.start, range.end]));
    changes.push(...(answer.pageRange ?? []).map((range) => ["written", range.start, range.end]));
  }
  assert.deepEqual(changes.map(([what, start]) => [what, start]).sort((a, b) => a[1] - b[1]), [
    ...[0, 1, 2, 3].map((n) => ["cleared", n * 8192]), ...added.map((start) => ["written", start])]);
  assert.ok(changes.every(([, start, end]) => end - start === 511));
});

test("a SAS on a snapshot opens the snapshot alone", async () => {
  const blob = container.getBlockBlobClient("photographed");
  await blob.upload("then", 4);
  const { snapshot } = await blob.createSnapshot();
  await blob.upload("now!", 4);
  const sas = generateBlobSASQueryParameters({
    containerName: container.containerName, blobName: blob.name, snapshotTime: snapshot,
    permissions: BlobSASPermissions.parse("r"), expiresOn: new Date(Date.now() + 3_600_000),
  }, credential).toString();
  const open = (address) => new BlobClient(`${address}${address.includes("?") ? "&" : "?"}${sas}`, undefined, { retryOptions });
  assert.equal((await open(blob.withSnapshot(snapshot).url).downloadToBuffer()).toString(), "then");
  await assert.rejects(open(blob.url).download(), (error) => error.statusCode === 403);
  await blob.delete({ deleteSnapshots: "include" });
});

test("blobs found by their tags come in pages, and a token goes on where another stopped", async () => {
  const mark = randomBytes(4).toString("hex");
  const names = Array.from({ length: 23 }, (_, n) => `tagged/${String(n).padStart(2, "0")}`);
  await Promise.all(names.map((name) => container.getBlockBlobClient(name).upload("x", 1, { tags: { mark } })));
  const first = await service.findBlobsByTags(`mark='${mark}'`).byPage({ maxPageSize: 10 }).next();
  assert.equal(first.value.blobs.length, 10);
  const rest = [];
  const { continuationToken } = first.value;
  for await (const page of service.findBlobsByTags(`mark='${mark}'`).byPage({ maxPageSize: 10, continuationToken })) {
    rest.push(...page.blobs);
  }
  assert.deepEqual([...first.value.blobs, ...rest].map((blob) => blob.name), names);
});
