// What the tests of the resource manager's clients share. Needs MANAGEMENT_URL, LOGIN_URL, TENANT_ID, CLIENT_ID,
// CLIENT_SECRET, SUBSCRIPTION_ID, REGION and NODE_EXTRA_CA_CERTS.
import { randomBytes } from "node:crypto";
import { ClientSecretCredential } from "@azure/identity";

export const { MANAGEMENT_URL: endpoint, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client,
  CLIENT_SECRET: secret, SUBSCRIPTION_ID: subscription, REGION: location } = process.env;
export const credential = new ClientSecretCredential(tenant, client, secret, { authorityHost, disableInstanceDiscovery: true });
export const options = { endpoint, retryOptions: { maxRetries: 0 } };
export const fresh = (word) => `${word}${randomBytes(6).toString("hex")}`;
export const refused = (code) => (error) => error.code === code;
export async function collected(pages) {
  const out = [];
  for await (const one of pages) out.push(one);
  return out;
}
