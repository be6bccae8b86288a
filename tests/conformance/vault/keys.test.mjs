// What an application does with @azure/keyvault-keys. Node's own crypto checks what the vault makes. Needs VAULT_URL,
// LOGIN_URL, TENANT_ID, CLIENT_ID, CLIENT_SECRET and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import { test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";

const { VAULT_URL: url, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client, CLIENT_SECRET: secret } = process.env;
const credential = new ClientSecretCredential(tenant, client, secret, { authorityHost, disableInstanceDiscovery: true });
const once = { retryOptions: { maxRetries: 0 } };
const open = (options = {}) => new KeyClient(url, credential, { ...once, ...options });
const use = (key) => new CryptographyClient(key.id, credential, once);
const fresh = (what) => `${what}-${crypto.randomBytes(6).toString("hex")}`;
const refused = (status, code) => (error) => error.statusCode === status && error.code === code;
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
// The public half, as node has it.
const publicKey = ({ key }) => crypto.createPublicKey({
  format: "jwk",
  key: key.kty === "RSA" ? { kty: "RSA", n: b64(key.n), e: b64(key.e) }
    : { kty: "EC", crv: key.crv === "P-256K" ? "secp256k1" : key.crv, x: b64(key.x), y: b64(key.y) },
});
const text = Buffer.from("what is to be signed");
const hash = (name) => crypto.createHash(name).update(text).digest();

test("a key from its creation to its purge", async () => {
  const keys = open();
  const name = fresh("key");
  const first = await keys.createRsaKey(name, { keySize: 2048, tags: { a: "b" }, keyOps: ["sign", "verify"] });
  assert.equal(first.keyType, "RSA");
  assert.deepEqual(first.keyOperations, ["sign", "verify"]);
  assert.equal(first.key.n.length, 256);
  assert.equal(first.key.d, undefined);
  const second = await keys.createRsaKey(name, { keySize: 3072 });
  assert.equal((await keys.getKey(name)).properties.version, second.properties.version);
  assert.equal((await keys.getKey(name, { version: first.properties.version })).key.n.length, 256);
  const versions = [];
  for await (const each of keys.listPropertiesOfKeyVersions(name)) versions.push(each.version);
  assert.equal(versions.length, 2);
  const changed = await keys.updateKeyProperties(name, second.properties.version, { enabled: false });
  assert.equal(changed.properties.enabled, false);
  await assert.rejects(use(second).sign("RS256", hash("sha256")), refused(403, "Forbidden"));
  const backup = await keys.backupKey(name);
  await (await keys.beginDeleteKey(name, { intervalInMs: 20 })).pollUntilDone();
  await assert.rejects(keys.getKey(name), refused(404, "KeyNotFound"));
  await (await keys.beginRecoverDeletedKey(name, { intervalInMs: 20 })).pollUntilDone();
  await (await keys.beginDeleteKey(name, { intervalInMs: 20 })).pollUntilDone();
  await keys.purgeDeletedKey(name);
  await assert.rejects(keys.getDeletedKey(name), refused(404, "KeyNotFound"));
  await keys.restoreKeyBackup(backup);
  const { result } = await use(first).sign("RS256", hash("sha256"));
  assert.ok(crypto.verify("sha256", text, publicKey(first), result));
});

test("node verifies what the vault signs", async () => {
  const keys = open();
  const rsa = await keys.createRsaKey(fresh("rsa"), { keySize: 2048 });
  const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST };
  for (const bits of [256, 384, 512]) {
    const sha = `sha${bits}`;
    for (const [algorithm, options] of [[`RS${bits}`, {}], [`PS${bits}`, pss]]) {
      const { result } = await use(rsa).sign(algorithm, hash(sha));
      assert.ok(crypto.verify(sha, text, { key: publicKey(rsa), ...options }, result), algorithm);
      assert.equal((await use(rsa).verify(algorithm, hash(sha), result)).result, true);
      result[7] ^= 1;
      assert.equal((await use(rsa).verify(algorithm, hash(sha), result)).result, false);
    }
  }
  for (const [curve, algorithm, sha] of [["P-256", "ES256", "sha256"], ["P-384", "ES384", "sha384"],
    ["P-521", "ES512", "sha512"], ["P-256K", "ES256K", "sha256"]]) {
    const key = await keys.createEcKey(fresh("ec"), { curve });
    const { result } = await use(key).sign(algorithm, hash(sha));
    assert.ok(crypto.verify(sha, text, { key: publicKey(key), dsaEncoding: "ieee-p1363" }, result), algorithm);
  }
});

test("the vault decrypts what node encrypts", async () => {
  const key = await open().createRsaKey(fresh("rsa"), { keySize: 2048 });
  const plain = crypto.randomBytes(32);
  const padding = crypto.constants.RSA_PKCS1_OAEP_PADDING;
  for (const [algorithm, options] of [["RSA-OAEP", { padding, oaepHash: "sha1" }],
    ["RSA-OAEP-256", { padding, oaepHash: "sha256" }], ["RSA1_5", { padding: crypto.constants.RSA_PKCS1_PADDING }]]) {
    const ciphertext = crypto.publicEncrypt({ key: publicKey(key), ...options }, plain);
    assert.deepEqual(Buffer.from((await use(key).decrypt({ algorithm, ciphertext })).result), plain, algorithm);
    assert.deepEqual(Buffer.from((await use(key).unwrapKey(algorithm, ciphertext)).result), plain, algorithm);
    const wrapped = await use(key).wrapKey(algorithm, plain);
    assert.deepEqual(Buffer.from((await use(key).unwrapKey(algorithm, wrapped.result)).result), plain, algorithm);
    ciphertext[9] ^= 1;
    await assert.rejects(use(key).decrypt({ algorithm, ciphertext }), refused(400, "BadParameter"));
  }
});

test("symmetric keys", async () => {
  const keys = open();
  const k = crypto.randomBytes(32);
  const key = await keys.importKey(fresh("oct"), { kty: "oct", k });
  const plaintext = Buffer.from("sixteen bytes or more of it");
  const additionalAuthenticatedData = Buffer.from("for you");
  const gcm = await use(key).encrypt({ algorithm: "A256GCM", plaintext, additionalAuthenticatedData });
  const decipher = crypto.createDecipheriv("aes-256-gcm", k, gcm.iv);
  decipher.setAAD(additionalAuthenticatedData).setAuthTag(gcm.authenticationTag);
  assert.deepEqual(Buffer.concat([decipher.update(gcm.result), decipher.final()]), plaintext);
  const back = await use(key).decrypt({ algorithm: "A256GCM", ciphertext: gcm.result, iv: gcm.iv,
    authenticationTag: gcm.authenticationTag, additionalAuthenticatedData });
  assert.deepEqual(Buffer.from(back.result), plaintext);
  const iv = crypto.randomBytes(16);
  const cbc = await use(key).encrypt({ algorithm: "A256CBCPAD", plaintext, iv });
  const theirs = crypto.createDecipheriv("aes-256-cbc", k, iv);
  assert.deepEqual(Buffer.concat([theirs.update(cbc.result), theirs.final()]), plaintext);
  const wrapped = await use(key).wrapKey("A256KW", iv);
  const unwrap = crypto.createDecipheriv("id-aes256-wrap", k, Buffer.alloc(8, 0xa6));
  assert.deepEqual(Buffer.concat([unwrap.update(wrapped.result), unwrap.final()]), iv);
});

test("imported keys sign", async () => {
  const { privateKey, publicKey: theirs } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = Object.fromEntries(Object.entries(privateKey.export({ format: "jwk" }))
    .map(([name, value]) => [name, name === "kty" ? value : Buffer.from(value, "base64url")]));
  const key = await open().importKey(fresh("mine"), jwk);
  const { result } = await use(key).sign("RS256", hash("sha256"));
  assert.ok(crypto.verify("sha256", text, theirs, result));
});

test("rotation", async () => {
  const keys = open();
  const name = fresh("turn");
  const first = await keys.createEcKey(name);
  const policy = await keys.updateKeyRotationPolicy(name, {
    lifetimeActions: [{ action: "Rotate", timeAfterCreate: "P90D" }], expiresIn: "P1Y",
  });
  assert.equal(policy.expiresIn, "P1Y");
  assert.equal((await keys.getKeyRotationPolicy(name)).lifetimeActions[0].action, "Rotate");
  const second = await keys.rotateKey(name);
  assert.notEqual(second.properties.version, first.properties.version);
  assert.ok(second.properties.expiresOn > new Date(Date.now() + 360 * 86_400_000));
});

test("random bytes", async () => {
  assert.equal((await open().getRandomBytes(32)).length, 32);
});

test("a standard vault has no keys in the HSM", async () => {
  await assert.rejects(open().createRsaKey(fresh("hsm"), { hsm: true }), refused(400, "BadParameter"));
});

for (const serviceVersion of ["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6"]) {
  test(`service version ${serviceVersion}`, async () => {
    const keys = open({ serviceVersion });
    const key = await keys.createEcKey(fresh("version"));
    assert.equal((await keys.getKey(key.name)).id, key.id);
  });
}
