// Service SAS, stored access policies and public containers as the JavaScript SDK makes them. Needs BLOB_URL,
// ACCOUNT_NAME, ACCOUNT_KEY, NODE_EXTRA_CA_CERTS, and PUBLIC=1 if the account lets containers be public.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import {
  AnonymousCredential, BlobSASPermissions, BlobServiceClient, ContainerSASPermissions, generateBlobSASQueryParameters,
  SASProtocol, StorageSharedKeyCredential,
} from "@azure/storage-blob";

const { BLOB_URL: url, ACCOUNT_NAME: account, ACCOUNT_KEY: key, PUBLIC: isPublic } = process.env;
const credential = new StorageSharedKeyCredential(account, key);
const retryOptions = { maxTries: 1 };
const service = new BlobServiceClient(url, credential, { retryOptions });
const name = `sas-${randomBytes(4).toString("hex")}`;
const container = service.getContainerClient(name);
const hour = 3_600_000;
const soon = () => new Date(Date.now() + hour);
const yesterday = new Date(Date.now() - 24 * hour);

const fails = (promise, status, code) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, status, `${error.code}: ${error.message}`);
    if (code) assert.equal(error.code ?? error.details?.errorCode, code);
    return true;
  });
const collect = async (iterable) => { const all = []; for await (const item of iterable) all.push(item); return all; };
const blobSas = (blobName, permissions, more = {}) => generateBlobSASQueryParameters(
  { containerName: name, blobName, permissions: BlobSASPermissions.parse(permissions), expiresOn: soon(), ...more },
  credential).toString();
const containerSas = (permissions, more = {}) => generateBlobSASQueryParameters(
  { containerName: name, permissions: ContainerSASPermissions.parse(permissions), expiresOn: soon(), ...more },
  credential).toString();
const bearerOf = (sas) =>
  new BlobServiceClient(`${url}?${sas}`, new AnonymousCredential(), { retryOptions }).getContainerClient(name);
const text = async (blob) => (await blob.downloadToBuffer()).toString();

before(async () => {
  await container.create();
  for (const each of ["b", "dir/a b+ü.txt", "dir/sub/c", "dirt"]) {
    await container.getBlockBlobClient(each).upload(each, Buffer.byteLength(each));
  }
});
after(async () => { await container.delete(); });

for (const version of [undefined, "2015-04-05", "2018-11-09", "2020-02-10", "2020-12-06"]) {
  test(`a SAS of one blob, ${version ?? "the SDK's newest version"}`, async () => {
    const holder = bearerOf(blobSas("dir/a b+ü.txt", "rw", { version, startsOn: yesterday }));
    assert.equal(await text(holder.getBlobClient("dir/a b+ü.txt")), "dir/a b+ü.txt");
    await holder.getBlockBlobClient("dir/a b+ü.txt").setMetadata({ by: "sas" });
    await fails(holder.getBlobClient("b").download(), 403, "AuthenticationFailed");
    await fails(holder.getBlobClient("dir/a b+ü.txt").delete(), 403, "AuthorizationPermissionMismatch");
    await fails(collect(holder.listBlobsFlat()), 403, "AuthenticationFailed");
  });
  test(`a SAS of a container, ${version ?? "the SDK's newest version"}`, async () => {
    const holder = bearerOf(containerSas("rl", { version }));
    assert.equal(await text(holder.getBlobClient("b")), "b");
    assert.equal((await collect(holder.listBlobsFlat())).length, 4);
    await fails(holder.getBlockBlobClient("b").upload("x", 1), 403, "AuthorizationPermissionMismatch");
    await fails(holder.getProperties(), 403, "AuthorizationFailure");
    await fails(holder.delete(), 403, "AuthorizationFailure");
  });
}

test("create isn't overwrite", async () => {
  const holder = bearerOf(containerSas("c"));
  await holder.getBlockBlobClient("created").upload("one", 3);
  await fails(holder.getBlockBlobClient("created").upload("two", 3), 403, "UnauthorizedBlobOverwrite");
  await container.deleteBlob("created");
});

test("times", async () => {
  await fails(bearerOf(blobSas("b", "r", { expiresOn: yesterday })).getBlobClient("b").download(), 403,
    "AuthenticationFailed");
  await fails(bearerOf(blobSas("b", "r", { startsOn: new Date(Date.now() + hour / 2) })).getBlobClient("b").download(),
    403, "AuthenticationFailed");
});

test("addresses", async () => {
  const from = (ipRange) => bearerOf(blobSas("b", "r", { ipRange })).getBlobClient("b");
  await fails(from({ start: "203.0.113.1", end: "203.0.113.9" }).download(), 403, "AuthorizationSourceIPMismatch");
  if (new URL(url).hostname === "127.0.0.1") {
    assert.equal(await text(from({ start: "127.0.0.1" })), "b");
    assert.equal(await text(from({ start: "127.0.0.0", end: "127.0.0.255" })), "b");
  }
});

test("https only", async () => {
  const blob = bearerOf(blobSas("b", "r", { protocol: SASProtocol.Https })).getBlobClient("b");
  if (url.startsWith("https:")) assert.equal(await text(blob), "b");
  else await fails(blob.download(), 403, "AuthorizationProtocolMismatch");
  assert.equal(await text(bearerOf(blobSas("b", "r", { protocol: SASProtocol.HttpsAndHttp })).getBlobClient("b")), "b");
});

test("headers of the answer", async () => {
  const blob = bearerOf(blobSas("b", "r", {
    cacheControl: "no-store", contentDisposition: "attachment; filename=\"a+b.txt\"", contentEncoding: "identity",
    contentLanguage: "de", contentType: "text/x-sas",
  })).getBlobClient("b");
  for (const got of [await blob.download(), await blob.getProperties()]) {
    assert.equal(got.cacheControl, "no-store");
    assert.equal(got.contentDisposition, "attachment; filename=\"a+b.txt\"");
    assert.equal(got.contentEncoding, "identity");
    assert.equal(got.contentLanguage, "de");
    assert.equal(got.contentType, "text/x-sas");
  }
  assert.equal((await container.getBlobClient("b").getProperties()).contentType, "application/octet-stream");
});

test("a directory", async () => {
  const holder = bearerOf(generateBlobSASQueryParameters({
    version: "2026-06-06", containerName: name, blobName: "dir", isDirectory: true, expiresOn: soon(),
    permissions: BlobSASPermissions.parse("r"),
  }, credential).toString());
  assert.equal(await text(holder.getBlobClient("dir/sub/c")), "dir/sub/c");
  assert.equal(await text(holder.getBlobClient("dir/a b+ü.txt")), "dir/a b+ü.txt");
  for (const outside of ["b", "dirt"]) {
    await fails(holder.getBlobClient(outside).download(), 403, "AuthenticationFailed");
  }
});

test("stored policies come back as they were set, and SAS live and die with them", async () => {
  const policy = (id, permissions) =>
    ({ id, accessPolicy: { permissions, startsOn: yesterday, expiresOn: soon() } });
  await container.setAccessPolicy(undefined, [policy("readers", "r"), policy("ü & co", "rwl")]);
  const got = await container.getAccessPolicy();
  assert.deepEqual(got.signedIdentifiers.map((each) => [each.id, each.accessPolicy.permissions]),
    [["readers", "r"], ["ü & co", "rwl"]]);
  assert.equal(got.signedIdentifiers[0].accessPolicy.startsOn.getTime(), yesterday.getTime());
  assert.equal(got.blobPublicAccess, undefined);
  const by = (identifier) => bearerOf(generateBlobSASQueryParameters({ containerName: name, identifier }, credential)
    .toString());
  assert.equal(await text(by("readers").getBlobClient("b")), "b");
  await fails(by("readers").getBlockBlobClient("b").setMetadata({}), 403, "AuthorizationPermissionMismatch");
  await by("ü & co").getBlockBlobClient("b").setMetadata({});
  assert.equal((await collect(by("ü & co").listBlobsFlat())).length, 4);
  await fails(by("nobody").getBlobClient("b").download(), 403, "AuthenticationFailed");
  await container.setAccessPolicy(undefined, [policy("writers", "w")]);
  await fails(by("readers").getBlobClient("b").download(), 403, "AuthenticationFailed");
  await fails(container.setAccessPolicy(undefined, [1, 2, 3, 4, 5, 6].map((n) => policy(`${n}`, "r"))), 400,
    "InvalidXmlDocument");
  await container.setAccessPolicy(undefined, []);
  assert.deepEqual((await container.getAccessPolicy()).signedIdentifiers, []);
});

test("a public container", async () => {
  const plain = (path) => fetch(`${url}/${name}${path}`);
  if (!isPublic) {
    await fails(container.setAccessPolicy("blob"), 409, "PublicAccessNotPermitted");
    assert.equal((await plain("/b")).status, 409);
    return;
  }
  assert.equal((await plain("/b")).status, 404);
  await container.setAccessPolicy("blob");
  assert.equal(await (await plain("/b")).text(), "b");
  assert.equal((await plain("?restype=container&comp=list")).status, 404);
  const stranger = new BlobServiceClient(url, new AnonymousCredential(), { retryOptions }).getContainerClient(name);
  assert.equal(await text(stranger.getBlobClient("b")), "b");
  await fails(collect(stranger.listBlobsFlat()), 401, "NoAuthenticationInformation");
  await container.setAccessPolicy("container");
  assert.equal((await container.getProperties()).blobPublicAccess, "container");
  assert.equal((await collect(stranger.listBlobsFlat())).length, 4);
  await fails(stranger.getBlockBlobClient("b").upload("x", 1), 401, "NoAuthenticationInformation");
  const listed = await collect(service.listContainers({ prefix: name }));
  assert.equal(listed[0].properties.publicAccess, "container");
  await container.setAccessPolicy();
  assert.equal((await plain("/b")).status, 404);
});
