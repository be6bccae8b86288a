// A vault that may make one key in ten seconds, as @azure/keyvault-keys meets it. Needs VAULT_URL, LOGIN_URL, TENANT_ID,
// CLIENT_ID, CLIENT_SECRET and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { KeyClient } from "@azure/keyvault-keys";

const { VAULT_URL: url, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client, CLIENT_SECRET: secret } = process.env;
const credential = new ClientSecretCredential(tenant, client, secret, { authorityHost, disableInstanceDiscovery: true });
const once = new KeyClient(url, credential, { retryOptions: { maxRetries: 0 } });
const patient = new KeyClient(url, credential);

test("a client comes again when it is told to", async () => {
  await once.createKey("first", "EC");
  await assert.rejects(once.createKey("second", "EC"),
    (error) => error.statusCode === 429 && error.code === "Throttled" && Number(error.response.headers.get("retry-after")) > 0);
  assert.equal((await patient.createKey("second", "EC")).name, "second");
  const names = [];
  for await (const each of patient.listPropertiesOfKeys()) names.push(each.name);
  assert.deepEqual(names, ["first", "second"]);
});
