// Makes one call with the official `@anthropic-ai/sdk` and prints what its user would see, as JSON.
//
// Environment: BASE_URL (without /v1), API_KEY, MODEL, CASE (a key of CASES),
// TOLLGATE_TEST_NODE_DIR (holds node_modules); optional PROMPT. The SDK's own retry policy is left
// alone, because tests count the requests it makes.

import { createRequire } from "node:module";
import { join } from "node:path";

const { BASE_URL, API_KEY, MODEL, CASE, TOLLGATE_TEST_NODE_DIR } = process.env;
const PROMPT = process.env.PROMPT ?? "Say hello.";

// The SDK is installed outside this folder, where an import statement would not look.
const require = createRequire(join(TOLLGATE_TEST_NODE_DIR, "package.json"));
const { Anthropic } = require("@anthropic-ai/sdk");

// What the call gave so far; kept outside the call so that a broken stream shows its start.
const outcome = { text: "", usage: null, finish: null, request_id: null, events: 0 };
const request = { model: MODEL, max_tokens: 64, messages: [{ role: "user", content: PROMPT }] };

async function messages(client) {
  const answer = await client.messages.create(request);
  outcome.text = answer.content.map((block) => block.text ?? "").join("");
  outcome.finish = answer.stop_reason;
  outcome.usage = answer.usage;
  outcome.request_id = answer._request_id;
}

async function messagesStream(client) {
  const { data: stream, request_id } = await client.messages
    .create({ ...request, stream: true })
    .withResponse();
  outcome.request_id = request_id;
  for await (const event of stream) {
    outcome.events += 1;
    if (event.type === "message_start") {
      outcome.usage = event.message.usage;
    } else if (event.type === "content_block_delta") {
      outcome.text += event.delta.text ?? "";
    } else if (event.type === "message_delta") {
      outcome.finish = event.delta.stop_reason;
      // The counts of the delta are cumulative and replace those of the start.
      outcome.usage = { ...outcome.usage, ...event.usage };
    }
  }
}

async function countTokens(client) {
  const { model, messages } = request;
  const answer = await client.messages.countTokens({ model, messages });
  outcome.usage = { input_tokens: answer.input_tokens };
  outcome.request_id = answer._request_id;
}

const CASES = { messages, messages_stream: messagesStream, count_tokens: countTokens };

async function run() {
  const call = CASES[CASE];
  if (!call) throw new Error(`CASE is not one of ${Object.keys(CASES)}`);
  const client = new Anthropic({ baseURL: BASE_URL, apiKey: API_KEY });
  try {
    await call(client);
    // Not only the SDK's own errors: some failures in a stream reach its user unwrapped.
  } catch (error) {
    return {
      ...outcome,
      ok: false,
      exception: error.constructor.name,
      status: error.status ?? null,
      type: error.type ?? null,
      message: error.message,
      request_id: error.requestID ?? outcome.request_id,
    };
  }
  return { ok: true, ...outcome };
}

console.log(JSON.stringify(await run()));
