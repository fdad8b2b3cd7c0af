// The main steps with the keyboard alone: what has the focus can be seen, a dialog keeps the focus
// inside and gives it back.
//
// Environment: as browser.mjs says, and CODE (what makes the first owner).

import { base, holds, join_first, run } from "./browser.mjs";

const { CODE } = process.env;
const PASSWORD = "a sentence is better than a riddle";
/** More than any page has to step through. */
const STEPS = 120;

await run(async (world) => {
  const window = await world.window();
  await window.grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
  const page = await window.newPage();
  await join_first(page, CODE, "ada", PASSWORD);
  const { keyboard } = page;

  await page.goto("/sign-in");
  await to(page, page.getByLabel("Login"));
  await keyboard.type("ada");
  await keyboard.press("Tab");
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "Overview" }).waitFor();

  await keyboard.press("Tab");
  holds((await focused(page)).text === "Skip to the content", "the first step skips the navigation");
  await keyboard.press("Enter");
  await page.waitForFunction("document.activeElement.id === 'main'");

  await page.goto("/tokens");
  const make = page.locator(".heading").getByRole("link", { name: "New token" });
  const dialog = page.getByRole("dialog");
  await to(page, make);
  await keyboard.press("Enter");
  await dialog.getByLabel("Name").waitFor();
  for (let step = 0; step < 40; step += 1) {
    const { inside, text } = await focused(page);
    holds(inside, `the focus left the dialog for ${text}`);
    await keyboard.press("Tab");
  }
  await keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  holds(await is_focused(make), "the focus is where it was before");

  await keyboard.press("Enter");
  await dialog.getByLabel("Name").waitFor();
  await to(page, dialog.getByLabel("Name"));
  await keyboard.type("By hand");
  await keyboard.press("Enter");
  const copy = dialog.getByRole("button", { name: "Copy", exact: true }).first();
  await dialog.getByText("This is the only time").waitFor();
  await to(page, copy);
  await keyboard.press("Enter");
  await dialog.getByText("Copied").waitFor();
  const secret = await page.evaluate(() => navigator.clipboard.readText());
  holds(secret.startsWith("sk-tg-"), "the secret was copied");
  await keyboard.press("Escape");
  holds(await copy.isVisible(), "a secret that is shown once is not lost by a slip");
  await to(page, dialog.getByRole("link", { name: "I have saved it" }));
  await keyboard.press("Enter");
  await page.getByRole("heading", { name: "By hand" }).waitFor();

  const revoke = page.locator("summary", { hasText: "Revoke" });
  await to(page, revoke);
  await keyboard.press("Enter");
  const name = dialog.getByLabel("Write By hand to confirm");
  await name.waitFor();
  holds(await is_focused(name), "the name can be written at once");
  await keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  holds(await is_focused(revoke), "the focus is back at the question");
  // Asked again before the browser has told that it was left.
  await revoke.evaluate(async (question) => {
    question.click();
    const open = document.querySelector("dialog[open]");
    const told = new Promise((done) => open.addEventListener("close", done, { once: true }));
    open.close();
    question.click();
    await told;
  });
  await name.waitFor();
  await keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await keyboard.press("Enter");
  await name.waitFor();
  await keyboard.type("By hand");
  await keyboard.press("Enter");
  await page.locator(".badge", { hasText: "Revoked" }).waitFor();
  return { ok: true, secret };
});

/** Steps on until this has the focus, which can be seen on the way. */
async function to(page, target) {
  for (let step = 0; step < STEPS; step += 1) {
    if (await is_focused(target)) return;
    await page.keyboard.press("Tab");
    const { seen, text } = await focused(page);
    holds(seen, `the focus cannot be seen at ${text}`);
  }
  throw new Error(`${target} cannot be reached`);
}

function is_focused(target) {
  return target.evaluate((one) => one === document.activeElement);
}

/** What has the focus: whether that can be seen, and whether it is inside a dialog that is open. */
function focused(page) {
  return page.evaluate(() => {
    const one = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    const dialog = document.querySelector("dialog[open]");
    // Between the last and the first there is the browser itself.
    const away = one === document.body;
    return {
      text: (one.textContent || one.name || one.tagName).trim().slice(0, 60),
      seen: away || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1),
      inside: away || !dialog || dialog.contains(one),
    };
  });
}
