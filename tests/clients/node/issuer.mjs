// A real OpenID Connect issuer (npm's `oidc-provider`), and ID tokens that it would never give.
//
// It prints its address on one line, reads the address that browsers are sent back to from another,
// and then serves until its standard input ends. Whoever signs in with the login NAME (any password)
// is the subject NAME with the verified address NAME@example.com; some names have their ID token
// changed and signed again with the issuer's own key: see FORGED.
//
// Environment: TOLLGATE_TEST_NODE_DIR (holds node_modules), ALGORITHM (RS256 or ES256).

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { TOLLGATE_TEST_NODE_DIR, ALGORITHM } = process.env;
const installed = join(TOLLGATE_TEST_NODE_DIR, "node_modules", "oidc-provider");
const { default: Provider } = await import(pathToFileURL(join(installed, "lib", "index.js")));
const { SignJWT, decodeJwt, importJWK } = createRequire(join(installed, "package.json"))("jose");

// What is wrong with the ID token of this subject.
const now = () => Math.floor(Date.now() / 1000);
const FORGED = {
  "wrong-nonce": (claims) => ({ ...claims, nonce: "another" }),
  "no-nonce": ({ nonce, ...claims }) => claims,
  "wrong-audience": (claims) => ({ ...claims, aud: "another-client" }),
  "two-audiences": (claims) => ({ ...claims, aud: [claims.aud, "another-client"] }),
  "wrong-issuer": (claims) => ({ ...claims, iss: "https://evil.example" }),
  expired: (claims) => ({ ...claims, iat: now() - 3600, exp: now() - 120 }),
  "just-expired": (claims) => ({ ...claims, exp: now() - 20 }),
  "from-the-future": (claims) => ({ ...claims, iat: now() + 600, exp: now() + 1200 }),
  "wrong-signature": (claims) => claims,
  unsigned: (claims) => claims,
};

const key = (type) => {
  const pair = type === "ES256"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...pair.privateKey.export({ format: "jwk" }), kid: type, alg: type, use: "sig" };
};
const jwks = { keys: [key("RS256"), key("ES256")] };

async function forge(token) {
  const { sub } = decodeJwt(token);
  if (!(sub in FORGED)) return token;
  const claims = FORGED[sub](decodeJwt(token));
  if (sub === "unsigned") {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
  }
  const own = jwks.keys.find((one) => one.kid === ALGORITHM);
  const signer = sub === "wrong-signature" ? { ...key(ALGORITHM) } : own;
  const header = { alg: ALGORITHM, kid: ALGORITHM, typ: "JWT" };
  return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(signer, ALGORITHM));
}

const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const lines = createInterface({ input: process.stdin });
lines.on("close", () => process.exit(0));
console.log(issuer);

const { value: back } = await lines[Symbol.asyncIterator]().next();
const provider = new Provider(issuer, {
  clients: [{
    client_id: "tollgate",
    client_secret: "issuer-gave-this-secret",
    redirect_uris: [back],
    id_token_signed_response_alg: ALGORITHM,
  }],
  jwks,
  // Keycloak, Entra and others put these into the ID token as well.
  conformIdTokenClaims: false,
  claims: { email: ["email", "email_verified"], profile: ["name", "groups"] },
  pkce: { required: () => true, methods: ["S256"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: id.includes("@") ? id : `${id}@example.com`,
      email_verified: id !== "unverified",
      name: `Name of ${id}`,
      groups: id === "gia" ? ["staff", "llm-auditors"] : ["staff"],
    }),
  }),
});
provider.use(async (ctx, next) => {
  await next();
  if (ctx.oidc?.route === "token" && ctx.body?.id_token) {
    ctx.body.id_token = await forge(ctx.body.id_token);
  }
});
server.on("request", provider.callback());
