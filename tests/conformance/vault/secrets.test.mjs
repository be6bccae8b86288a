// What an application does with @azure/keyvault-secrets. Needs VAULT_URL, LOGIN_URL, TENANT_ID, CLIENT_ID, CLIENT_SECRET
// and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const { VAULT_URL: url, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client, CLIENT_SECRET: secret } = process.env;
const credential = new ClientSecretCredential(tenant, client, secret, { authorityHost, disableInstanceDiscovery: true });
const open = (options = {}) => new SecretClient(url, credential, { retryOptions: { maxRetries: 0 }, ...options });
const fresh = (what) => `${what}-${randomBytes(6).toString("hex")}`;
const refused = (status, code) => (error) => error.statusCode === status && error.code === code;

test("a secret from its first version to its purge", async () => {
  const secrets = open();
  const name = fresh("mail");
  const expiresOn = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
  const first = await secrets.setSecret(name, "one", { contentType: "text/plain", tags: { a: "b" }, expiresOn });
  assert.equal(first.value, "one");
  assert.equal(first.properties.contentType, "text/plain");
  assert.equal(first.properties.expiresOn.getTime(), expiresOn.getTime());
  assert.equal(first.properties.recoverableDays, 90);
  const second = await secrets.setSecret(name, "two");
  assert.equal((await secrets.getSecret(name)).value, "two");
  assert.equal((await secrets.getSecret(name, { version: first.properties.version })).value, "one");
  const versions = [];
  for await (const each of secrets.listPropertiesOfSecretVersions(name)) versions.push(each.version);
  assert.deepEqual(versions.sort(), [first.properties.version, second.properties.version].sort());

  const changed = await secrets.updateSecretProperties(name, second.properties.version, { enabled: false, tags: { c: "d" } });
  assert.deepEqual(changed.tags, { c: "d" });
  await assert.rejects(secrets.getSecret(name), refused(403, "Forbidden"));
  await secrets.updateSecretProperties(name, second.properties.version, { enabled: true });

  const backup = await secrets.backupSecret(name);
  const deletion = await secrets.beginDeleteSecret(name, { intervalInMs: 20 });
  const deleted = await deletion.pollUntilDone();
  assert.equal(deleted.name, name);
  assert.ok(deleted.scheduledPurgeDate > deleted.deletedOn);
  await assert.rejects(secrets.getSecret(name), refused(404, "SecretNotFound"));
  assert.equal((await secrets.getDeletedSecret(name)).name, name);
  const recovery = await secrets.beginRecoverDeletedSecret(name, { intervalInMs: 20 });
  assert.equal((await recovery.pollUntilDone()).name, name);
  assert.equal((await secrets.getSecret(name)).value, "two");

  await (await secrets.beginDeleteSecret(name, { intervalInMs: 20 })).pollUntilDone();
  await secrets.purgeDeletedSecret(name);
  await assert.rejects(secrets.getDeletedSecret(name), refused(404, "SecretNotFound"));
  assert.equal((await secrets.restoreSecretBackup(backup)).name, name);
  assert.equal((await secrets.getSecret(name)).value, "two");
});

test("lists go through pages", async () => {
  const secrets = open();
  const names = [];
  for (let i = 0; i < 30; ++i) names.push((await secrets.setSecret(fresh("page"), String(i))).name);
  const found = new Set();
  for await (const each of secrets.listPropertiesOfSecrets()) found.add(each.name);
  for (const name of names) assert.ok(found.has(name));
});

for (const serviceVersion of ["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6"]) {
  test(`service version ${serviceVersion}`, async () => {
    const secrets = open({ serviceVersion });
    const name = fresh("version");
    await secrets.setSecret(name, serviceVersion);
    assert.equal((await secrets.getSecret(name)).value, serviceVersion);
  });
}
