// Hostile text in every field that takes text: it is shown as text, and nothing of it runs.
//
// Environment: as browser.mjs says, and CODE (what makes the first owner).

import { holds, join_first, run, sign_in } from "./browser.mjs";

const { CODE } = process.env;
const PASSWORD = "a sentence is better than a riddle";
const HOSTILE = `"'><img src=x onerror=ran=1><script>ran=1</script>`;
const SHORT = `<img src=x onerror=ran=1>"'`;
const FORMS = ["/groups/new", "/accounts/new", "/models/new", "/upstreams/new", "/tokens/new", "/models/import", "/members", "/credentials", "/profile", "/settings"];
/** What has to be good, so that what is beside it is kept. */
const GOOD = { name: SHORT, provider: "openai", base_url: "https://example.com", models: "", multiplier: "1", priority: "0", weight: "1" };
const LISTS = ["/", "/tokens", "/groups", "/accounts", "/models", "/upstreams", "/members", "/credentials", "/audit", "/alerts", "/usage?by=token"];

await run(async (world) => {
  const page = await (await world.window()).newPage();
  await join_first(page, CODE, "ada", PASSWORD);
  await sign_in(page, "ada", PASSWORD);
  let sent = 0;
  for (const path of FORMS) {
    await page.goto(path);
    const forms = await page.locator("main form[method=post]").count();
    for (let index = 0; index < forms; index += 1)
      for (const good of [false, true]) {
        await page.goto(path);
        const form = page.locator("main form[method=post]").nth(index);
        sent += await filled(form, (name) => (good ? GOOD[name] ?? (name === "note" ? HOSTILE : "") : HOSTILE));
        await quiet(page, path);
      }
  }
  const query = encodeURIComponent(HOSTILE);
  const queries = ["search", "status", "group", "creator", "created_since", "cursor"].map((name) => `/tokens?${name}=${query}`);
  const others = [`/audit?actor=${query}`, `/usage?by=${query}`, `/usage?from=${query}`, `/models?search=${query}`, `/sign-in?next=${query}`, `/${query}`];
  for (const path of [...LISTS, ...queries, ...others]) {
    await page.goto(path);
    await quiet(page, path);
  }
  return { ok: true, sent };
});

/** Writes a text into each field, and sends the form whatever the browser thinks of it. */
async function filled(form, text) {
  for (const field of await form.locator("input:not([type=hidden]):not([type=checkbox]):not([type=file]):not([type=search]), textarea").all()) {
    const value = text(await field.getAttribute("name"));
    await field.evaluate((one, value) => ((one.value = value), one.setCustomValidity("")), value);
  }
  const page = form.page();
  await Promise.all([page.waitForEvent("load"), form.evaluate((one) => ((one.noValidate = true), one.submit()))]);
  return 1;
}

async function quiet(page, path) {
  holds(!(await page.evaluate("window.ran")), `${path} ran what it shows`);
  holds((await page.locator("img[src=x], main script").count()) === 0, `${path} took a text for its own`);
}
