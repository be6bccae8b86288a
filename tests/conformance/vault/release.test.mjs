// Keys that are released to attested environments, with @azure/keyvault-keys; Node's own crypto plays attestation service
// and environment. Needs ATTESTATION_URL, ATTESTATION_KEY (a PEM file), VAULT_URL, LOGIN_URL, TENANT_ID, CLIENT_ID,
// CLIENT_SECRET and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";

const { VAULT_URL: url, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client, CLIENT_SECRET: secret,
  ATTESTATION_URL: issuer } = process.env;
const credential = new ClientSecretCredential(tenant, client, secret, { authorityHost, disableInstanceDiscovery: true });
const once = { retryOptions: { maxRetries: 0 } };
const keys = new KeyClient(url, credential, once);
const fresh = (what) => `${what}-${crypto.randomBytes(6).toString("hex")}`;
const text = Buffer.from("what is to be signed");

const service = crypto.createPrivateKey(fs.readFileSync(process.env.ATTESTATION_KEY));
const environment = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
const b64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const json = (part) => JSON.parse(Buffer.from(part, "base64url"));

function attested(more = {}, header = {}) {
  const now = Math.floor(Date.now() / 1000);
  const runtime = { ...environment.publicKey.export({ format: "jwk" }), kid: "TpmEphemeralEncryptionKey", key_ops: ["encrypt"] };
  const claims = { iss: issuer, nbf: now - 1, exp: now + 300, "x-ms-isolation-tee": { "x-ms-compliance-status": "azure-compliant-cvm" },
    "x-ms-runtime": { keys: [runtime] }, ...more };
  const front = `${b64({ alg: "RS256", kid: "service", typ: "JWT", ...header })}.${b64(claims)}`;
  return `${front}.${crypto.sign("sha256", Buffer.from(front), service).toString("base64url")}`;
}

const policy = (status = "azure-compliant-cvm") => ({
  encodedPolicy: Buffer.from(JSON.stringify({ version: "1.0.0", anyOf: [{ authority: issuer,
    allOf: [{ claim: "x-ms-isolation-tee.x-ms-compliance-status", equals: status }] }] })),
});

// As the environment opens it: the private key.
function opened(value) {
  const blob = json(json(value.split(".")[1]).response.key.key.key_hsm);
  const bytes = Buffer.from(blob.ciphertext, "base64url");
  assert.deepEqual(blob.header, { kid: "TpmEphemeralEncryptionKey", alg: "dir", enc: "CKM_RSA_AES_KEY_WRAP" });
  const aes = crypto.privateDecrypt({ key: environment.privateKey, oaepHash: "sha1" }, bytes.subarray(0, 256));
  const open = crypto.createDecipheriv("id-aes256-wrap-pad", aes, Buffer.from("a65959a6", "hex"));
  const pkcs8 = Buffer.concat([open.update(bytes.subarray(256)), open.final()]);
  return crypto.createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
}

async function signs(key, algorithm, released) {
  const { result } = await new CryptographyClient(key.id, credential, once).sign(algorithm,
    crypto.createHash("sha256").update(text).digest());
  const options = { key: crypto.createPublicKey(released), dsaEncoding: "ieee-p1363" };
  assert.ok(crypto.verify("sha256", text, options, result));
}

test("a key goes to the environment that is attested", async () => {
  for (const [algorithm, make] of [["RS256", "createRsaKey"], ["ES256", "createEcKey"]]) {
    const key = await keys[make](fresh("key"), { hsm: true, exportable: true, releasePolicy: policy() });
    assert.equal(key.properties.exportable, true);
    assert.deepEqual(Buffer.from(key.properties.releasePolicy.encodedPolicy), policy().encodedPolicy);
    const { value } = await keys.releaseKey(key.name, attested(), { nonce: "once", algorithm: "CKM_RSA_AES_KEY_WRAP" });
    assert.equal(json(value.split(".")[1]).request.nonce, "once");
    await signs(key, algorithm, opened(value));
  }
});

test("an imported key is the one that is released", async () => {
  const mine = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = Object.fromEntries(Object.entries(mine.privateKey.export({ format: "jwk" }))
    .map(([name, value]) => [name, name === "kty" ? value : Buffer.from(value, "base64url")]));
  const key = await keys.importKey(fresh("key"), jwk, { hardwareProtected: true, exportable: true, releasePolicy: policy() });
  assert.equal(key.keyType, "RSA-HSM");
  const { value } = await keys.releaseKey(key.name, attested());
  assert.ok(opened(value).equals(mine.privateKey));
});

test("the answer is signed under the region's authority", async () => {
  const key = await keys.createEcKey(fresh("key"), { hsm: true, exportable: true, releasePolicy: policy() });
  const [header, payload, signature] = (await keys.releaseKey(key.name, attested())).value.split(".");
  const [leaf, authority] = json(header).x5c.map((der) => new crypto.X509Certificate(Buffer.from(der, "base64")));
  assert.ok(crypto.verify("sha256", Buffer.from(`${header}.${payload}`), leaf.publicKey, Buffer.from(signature, "base64url")));
  assert.ok(leaf.verify(authority.publicKey) && leaf.checkIssued(authority));
  assert.ok(leaf.checkHost(new URL(url).hostname));
  const known = new crypto.X509Certificate(fs.readFileSync(process.env.NODE_EXTRA_CA_CERTS));
  assert.equal(authority.fingerprint256, known.fingerprint256);
});

test("nothing else is released, and nobody is told why", async () => {
  const key = await keys.createEcKey(fresh("key"), { hsm: true, exportable: true, releasePolicy: policy() });
  const other = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const parts = attested().split(".");
  const forged = crypto.sign("sha256", Buffer.from(`${parts[0]}.${parts[1]}`), other).toString("base64url");
  const refused = { statusCode: 403, code: "Forbidden", message: "Target environment attestation statement cannot be verified." };
  for (const token of [attested({ "x-ms-isolation-tee": {} }), attested({ iss: "https://other.test" }), attested({ exp: 1 }),
    attested({}, { kid: "another" }), `${b64({ alg: "none" })}.${parts[1]}.`, `${parts[0]}.${parts[1]}.${forged}`]) {
    await assert.rejects(keys.releaseKey(key.name, token), refused);
  }
  const stays = await keys.createEcKey(fresh("key"), { hsm: true });
  await assert.rejects(keys.releaseKey(stays.name, attested()), { statusCode: 403 });
});

test("policies can be changed until they are immutable", async () => {
  const key = await keys.createEcKey(fresh("key"), { hsm: true, exportable: true, releasePolicy: policy("another") });
  await assert.rejects(keys.releaseKey(key.name, attested()), { statusCode: 403 });
  await keys.updateKeyProperties(key.name, { releasePolicy: { ...policy(), immutable: true } });
  assert.ok((await keys.releaseKey(key.name, attested())).value);
  await assert.rejects(keys.updateKeyProperties(key.name, { releasePolicy: policy("another") }),
    (error) => error.statusCode === 400 && error.message.startsWith("AKV.SKR.1020"));
  await assert.rejects(keys.createEcKey(fresh("key"), { hsm: true, exportable: true }),
    (error) => error.statusCode === 400 && error.message.startsWith("AKV.SKR.1004"));
});
