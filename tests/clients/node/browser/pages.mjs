// Looks at every page, in one way of looking at it: what axe-core finds, whether the page scrolls
// sideways, whether anything is not translated, and what it loads or complains of.
//
// Environment: as browser.mjs says, and CODE (what makes the first owner), WIDTH (in pixels), THEME
// (light or dark), LANGUAGE (en or zh-CN) and SCRIPTS (off for a browser that runs none).

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { base, holds, join_first, run, sign_in } from "./browser.mjs";

const { CODE, WIDTH, THEME, LANGUAGE, SCRIPTS, SHOTS } = process.env;
const PASSWORD = "a sentence is better than a riddle";
const OUTSIDE = ["/sign-in", "/join", "/nothing-is-here"];
const PLACES = [
  "/", "/tokens", "/tokens?search=nothing-has-this", "/tokens/new", "/usage", "/usage?by=day&by=token", "/accounts",
  "/accounts/new", "/groups", "/groups/new", "/models", "/models/new", "/models/import", "/upstreams",
  "/upstreams/new", "/gateways", "/members", "/credentials", "/alerts", "/audit", "/audit?verify=true", "/settings", "/profile",
];
/** Below what a list leads to. */
const BELOW = { tokens: ["", "/edit", "/why?model=sim-chat"], accounts: ["", "/edit"], upstreams: ["", "/edit"], groups: [""], models: [""], members: [""] };

await run(async (world) => {
  const first = await world.window();
  const page = await first.newPage();
  await join_first(page, CODE, "ada", PASSWORD);
  await sign_in(page, "ada", PASSWORD);
  const found = [];
  for (const [kind, ends] of Object.entries(BELOW)) {
    await page.goto(`/${kind}`);
    const links = page.locator(`main a[href^="/${kind}/"]:not([href$="/new"]):not([href$="/import"]):not([href*="export"])`);
    if (await links.count()) for (const end of ends) found.push((await links.first().getAttribute("href")) + end);
  }
  const storageState = await first.storageState();

  const size = { width: Number(WIDTH), height: 844 };
  const look = { viewport: size, locale: LANGUAGE, colorScheme: THEME, javaScriptEnabled: SCRIPTS !== "off" };
  const problems = [];
  const outside = await (await world.window(look)).newPage();
  for (const path of OUTSIDE) await looked(outside, path, problems, world);
  const inside = await (await world.window({ ...look, storageState })).newPage();
  for (const path of [...PLACES, ...found]) await looked(inside, path, problems, world);
  return { ok: true, seen: OUTSIDE.length + PLACES.length + found.length, problems };
});

async function looked(page, path, problems, world) {
  await page.goto(path);
  const tell = (what) => problems.push(`${path}: ${what}`);
  if (SHOTS) await picture(page, path);
  holds(await page.locator("main h1").first().isVisible(), `${path} has no heading`);
  if (SCRIPTS === "off") return readable(page, tell);
  const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  if (wide > 0) tell(`scrolls sideways by ${wide} px`);
  const tables = await page.evaluate(`[...document.querySelectorAll(".scroll")].filter((one) => one.scrollWidth > one.clientWidth).length`);
  if (tables && Number(WIDTH) >= 1280) tell("a table scrolls sideways");
  for (const text of await untranslated(page)) tell(`not translated: ${text}`);
  for (const one of await world.axe(page)) tell(one);
}

/** Whether all can be read and sent without scripts. */
async function readable(page, tell) {
  for (const form of await page.locator("main form:visible:not(:has(.bulk))").all()) {
    const button = form.locator("button[type=submit]:visible, summary:visible");
    if (!(await button.count()) && (await form.locator("input:visible, select:visible").count()))
      tell(`a form cannot be sent: ${await form.getAttribute("action")}`);
  }
}

/** Names of texts, and texts of the other language, that stand on a page. */
async function untranslated(page) {
  const [english, chinese] = ["en", "zh"].map(texts);
  const shown = await page.evaluate(`(() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walk.nextNode()) if (!walk.currentNode.parentElement.closest("code, pre, bdi, option, script")) texts.push(walk.currentNode.data.trim());
    for (const one of document.querySelectorAll("[placeholder], [aria-label], [title]"))
      for (const name of ["placeholder", "aria-label", "title"]) texts.push((one.getAttribute(name) ?? "").trim());
    return texts.filter(Boolean);
  })()`);
  const names = new Set([...english.keys()].filter((name) => name.includes("-")));
  const foreign = new Set(LANGUAGE === "en" ? [] : [...english].filter(([name, text]) => text.includes(" ") && chinese.get(name) !== text).map(([, text]) => text));
  return [...new Set(shown.filter((text) => names.has(text) || foreign.has(text)))];
}

function texts(language) {
  const file = new URL(`../../../../crates/console/text/${language}.ftl`, import.meta.url);
  const lines = readFileSync(file, "utf8").split("\n").filter((line) => /^[a-z]/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(" =")), line.slice(line.indexOf("=") + 1).trim()]));
}

async function picture(page, path) {
  const folder = join(SHOTS, `${WIDTH}-${THEME}-${LANGUAGE}`);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  const name = path.replace(/^\//, "").replace(/(tok|acc|grp|mdl|ups|mem)_\w+/, "$1").replace(/[^\w]+/g, "-") || "overview";
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
