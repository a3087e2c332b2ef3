// Runs the journeys of ./journeys in a real browser against a running guichet.
//
//   node run.mjs --base http://127.0.0.1:3000 [--only NAME] [--out DIR]
//
// GUICHET_API_KEY is the business's key, CHROME the browser. A journey is a module with a `name`, a function `run` and, where
// it is walked in several ways, `cases` (each with a `label`). It is told the world only through the helpers given to it.
// A page fails its journey by itself when it throws, breaks its own content security policy or asks for what is not there.

import assert from "node:assert/strict";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const CHROMIUM_FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const TIMEOUT_MS = 15_000;

const here = import.meta.dirname;
const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { values: options } = parseArgs({
  options: { base: { type: "string" }, only: { type: "string" }, out: { type: "string" } },
});
assert.ok(options.base, "--base says where guichet is");
const base = options.base.replace(/\/$/, "");
const out = path.resolve(options.out ?? path.join(here, "out"));
const key = process.env.GUICHET_API_KEY;
assert.ok(key, "GUICHET_API_KEY holds the business's key");

function expect(value, message) {
  assert.ok(value, message);
}
expect.equal = (actual, expected, message) =>
  assert.deepEqual(actual, expected, message && `${message}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);

async function request(method, url, { body, headers } = {}) {
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return text.trimStart().startsWith("{") || text.trimStart().startsWith("[") ? JSON.parse(text) : text;
}

/** The business API, with the business's key: `api("POST", "/invoices", {…})`. */
function api(method, route, body) {
  const headers = { authorization: `Bearer ${key}` };
  if (method === "POST") headers["idempotency-key"] = crypto.randomUUID();
  return request(method, `${base}/api/v1${route}`, { body, headers });
}

const mail = () => request("GET", `${base}/dev/mail`);
const settle = () => request("POST", `${base}/dev/settle`);
const advance = (duration) => request("POST", `${base}/dev/clock`, { body: { advance: duration } });

/** The civil date so many days from guichet's own today. */
async function day(offset) {
  const { now } = await request("GET", `${base}/dev/clock`);
  return new Date(Date.parse(now) + offset * 86_400_000).toISOString().slice(0, 10);
}

/** Pays on the provider's hosted page, where the browser is already. */
async function payAtProvider(page, number = "4242424242424242") {
  await page.locator("#cardNumber").fill(number);
  await page.locator("#cardExpiry").fill("12 / 40");
  await page.locator("#cardCvc").fill("123");
  await page.getByTestId("hosted-payment-submit-button").click();
}

/** What a person reads: the main part of the page, white space evened out. */
async function words(page) {
  const main = page.locator("main");
  const text = await ((await main.count()) > 0 ? main.first() : page.locator("body")).innerText();
  return text.replace(/\s+/g, " ").trim();
}

/** Helpers that belong to one walk of one journey: its browser, its pages, its screenshots. */
function walk(browser, label) {
  const faults = [];
  let shots = 0;

  async function newContext({ javaScript = true, width = 1280, locale = "en", colorScheme = "light", storageState } = {}) {
    const context = await browser.newContext({
      javaScriptEnabled: javaScript, locale, colorScheme, storageState, viewport: { width, height: 900 },
    });
    context.setDefaultTimeout(TIMEOUT_MS);
    return context;
  }

  async function newPage(settings = {}) {
    const page = await (await newContext(settings)).newPage();
    page.settings = settings;
    page.on("pageerror", (error) => faults.push(`${page.url()} threw: ${error.message}`));
    page.on("console", (message) => {
      // A document that answers 404 is said here too; journeys to such pages check the status themselves.
      if (message.type() === "error" && message.location().url !== page.url()) faults.push(`${page.url()} logged: ${message.text()}`);
      if (/Content Security Policy/.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
    });
    return page;
  }

  /** A screenshot; nothing in it may be wider than the window. */
  async function shot(page, name) {
    shots += 1;
    const file = `${label}-${String(shots).padStart(2, "0")}-${name}`.replace(/[^A-Za-z0-9-]+/g, "-");
    await page.screenshot({ path: path.join(out, `${file}.png`), fullPage: true });
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(beyond <= 0, `${page.url()} is ${beyond} px wider than the window (${name})`);
  }

  /** No violation that axe knows of, in light and in dark. Looks at the same address afresh, because axe itself is a script. */
  async function axe(page) {
    const storageState = await page.context().storageState();
    for (const colorScheme of ["light", "dark"]) {
      const context = await newContext({ ...page.settings, javaScript: true, colorScheme, storageState });
      const copy = await context.newPage();
      await copy.goto(page.url());
      await copy.evaluate(axeSource);
      const { violations } = await copy.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      const said = violations.map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
      assert.equal(violations.length, 0, `${page.url()} in ${colorScheme}: ${said.join("; ")}`);
      await context.close();
    }
  }

  return { helpers: { newPage, shot, axe }, faults };
}

async function runOne(journey, label, parameters) {
  // Each walk has a browser of its own, and with it an empty user data directory.
  const browser = await chromium.launch({ executablePath: process.env.CHROME || "/usr/bin/chromium", args: CHROMIUM_FLAGS });
  try {
    const { helpers, faults } = walk(browser, label);
    await journey.run({ base, api, mail, settle, advance, day, expect, payAtProvider, words, ...helpers }, parameters);
    assert.equal(faults.length, 0, faults.join("\n"));
  } finally {
    await browser.close();
  }
}

const files = (await readdir(path.join(here, "journeys"))).filter((file) => file.endsWith(".mjs")).sort();
const modules = await Promise.all(files.map((file) => import(path.join(here, "journeys", file))));
const journeys = modules.sort((left, right) => Number(left.movesTime ?? false) - Number(right.movesTime ?? false));
const walks = journeys.flatMap((journey) => {
  const cases = journey.cases ?? [{}];
  return cases.map((parameters) => ({ journey, parameters, label: [journey.name, parameters.label].filter(Boolean).join(" ") }));
});
const chosen = walks.filter(({ label }) => label.includes(options.only ?? ""));
await mkdir(out, { recursive: true });

let failed = 0;
for (const { journey, parameters, label } of chosen) {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
  try {
    await runOne(journey, label, parameters);
    console.log(`ok      ${label} (${seconds()} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${label} (${seconds()} s)\n${String(error.stack ?? error).replace(/^/gm, "        ")}`);
  }
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;
