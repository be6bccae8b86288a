// What an application does with @azure/keyvault-certificates. Node's own crypto looks at what the vault makes. Needs
// VAULT_URL, LOGIN_URL, TENANT_ID, CLIENT_ID, CLIENT_SECRET and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import * as tls from "node:tls";
import { ClientSecretCredential } from "@azure/identity";
import { CertificateClient } from "@azure/keyvault-certificates";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";
import { SecretClient } from "@azure/keyvault-secrets";

const { VAULT_URL: url, LOGIN_URL: authorityHost, TENANT_ID: tenant, CLIENT_ID: client, CLIENT_SECRET: secret } = process.env;
const credential = new ClientSecretCredential(tenant, client, secret, { authorityHost, disableInstanceDiscovery: true });
const once = { retryOptions: { maxRetries: 0 } };
const certificates = new CertificateClient(url, credential, once);
const secrets = new SecretClient(url, credential, once);
const fresh = (what) => `${what}-${crypto.randomBytes(6).toString("hex")}`;
const refused = (status, code) => (error) => error.statusCode === status && error.code === code;
const fast = { intervalInMs: 20 };
const policy = (more = {}) => ({ issuerName: "Self", subject: "CN=example.test",
  subjectAlternativeNames: { dnsNames: ["example.test"] }, ...more });

test("a certificate from its creation to its purge", async () => {
  const name = fresh("web");
  const made = await (await certificates.beginCreateCertificate(name, policy(), { ...fast, tags: { a: "b" } }))
    .pollUntilDone();
  const x509 = new crypto.X509Certificate(made.cer);
  assert.equal(x509.subject, "CN=example.test");
  assert.equal(x509.checkHost("example.test"), "example.test");
  assert.ok(x509.verify(x509.publicKey));
  assert.deepEqual(Buffer.from(made.properties.x509Thumbprint), Buffer.from(x509.fingerprint.replaceAll(":", ""), "hex"));
  assert.equal(made.policy.validityInMonths, 12);

  // The secret has it as a PFX that a server can use, and the key signs as it.
  const pfx = Buffer.from((await secrets.getSecret(name)).value, "base64");
  assert.ok(tls.createSecureContext({ pfx, passphrase: "" }));
  const key = await new KeyClient(url, credential, once).getKey(name);
  assert.equal(key.properties.managed, true);
  const text = Buffer.from("text");
  const { result } = await new CryptographyClient(made.keyId, credential, once)
    .sign("RS256", crypto.createHash("sha256").update(text).digest());
  assert.ok(crypto.verify("sha256", text, x509.publicKey, result));

  await certificates.updateCertificateProperties(name, made.properties.version, { tags: { c: "d" } });
  assert.deepEqual((await certificates.getCertificate(name)).properties.tags, { c: "d" });
  await certificates.updateCertificatePolicy(name, policy({ validityInMonths: 24 }));
  assert.equal((await certificates.getCertificatePolicy(name)).validityInMonths, 24);
  const versions = [];
  for await (const each of certificates.listPropertiesOfCertificateVersions(name)) versions.push(each.version);
  assert.deepEqual(versions, [made.properties.version]);
  const names = [];
  for await (const each of certificates.listPropertiesOfCertificates()) names.push(each.name);
  assert.ok(names.includes(name));

  await (await certificates.beginDeleteCertificate(name, fast)).pollUntilDone();
  await assert.rejects(certificates.getCertificate(name), refused(404, "CertificateNotFound"));
  await assert.rejects(secrets.getSecret(name), refused(404, "SecretNotFound"));
  await (await certificates.beginRecoverDeletedCertificate(name, fast)).pollUntilDone();
  await secrets.getSecret(name);
  const backup = await certificates.backupCertificate(name);
  await (await certificates.beginDeleteCertificate(name, fast)).pollUntilDone();
  await certificates.purgeDeletedCertificate(name);
  await assert.rejects(certificates.getDeletedCertificate(name), refused(404, "CertificateNotFound"));
  await certificates.restoreCertificateBackup(backup);
  assert.deepEqual(Buffer.from((await certificates.getCertificate(name)).cer), Buffer.from(made.cer));
});

test("an elliptic curve certificate as PEM, and its import under another name", async () => {
  const name = fresh("pem");
  await (await certificates.beginCreateCertificate(name, policy({ contentType: "application/x-pem-file", keyType: "EC",
    keyCurveName: "P-256" }), fast)).pollUntilDone();
  const pem = (await secrets.getSecret(name)).value;
  assert.equal(crypto.createPrivateKey(pem).asymmetricKeyType, "ec");
  const again = await certificates.importCertificate(fresh("again"), Buffer.from(pem),
    { policy: { contentType: "application/x-pem-file" } });
  assert.deepEqual(Buffer.from(again.cer), Buffer.from((await certificates.getCertificate(name)).cer));
});

test("another authority signs what waits", async () => {
  const name = fresh("csr");
  const waiting = await certificates.beginCreateCertificate(name, policy({ issuerName: "Unknown" }), fast);
  const { csr } = await certificates.getCertificateOperation(name).then((poller) => poller.getOperationState())
    .then((state) => state.certificateOperation);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fh-csr-"));
  const at = (file) => path.join(folder, file);
  fs.writeFileSync(at("csr"), csr);
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
    "ca.pem", "-subj", "/CN=an authority", "-days", "2");
  openssl("x509", "-req", "-inform", "der", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
    "2", "-outform", "der", "-out", "made");
  const merged = await certificates.mergeCertificate(name, [fs.readFileSync(at("made"))]);
  const x509 = new crypto.X509Certificate(merged.cer);
  assert.equal(x509.issuer, "CN=an authority");
  assert.equal(x509.subject, "CN=example.test");
  assert.ok(tls.createSecureContext({ pfx: Buffer.from((await secrets.getSecret(name)).value, "base64"), passphrase: "" }));
  assert.equal((await waiting.pollUntilDone()).name, name);
  // The key that waited is the certificate's, and stays it.
  const digest = crypto.createHash("sha256").update("text").digest();
  const { result } = await new CryptographyClient(merged.keyId, credential, once).sign("RS256", digest);
  assert.ok(crypto.verify("sha256", Buffer.from("text"), x509.publicKey, result));
  fs.rmSync(folder, { recursive: true });
});

test("an authority that was brought signs what is made in the vault", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "fh-ca-"));
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", "ca.key", "-out",
    "ca.pem", "-subj", "/CN=the ministry", "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign");
  const [authority, issuer, name] = [fresh("ca"), fresh("issuer"), fresh("leaf")];
  const pem = fs.readFileSync(path.join(folder, "ca.key")) + "" + fs.readFileSync(path.join(folder, "ca.pem"));
  await certificates.importCertificate(authority, Buffer.from(pem), { policy: { contentType: "application/x-pem-file" } });
  const contact = { firstName: "A", lastName: "B", email: "a@example.test", phone: "1" };
  const made = await certificates.createIssuer(issuer, "InternalCA", { accountId: authority, organizationId: "42",
    administratorContacts: [contact] });
  assert.deepEqual((await certificates.getIssuer(issuer)), made);
  assert.equal(made.accountId, authority);
  assert.deepEqual(made.administratorContacts, [contact]);
  const issuers = [];
  for await (const each of certificates.listPropertiesOfIssuers()) issuers.push(each.id.split("/").pop());
  assert.ok(issuers.includes(issuer));

  const leaf = await (await certificates.beginCreateCertificate(name, policy({ issuerName: issuer, keyType: "EC",
    keyCurveName: "P-256", contentType: "application/x-pem-file", exportable: false }), fast)).pollUntilDone();
  const x509 = new crypto.X509Certificate(leaf.cer);
  assert.equal(x509.issuer, "CN=the ministry");
  const chain = (await secrets.getSecret(name)).value;
  assert.ok(!chain.includes("PRIVATE"));  // it isn't exportable
  assert.equal(chain.match(/BEGIN CERTIFICATE/g).length, 2);
  fs.writeFileSync(path.join(folder, "leaf.pem"), chain);
  assert.match(openssl("verify", "-x509_strict", "-CAfile", "ca.pem", "leaf.pem").toString(), /leaf.pem: OK/);

  assert.equal((await certificates.updateIssuer(issuer, { organizationId: "43" })).organizationId, "43");
  await certificates.createIssuer(issuer, "InternalCA", { accountId: authority, enabled: false });
  await assert.rejects(certificates.beginCreateCertificate(name, policy({ issuerName: issuer }), fast),
    refused(400, "BadParameter"));
  await certificates.deleteIssuer(issuer);
  await assert.rejects(certificates.getIssuer(issuer), refused(404, "CertificateIssuerNotFound"));
  fs.rmSync(folder, { recursive: true });
});

test("contacts are kept for all certificates", async () => {
  await assert.rejects(certificates.getContacts(), refused(404, "ContactsNotFound"));
  const contacts = [{ email: "a@example.test", name: "A", phone: "1" }, { email: "b@example.test", name: "B", phone: "2" }];
  assert.deepEqual(await certificates.setContacts(contacts), contacts);
  assert.deepEqual(await certificates.getContacts(), contacts);
  await certificates.deleteContacts();  // the SDK looks for them by another name in this answer
  await assert.rejects(certificates.getContacts(), refused(404, "ContactsNotFound"));
});

test("what waits can be cancelled", async () => {
  const name = fresh("csr");
  await certificates.beginCreateCertificate(name, policy({ issuerName: "Unknown" }), fast);
  const poller = await certificates.getCertificateOperation(name);
  await poller.cancelOperation();
  assert.equal(poller.getOperationState().certificateOperation.status, "cancelled");
  await certificates.deleteCertificateOperation(name);
});

test("what isn't there says so", async () => {
  await assert.rejects(certificates.beginCreateCertificate(fresh("csr"), policy({ issuerName: "DigiCert" }), fast),
    refused(400, "BadParameter"));
  await assert.rejects(certificates.createIssuer(fresh("issuer"), "DigiCert"), refused(501, "NotImplemented"));
});
