// A browser that runs no scripts: a token is made, changed and revoked by plain forms.
//
// Environment: as browser.mjs says, and CODE (what makes the first owner).

import { holds, join_first, run, sign_in } from "./browser.mjs";

const { CODE } = process.env;
const PASSWORD = "a sentence is better than a riddle";

await run(async (world) => {
  const page = await (await world.window({ javaScriptEnabled: false })).newPage();
  await join_first(page, CODE, "ada", PASSWORD);
  await sign_in(page, "ada", PASSWORD);
  await page.goto("/tokens");
  await page.getByRole("link", { name: "New token" }).first().click();
  await page.getByLabel("Name").fill("Plain");
  await page.getByRole("button", { name: "Create token" }).click();
  const secret = await page.locator("#secret").innerText();
  holds(secret.startsWith("sk-tg-"), "the secret is shown");
  await page.getByRole("link", { name: "I have saved it" }).click();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("Quota in credits").fill("12.5");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("/ 12.50").waitFor();
  await page.locator("summary", { hasText: "Revoke" }).click();
  await page.getByLabel("Write Plain to confirm").first().fill("Plain");
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.locator(".badge", { hasText: "Revoked" }).waitFor();
  return { ok: true, secret };
});
