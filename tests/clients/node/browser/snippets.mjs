// Makes a token, and returns its secret with the lines that are shown beside it.
//
// Environment: as browser.mjs says, and CODE (what makes the first owner).

import { join_first, run, sign_in } from "./browser.mjs";

const { CODE } = process.env;
const PASSWORD = "a sentence is better than a riddle";

await run(async (world) => {
  const page = await (await world.window()).newPage();
  await join_first(page, CODE, "ada", PASSWORD);
  await sign_in(page, "ada", PASSWORD);
  await page.goto("/tokens/new");
  await page.getByLabel("Name").fill("Pasted");
  await page.getByRole("button", { name: "Create token" }).click();
  const secret = await page.locator("#secret").innerText();
  const snippets = {};
  for (const dialect of ["s", "a"])
    for (const kind of ["env", "curl", "python", "node"])
      snippets[`${dialect}-${kind}`] = await page.locator(`#${dialect}-${kind}`).textContent();
  return { ok: true, secret, snippets };
});
