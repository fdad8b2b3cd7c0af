// A real Chromium for a script: what it opens, what its pages complain of, and what they load.
//
// Environment: CONSOLE (the address of the console), TOLLGATE_TEST_NODE_DIR (holds node_modules);
// optional CHROMIUM (the program) and SHOTS (a folder for a picture of a page where a script fails).

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { CONSOLE, TOLLGATE_TEST_NODE_DIR, SHOTS } = process.env;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

// What a script uses is installed outside this folder, where an import statement would not look.
const require = createRequire(join(TOLLGATE_TEST_NODE_DIR, "package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** The official SDK, and where the console is. */
export const OpenAI = require("openai");
export const base = CONSOLE;

/** Runs a script in a browser and prints, as JSON, what it returns and what pages complained of. */
export async function run(script) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const world = new World(browser);
  try {
    const result = await script(world);
    console.log(JSON.stringify({ ...result, complaints: world.complaints }));
  } catch (error) {
    await world.picture();
    throw error;
  } finally {
    await browser.close();
  }
}

class World {
  constructor(browser) {
    this.browser = browser;
    /** What went wrong on any page: messages, errors, dialogs, and requests to others. */
    this.complaints = [];
  }

  /** A new window with its own cookies. */
  async window(options = {}) {
    const context = await this.browser.newContext({ baseURL: CONSOLE, locale: "en-US", ...options });
    context.setDefaultTimeout(20_000);
    context.on("page", (page) => this.watch(page));
    return context;
  }

  watch(page) {
    this.page = page;
    const complain = (what) => this.complaints.push(`${new URL(page.url(), CONSOLE).pathname}: ${what}`);
    page.on("console", (message) => {
      // That an answer is a 4xx is what some pages are for.
      const expected = /status of 4\d\d/.test(message.text());
      if (["error", "warning"].includes(message.type()) && !expected) complain(message.text());
    });
    page.on("pageerror", (error) => complain(error.message));
    page.on("dialog", (dialog) => (complain(`a dialog said ${dialog.message()}`), dialog.dismiss()));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (!["data:", "blob:"].includes(url.protocol) && url.origin !== CONSOLE) complain(`asked ${url}`);
    });
  }

  /** What axe-core finds wrong with a page, in one line for each thing. */
  async axe(page) {
    // By the debugger, as our policy lets no page run what is not ours.
    if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(AXE);
    const { violations } = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
    return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 140)} ${node.any[0]?.message ?? ""}`));
  }

  async picture() {
    if (SHOTS && this.page) await this.page.screenshot({ path: join(SHOTS, "failed.png"), fullPage: true });
  }
}

/** Fails where something is not as it should be. */
export function holds(what, message) {
  if (!what) throw new Error(message);
}

/** Becomes the first owner with a one-time code. */
export async function join_first(page, code, login, password) {
  await page.goto("/join");
  const fields = { code, login, password, again: password };
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name=${name}]`).fill(value);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("link", { name: "Sign in" }).click();
}

export async function sign_in(page, login, password) {
  await page.goto("/sign-in");
  await page.locator("[name=login]").fill(login);
  await page.locator("[name=password]").fill(password);
  await page.locator("main form[action='/sign-in'] button[type=submit]").click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}
