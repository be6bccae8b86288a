// The pages of sign-in in a real browser, without scripts and by the keyboard alone. Needs LOGIN_URL, MANAGEMENT_URL, CHROMIUM,
// USER_NAME, PASSWORD and NODE_EXTRA_CA_CERTS.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const { LOGIN_URL: login, MANAGEMENT_URL: management, CHROMIUM: executablePath, USER_NAME: user, PASSWORD: password } = process.env;
const client = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const scope = `${management}//.default openid offline_access`;
let browser;
let application; // at loopback, as az listens for its answer
let answered;

before(async () => {
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-proxy-server"] });
  application = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    response.setHeader("content-type", "text/html");
    if (url.pathname === "/frame") return response.end(`<iframe src="${authorize("x")}"></iframe>`);
    if (url.pathname === "/") answered?.(url.searchParams);
    response.end("<p>signed in</p>");
  });
  await new Promise((listening) => application.listen(0, "127.0.0.1", listening));
});

after(async () => {
  await browser?.close();
  application?.close();
});

const back = () => `http://localhost:${application.address().port}`;
const authorize = (verifier) => `${login}/adfs/oauth2/authorize?` + new URLSearchParams({
  response_type: "code", client_id: client, redirect_uri: back(), scope, state: "a state", nonce: "a nonce",
  code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256" });

const open = async (url, options = {}) => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false, ...options });
  const page = await context.newPage();
  await page.goto(url);
  return page;
};
// A browser gives the focus when it draws, which may be after the page has loaded.
const focused = (page) => page.locator("input:focus").waitFor();
const token = async (fields) => {
  const answer = await fetch(`${login}/adfs/oauth2/token`, { method: "POST", body: new URLSearchParams(fields) });
  return { status: answer.status, ...await answer.json() };
};
const claims = (jwt) => JSON.parse(Buffer.from(jwt.split(".")[1], "base64url").toString());

// The first field has the focus, and tab leads through the form.
const signIn = async (page, name, secret) => {
  await focused(page);
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(secret);
  await page.keyboard.press("Enter");
};

test("a code, by the keyboard and without scripts", async () => {
  const verifier = randomBytes(32).toString("base64url");
  const page = await open(authorize(verifier));
  assert.equal(await page.title(), "Sign in");
  assert.equal(await page.getByLabel("User name").count(), 1);
  assert.equal(await page.getByLabel("Password").getAttribute("autocomplete"), "current-password");
  await signIn(page, user, "wrong");
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByRole("alert").textContent(), /user name or password is wrong/);
  assert.equal(await page.title(), "Error: Sign in");
  assert.equal(await page.getByLabel("User name").inputValue(), user);
  const answer = new Promise((resolve) => { answered = resolve; });
  await focused(page);
  await page.keyboard.type(password); // the name is there already, so the password has the focus
  await page.keyboard.press("Enter");
  const parameters = await answer;
  assert.equal(parameters.get("state"), "a state");
  const bought = await token({ grant_type: "authorization_code", client_id: client, code: parameters.get("code"),
                               redirect_uri: back(), code_verifier: verifier });
  assert.equal(bought.status, 200, JSON.stringify(bought));
  assert.equal(claims(bought.id_token).upn, user);
  assert.equal(claims(bought.id_token).nonce, "a nonce");
  await page.context().close();
});

test("a device's code", async () => {
  const begun = await (await fetch(`${login}/adfs/oauth2/devicecode`,
                                   { method: "POST", body: new URLSearchParams({ client_id: client, scope }) })).json();
  const page = await open(begun.verification_uri);
  await focused(page);
  await page.keyboard.type(begun.user_code);
  await page.keyboard.press("Enter");
  await page.getByText("Microsoft Azure CLI").waitFor();
  await signIn(page, user, password);
  await page.getByText("Go back to your device").waitFor();
  const bought = await token({ grant_type: "urn:ietf:params:oauth:grant-type:device_code", client_id: client,
                               device_code: begun.device_code });
  assert.equal(bought.status, 200, JSON.stringify(bought));
  assert.equal(claims(bought.access_token).upn, user);
  await page.context().close();
});

test("the page shows in nobody's frame", async () => {
  const page = await open(`${back()}/frame`);
  await page.waitForLoadState("load");
  for (const frame of page.frames().slice(1)) assert.equal(await frame.getByLabel("Password").count(), 0);
  await page.context().close();
});
