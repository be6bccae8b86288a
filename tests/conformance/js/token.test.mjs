// What an application does that signs in with @azure/identity instead of an account key. Needs BLOB_URL, LOGIN_URL,
// TENANT_ID, CLIENT_ID, CLIENT_SECRET and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import {
  BlobClient, BlobSASPermissions, BlobServiceClient, ContainerSASPermissions, generateBlobSASQueryParameters, SASProtocol,
} from "@azure/storage-blob";

const { BLOB_URL: url, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client, CLIENT_SECRET: secret } = process.env;
const options = { authorityHost, disableInstanceDiscovery: true, retryOptions: { maxRetries: 0 } };
const credential = new ClientSecretCredential(tenant, client, secret, options);
const retryOptions = { maxTries: 1 };
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

const works = async (service) => {
  const container = service.getContainerClient(`token-${randomBytes(4).toString("hex")}`);
  await container.create();
  const blob = container.getBlockBlobClient("greeting.txt");
  await blob.upload("hello", 5);
  assert.equal((await blob.downloadToBuffer()).toString(), "hello");
  const names = [];
  for await (const item of container.listBlobsFlat()) names.push(item.name);
  assert.deepEqual(names, ["greeting.txt"]);
  await blob.delete();
  await container.delete();
};

test("a client secret opens the account", async () => {
  await works(new BlobServiceClient(url, credential, { retryOptions }));
});

test("an AD FS style authority does too", async () => {
  await works(new BlobServiceClient(url, new ClientSecretCredential("adfs", client, secret, options), { retryOptions }));
});

test("a token for the account's own host is good there", async () => {
  const audience = `${new URL(url).origin}/.default`;
  await works(new BlobServiceClient(url, credential, { retryOptions, audience }));
});

test("a user delegation SAS opens what it says, and no more", async () => {
  const service = new BlobServiceClient(url, credential, { retryOptions });
  const containerName = `delegated-${randomBytes(4).toString("hex")}`;
  const container = service.getContainerClient(containerName);
  await container.create();
  const blob = container.getBlockBlobClient("a folder/greeting.txt");
  await blob.upload("hello", 5);
  const startsOn = new Date(Date.now() - 60_000);
  const expiresOn = new Date(Date.now() + 3_600_000);
  const key = await service.getUserDelegationKey(startsOn, expiresOn);
  assert.equal(key.signedTenantId, tenant);
  const signed = (values) => generateBlobSASQueryParameters(
    { containerName, startsOn, expiresOn, protocol: SASProtocol.Https, ...values }, key, service.accountName).toString();
  const open = (sas) => new BlobClient(`${blob.url}?${sas}`, undefined, { retryOptions });
  const read = open(signed({ blobName: blob.name, permissions: BlobSASPermissions.parse("r") }));
  assert.equal((await read.downloadToBuffer()).toString(), "hello");
  await assert.rejects(read.delete(), (error) => error.code === "AuthorizationPermissionMismatch");
  const ofContainer = open(signed({ permissions: ContainerSASPermissions.parse("rd") }));
  assert.equal((await ofContainer.downloadToBuffer()).toString(), "hello");
  await assert.rejects(open(signed({ blobName: "another", permissions: BlobSASPermissions.parse("r") })).download(),
    (error) => error.code === "AuthenticationFailed");
  await assert.rejects(service.getUserDelegationKey(startsOn, new Date(Date.now() + 8 * 24 * 3_600_000)),
    (error) => error.statusCode === 400);
  await ofContainer.delete();
  await container.delete();
});

test("tokens are given for the audiences that SDKs ask for", async () => {
  for (const scope of ["https://storage.azure.com/.default", "https://management.azure.com/.default",
    `${authorityHost.replace("//login.", "//management.")}//.default`,
    `${authorityHost.replace("//login.", "//vault.")}/.default`]) {
    const { token, expiresOnTimestamp } = await credential.getToken(scope);
    assert.equal(claims(token).aud, scope.replace("/.default", ""), scope);
    assert.equal(claims(token).tid, tenant);
    assert.ok(expiresOnTimestamp > Date.now());
  }
  await assert.rejects(credential.getToken("https://example.com/.default"), /AADSTS500011/);
});

test("a token for management doesn't open storage", async () => {
  const { token } = await credential.getToken("https://management.azure.com/.default");
  const other = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const service = new BlobServiceClient(url, other, { retryOptions });
  await assert.rejects(service.getProperties(), (error) => {
    assert.equal(error.statusCode, 401);
    assert.equal(error.code, "InvalidAuthenticationInfo");
    return true;
  });
});

test("a wrong secret is refused by name", async () => {
  const wrong = new ClientSecretCredential(tenant, client, "wrong", options);
  await assert.rejects(wrong.getToken("https://storage.azure.com/.default"), /AADSTS7000215/);
  const nobody = new ClientSecretCredential(tenant, "00000000-0000-0000-0000-000000000001", secret, options);
  await assert.rejects(nobody.getToken("https://storage.azure.com/.default"), /AADSTS700016/);
});

test("who comes without a token is told where to get one", async () => {
  const response = await fetch(`${url}/?comp=list`, { headers: { "x-ms-version": "2021-06-08" } });
  assert.equal(response.status, 401);
  assert.equal(response.headers.get("www-authenticate"),
    `Bearer authorization_uri=${authorityHost}/${tenant}/oauth2/authorize resource_id=https://storage.azure.com`);
});
