// Measures how soon the tokens page is painted in Chromium, and what it loads.
//
//     CONSOLE=http://127.0.0.1:8090 CODE=… TOLLGATE_TEST_NODE_DIR=target/clients/node node tests/load/first_paint.mjs
//
// CODE is what makes the first owner; LOGIN and PASSWORD are of a member where there is one already.
// Optional: PAGE (another page than /tokens), TIMES (how often; 5).

import { holds, join_first, run, sign_in } from "../clients/node/browser/browser.mjs";

const { CODE, LOGIN = "ada", PASSWORD = "a sentence is better than a riddle", PAGE = "/tokens" } = process.env;
const TIMES = Number(process.env.TIMES ?? 5);

await run(async (world) => {
  const first = await world.window();
  const page = await first.newPage();
  if (CODE) await join_first(page, CODE, LOGIN, PASSWORD);
  await sign_in(page, LOGIN, PASSWORD);
  const storageState = await first.storageState();
  // A new window has kept nothing; the second visit of the same window has style and script.
  const [empty, kept] = [[], []];
  for (let time = 0; time < TIMES; time++) {
    const page = await (await world.window({ storageState })).newPage();
    for (const list of [empty, kept]) list.push(await looked(page));
    await page.context().close();
  }
  return { ok: true, page: PAGE, times: TIMES, empty: summary(empty), kept: summary(kept) };
});

async function looked(page) {
  await page.goto(PAGE, { waitUntil: "load" });
  holds(await page.locator("main h1").first().isVisible(), `${PAGE} is not there`);
  const paint = () => page.evaluate(`performance.getEntriesByName("first-contentful-paint")[0]?.startTime`);
  let at = await paint();
  while (at === undefined) at = await page.waitForFunction(`performance.getEntriesByName("first-contentful-paint")[0]`).then(paint);
  const loaded = await page.evaluate(`[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((one) => ({
    kind: one.entryType === "navigation" ? "page" : new URL(one.name).pathname.split(".").pop(),
    bytes: one.encodedBodySize, sent: one.transferSize, first_byte: one.responseStart }))`);
  const bytes = (kind, what) => loaded.filter((one) => one.kind === kind).reduce((sum, one) => sum + one[what], 0);
  return { paint: at, first_byte: loaded[0].first_byte, page: bytes("page", "bytes"), style: bytes("css", "bytes"), script: bytes("js", "bytes"), sent: loaded.reduce((sum, one) => sum + one.sent, 0) };
}

function summary(list) {
  const median = (name) => list.map((one) => one[name]).sort((a, b) => a - b)[Math.floor(list.length / 2)];
  return Object.fromEntries(Object.keys(list[0]).map((name) => [name, Math.round(median(name))]));
}
