// Keys in the HSM of a premium vault, with @azure/keyvault-keys; Node's own crypto checks them. Needs VAULT_URL,
// LOGIN_URL, TENANT_ID, CLIENT_ID, CLIENT_SECRET and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import { test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";

const { VAULT_URL: url, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client, CLIENT_SECRET: secret } = process.env;
const credential = new ClientSecretCredential(tenant, client, secret, { authorityHost, disableInstanceDiscovery: true });
const once = { retryOptions: { maxRetries: 0 } };
const keys = new KeyClient(url, credential, once);
const use = (key) => new CryptographyClient(key.id, credential, once);
const fresh = (what) => `${what}-${crypto.randomBytes(6).toString("hex")}`;
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const publicKey = ({ key }) => crypto.createPublicKey({
  format: "jwk",
  key: key.kty === "RSA-HSM" ? { kty: "RSA", n: b64(key.n), e: b64(key.e) }
    : { kty: "EC", crv: key.crv === "P-256K" ? "secp256k1" : key.crv, x: b64(key.x), y: b64(key.y) },
});
const text = Buffer.from("what is to be signed");
const hash = (name) => crypto.createHash(name).update(text).digest();

test("node verifies what the HSM signs", async () => {
  const rsa = await keys.createRsaKey(fresh("rsa"), { hsm: true, keySize: 2048 });
  assert.equal(rsa.keyType, "RSA-HSM");
  const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST };
  for (const bits of [256, 384, 512]) {
    const sha = `sha${bits}`;
    const pkcs1 = await use(rsa).sign(`RS${bits}`, hash(sha));
    assert.ok(crypto.verify(sha, text, publicKey(rsa), pkcs1.result));
    const padded = await use(rsa).sign(`PS${bits}`, hash(sha));
    assert.ok(crypto.verify(sha, text, { key: publicKey(rsa), ...pss }, padded.result));
  }
  for (const [curve, algorithm, sha] of [["P-256", "ES256", "sha256"], ["P-384", "ES384", "sha384"],
    ["P-521", "ES512", "sha512"], ["P-256K", "ES256K", "sha256"]]) {
    const ec = await keys.createEcKey(fresh("ec"), { hsm: true, curve });
    assert.equal(ec.keyType, "EC-HSM");
    const { result } = await use(ec).sign(algorithm, hash(sha));
    assert.ok(crypto.verify(sha, text, { key: publicKey(ec), dsaEncoding: "ieee-p1363" }, result), curve);
  }
});

test("what node encrypts the HSM decrypts", async () => {
  const key = await keys.createRsaKey(fresh("rsa"), { hsm: true });
  const oaep = (oaepHash) => crypto.publicEncrypt({ key: publicKey(key), oaepHash }, text);
  assert.deepEqual(Buffer.from((await use(key).decrypt("RSA-OAEP", oaep("sha1"))).result), text);
  assert.deepEqual(Buffer.from((await use(key).decrypt("RSA-OAEP-256", oaep("sha256"))).result), text);
  const kek = crypto.randomBytes(32);
  const wrapped = await use(key).wrapKey("RSA-OAEP-256", kek);
  assert.deepEqual(Buffer.from((await use(key).unwrapKey("RSA-OAEP-256", wrapped.result)).result), kek);
});

test("a key in the HSM rotates, goes, comes back and is restored", async () => {
  const name = fresh("key");
  const first = await keys.createRsaKey(name, { hsm: true });
  const second = await keys.rotateKey(name);
  assert.equal(second.keyType, "RSA-HSM");
  const backup = await keys.backupKey(name);
  await (await keys.beginDeleteKey(name, { intervalInMs: 20 })).pollUntilDone();
  await (await keys.beginRecoverDeletedKey(name, { intervalInMs: 20 })).pollUntilDone();
  await (await keys.beginDeleteKey(name, { intervalInMs: 20 })).pollUntilDone();
  await keys.purgeDeletedKey(name);
  await keys.restoreKeyBackup(backup);
  const { result } = await use(first).sign("RS256", hash("sha256"));
  assert.ok(crypto.verify("sha256", text, publicKey(first), result));
});

test("a key that is brought signs as before", async () => {
  const pair = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = pair.privateKey.export({ format: "jwk" });
  const bytes = Object.fromEntries(Object.entries(jwk).map(([name, value]) =>
    [name, name === "kty" ? "RSA-HSM" : Buffer.from(value, "base64url")]));
  const key = await keys.importKey(fresh("mine"), { ...bytes, keyOps: ["sign", "verify"] }, { hardwareProtected: true });
  assert.equal(key.keyType, "RSA-HSM");
  assert.equal(key.key.d, undefined);
  const { result } = await use(key).sign("RS256", hash("sha256"));
  assert.ok(crypto.verify("sha256", text, pair.publicKey, result));
});

test("symmetric keys in the HSM are Managed HSM's", async () => {
  await assert.rejects(keys.createOctKey(fresh("oct"), { hsm: true }),
    (error) => error.statusCode === 400 && error.code === "BadParameter");
});
