// Measures how long the console takes for whole pages, from the request to the last byte.
//
//     CONSOLE=http://127.0.0.1:8090 node tests/load/page_times.mjs [PATH ...]
//
// LOGIN and PASSWORD are of a member. Without paths, it asks for those that docs/performance.md
// tells of, on a store that million_tokens.py made. Optional: TIMES (how often each; 5).

const { CONSOLE = "http://127.0.0.1:8090", LOGIN = "ada", PASSWORD = "a sentence is better than a riddle" } = process.env;
const TIMES = Number(process.env.TIMES ?? 5);
const PATHS = [
  "/",
  "/tokens",
  "/tokens?search=billing",
  "/tokens?search=billing&sort=used&desc=true",
  "/tokens?search=billing&sort=name",
  "/tokens?search=billing+search",
  "/tokens?search=bi",
  "/tokens?search=qz",
  "/tokens?search=999999",
  "/tokens?search=billing&status=enabled&never_used=true",
  "/tokens?status=enabled",
  "/tokens?status=expired",
  "/tokens?status=exhausted",
  "/tokens?creator=ada17",
  "/tokens?creator=ada17&status=disabled&sort=name",
  "/tokens?created_until=2020-01-01",
  "/tokens?unused_since=30d",
  "/tokens?never_used=true",
  "/tokens?never_used=true&sort=last_used",
  "/tokens?never_used=true&sort=used&desc=true",
  "/tokens?sort=name",
  "/tokens?sort=last_used&desc=true",
  "/tokens?sort=used&desc=true",
  "/usage?by=day&by=model",
  "/usage?by=token",
];

const signed = await fetch(`${CONSOLE}/sign-in`, {
  method: "POST",
  body: new URLSearchParams({ login: LOGIN, password: PASSWORD }),
  headers: { origin: CONSOLE },
  redirect: "manual",
});
const cookie = signed.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
if (!cookie) throw new Error(`not signed in: ${signed.status}`);

const paths = process.argv.slice(2);
for (const path of paths.length ? paths : PATHS) {
  const times = [];
  let bytes = 0;
  for (let time = 0; time < TIMES; time++) {
    const begin = performance.now();
    const answer = await fetch(CONSOLE + path, { headers: { cookie } });
    bytes = (await answer.arrayBuffer()).byteLength;
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  console.log(`${times[Math.floor(TIMES / 2)].toFixed(0).padStart(6)} ms ${String(bytes).padStart(8)} bytes  ${path}`);
}
