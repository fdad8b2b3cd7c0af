// The story of a newcomer: the first owner signs in, makes a group and a token, calls the gateway
// with it, sees what it cost, restricts it, asks why it is refused, rotates, revokes, and finds all
// of it in the audit log.
//
// Environment: as browser.mjs says, and GATEWAY (the base URL for SDKs, with /v1) and CODE (what
// makes the first owner).

import { OpenAI, base, holds, join_first, run, sign_in } from "./browser.mjs";

const { GATEWAY, CODE } = process.env;
const PASSWORD = "a sentence is better than a riddle";
const NAME = "Production API";
/** More than any change takes to reach the gateway, or any call to reach the store. */
const PATIENCE = 30_000;

await run(async (world) => {
  const window = await world.window({ acceptDownloads: true });
  await window.grantPermissions(["clipboard-read", "clipboard-write"], { origin: base });
  const page = await window.newPage();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

  await join_first(page, CODE, "ada", PASSWORD);
  await sign_in(page, "ada", PASSWORD);

  await page.goto("/groups");
  await page.getByRole("link", { name: "New group" }).click();
  await page.getByLabel("Name").fill("premium");
  await page.getByLabel("Multiplier").fill("2");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "premium" }).waitFor();

  await page.goto("/tokens");
  await page.getByRole("link", { name: "New token" }).first().click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Name").fill(NAME);
  await form.getByLabel("Group").selectOption("premium");
  await form.getByLabel("Quota in credits").fill("5");
  // What cannot be an address is said at once, and sent nowhere.
  const from = form.getByLabel("Client addresses");
  await from.fill("10.0.0.0/33");
  await form.getByText("10.0.0.0/33 is no address").waitFor();
  await from.fill("");
  await form.getByRole("button", { name: "Create token" }).click();

  await form.getByText("This is the only time").waitFor();
  await form.getByRole("button", { name: "Copy", exact: true }).first().click();
  await form.getByText("Copied").waitFor();
  const secret = await clipboard();
  holds(/^sk-tg-[0-9A-Za-z]{49}$/.test(secret), `the clipboard has ${secret.length} characters`);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    form.getByRole("button", { name: "Download .txt" }).click(),
  ]);
  const saved = await file.createReadStream().then((stream) => stream.toArray());
  holds(Buffer.concat(saved).toString().trim() === secret, "the file holds another secret");
  await form.getByRole("link", { name: "I have saved it" }).click();
  await page.getByRole("heading", { name: NAME }).waitFor();
  const token = new URL(page.url()).pathname;

  const client = (apiKey) => new OpenAI({ baseURL: GATEWAY, apiKey, maxRetries: 0 });
  const call = (apiKey) =>
    client(apiKey).chat.completions.create({ model: "sim-chat", messages: [{ role: "user", content: "Hello" }] });
  const answer = await call(secret);
  holds(answer.choices[0].message.content.length > 0, "the model says nothing");

  await reloaded(page, () => page.locator("#calls tbody tr"), "the call");
  // What was spent may have been read before the call was settled; the call was read after it.
  await page.reload();
  const spent = await page.locator("#spend .amount").first().innerText();
  holds(Number(spent) > 0, `${spent} was spent`);
  await page.goto("/");
  await page.locator(".leaders").getByRole("link", { name: NAME }).waitFor();

  await page.goto(token);
  await page.getByRole("link", { name: "Edit" }).click();
  // From the gallery: searched for, and ticked.
  await form.getByText("Choose from the list").first().click();
  await form.getByRole("searchbox").first().fill("mess");
  await form.getByRole("checkbox", { name: /sim-messages/ }).check();
  await form.getByRole("button", { name: "Save" }).click();
  await page.locator("#may").getByText("sim-messages").waitFor();
  await refused(() => call(secret), 404);

  await page.getByRole("link", { name: "Why?" }).click();
  await page.getByLabel("Model").fill("sim-chat");
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("This call is refused").waitFor();
  await page.locator(".fail").getByText("Add the model to the token").waitFor();

  await page.goto(token);
  await page.getByRole("button", { name: "New secret" }).click();
  await page.getByText("This is the only time").waitFor();
  const second = await page.locator("#secret").innerText();
  holds(second !== secret && second.startsWith("sk-tg-"), "a new secret is shown");
  await page.goto(token);
  await page.locator("#secrets [data-countdown]").waitFor();
  // Both are known until the time is over: refused for the model, not for the secret.
  for (const one of [secret, second]) await refused(() => call(one), 404);

  await page.locator("summary", { hasText: "Revoke" }).click();
  await form.getByLabel(`Write ${NAME} to confirm`).fill("something else");
  await form.getByRole("button", { name: "Revoke" }).click();
  await form.getByText("This is not its name").waitFor();
  await form.getByLabel(`Write ${NAME} to confirm`).fill(NAME);
  await form.getByRole("button", { name: "Revoke" }).click();
  await page.locator(".badge", { hasText: "Revoked" }).waitFor();
  for (const one of [secret, second]) await refused(() => call(one), 401);

  await page.goto("/audit?verify=true");
  await page.getByText("The log is whole").waitFor();
  const log = await page.locator(".log .action").allInnerTexts();
  for (const action of ["group.create", "token.create", "token.edit", "token.rotate", "token.revoke"])
    holds(log.includes(action), `${action} is not in the log: ${log}`);
  return { ok: true, secret, second };
});

/** Opens a page again until something is on it: what a call cost is booked a moment after it. */
async function reloaded(page, what, name) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    if (await what().count()) return;
    await page.reload();
  }
  throw new Error(`${name} did not appear`);
}

async function refused(call, status) {
  const error = await call().then(() => null, (error) => error);
  holds(error?.status === status, `${error?.status ?? "an answer"} in place of ${status}: ${error?.message}`);
}
