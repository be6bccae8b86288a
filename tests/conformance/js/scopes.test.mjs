// Encryption scopes as the JavaScript SDK's users meet them. Needs what blob.test.mjs needs, and scopes `red` and `blue`;
// `off` is disabled.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { AccountSASPermissions, AccountSASResourceTypes, AccountSASServices, BlobServiceClient,
  StorageSharedKeyCredential, generateAccountSASQueryParameters } from "@azure/storage-blob";

const { BLOB_URL: url, ACCOUNT_NAME: account, ACCOUNT_KEY: key } = process.env;
const credential = new StorageSharedKeyCredential(account, key);
const once = { retryOptions: { maxTries: 1 } };
const service = new BlobServiceClient(url, credential, once);
const fresh = () => `js-${randomBytes(4).toString("hex")}`;
const container = service.getContainerClient(fresh());
const text = "hello";
const fails = (promise, status, code) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, status, `${error.code}: ${error.message}`);
    assert.equal(error.code ?? error.details?.errorCode, code);
    return true;
  });

before(async () => { await container.create(); });
after(async () => { await container.delete(); });

test("a blob is put into the scope that the upload names", async () => {
  const blob = container.getBlockBlobClient("b");
  const put = await blob.upload(text, text.length, { encryptionScope: "red", metadata: { a: "1" } });
  assert.equal(put.encryptionScope, "red");
  const got = await blob.getProperties();
  assert.equal(got.encryptionScope, "red");
  assert.deepEqual(got.metadata, { a: "1" });
  assert.equal((await blob.downloadToBuffer()).toString(), text);
  await blob.createSnapshot({ encryptionScope: "red" });
  await blob.delete({ deleteSnapshots: "include" });
  await fails(blob.upload(text, text.length, { encryptionScope: "off" }), 403, "EncryptionScopeDisabled");
});

test("blocks are staged and committed in one", async () => {
  const blob = container.getBlockBlobClient("blocks");
  const id = Buffer.from("0001").toString("base64");
  await blob.stageBlock(id, text, text.length, { encryptionScope: "blue" });
  await fails(blob.stageBlock(id, text, text.length, { encryptionScope: "red" }), 409,
    "BlobCustomerSpecifiedEncryptionMismatch");
  assert.equal((await blob.commitBlockList([id], { encryptionScope: "blue" })).encryptionScope, "blue");
  assert.equal((await blob.downloadToBuffer()).toString(), text);
});

test("a container's scope may be the only one", async () => {
  const bound = service.getContainerClient(fresh());
  await bound.create({ containerEncryptionScope: { defaultEncryptionScope: "blue", preventEncryptionScopeOverride: true } });
  const shown = await bound.getProperties();
  assert.equal(shown.defaultEncryptionScope, "blue");
  assert.equal(shown.denyEncryptionScopeOverride, true);
  const blob = bound.getBlockBlobClient("b");
  assert.equal((await blob.upload(text, text.length)).encryptionScope, "blue");
  await fails(blob.upload(text, text.length, { encryptionScope: "red" }), 403, "RequestForbiddenByContainerEncryptionPolicy");
  await bound.delete();
});

test("a SAS holds its writer to its scope", async () => {
  const sas = generateAccountSASQueryParameters({ version: "2021-06-08", expiresOn: new Date(Date.now() + 3_600_000),
    permissions: AccountSASPermissions.parse("rwc"), services: AccountSASServices.parse("b").toString(),
    resourceTypes: AccountSASResourceTypes.parse("o").toString(), encryptionScope: "red" }, credential).toString();
  assert.match(sas, /ses=red/);
  const blob = new BlobServiceClient(`${url}?${sas}`, undefined, once).getContainerClient(container.containerName)
    .getBlockBlobClient("by-sas");
  assert.equal((await blob.upload(text, text.length)).encryptionScope, "red");
  await fails(blob.upload(text, text.length, { encryptionScope: "blue" }), 400, "InvalidHeaderValue");
});
