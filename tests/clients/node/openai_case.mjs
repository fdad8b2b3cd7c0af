// Makes one call with the official `openai` SDK and prints what its user would see, as JSON.
//
// Environment: BASE_URL (with /v1), API_KEY, MODEL, CASE (a key of CASES), TOLLGATE_TEST_NODE_DIR
// (holds node_modules); optional PROMPT and HEADERS (a JSON object of extra request headers). The
// SDK's own retry policy is left alone, because tests count the requests it makes.

import { createRequire } from "node:module";
import { join } from "node:path";

const { BASE_URL, API_KEY, MODEL, CASE, TOLLGATE_TEST_NODE_DIR } = process.env;
const PROMPT = process.env.PROMPT ?? "Say hello.";
const HEADERS = JSON.parse(process.env.HEADERS ?? "{}");

// The SDK is installed outside this folder, where an import statement would not look.
const require = createRequire(join(TOLLGATE_TEST_NODE_DIR, "package.json"));
const OpenAI = require("openai");

// What the call gave so far; kept outside the call so that a broken stream shows its start.
const outcome = { text: "", usage: null, finish: null, request_id: null, events: 0 };
const messages = [{ role: "user", content: PROMPT }];

async function chat(client) {
  const answer = await client.chat.completions.create({ model: MODEL, messages });
  outcome.text = answer.choices[0].message.content;
  outcome.finish = answer.choices[0].finish_reason;
  outcome.usage = answer.usage ?? null;
  outcome.request_id = answer._request_id;
}

async function chatStream(client, options = {}) {
  const { data: stream, request_id } = await client.chat.completions
    .create({ model: MODEL, messages, stream: true, ...options })
    .withResponse();
  outcome.request_id = request_id;
  for await (const chunk of stream) {
    outcome.events += 1;
    outcome.usage = chunk.usage ?? outcome.usage;
    for (const choice of chunk.choices) {
      outcome.text += choice.delta?.content ?? "";
      outcome.finish = choice.finish_reason ?? outcome.finish;
    }
  }
}

async function completions(client) {
  const answer = await client.completions.create({ model: MODEL, prompt: PROMPT });
  outcome.text = answer.choices[0].text;
  outcome.finish = answer.choices[0].finish_reason;
  outcome.usage = answer.usage ?? null;
  outcome.request_id = answer._request_id;
}

async function embeddings(client) {
  const answer = await client.embeddings.create({ model: MODEL, input: PROMPT });
  // A vector has no text: its length shows that the SDK could decode it.
  outcome.text = String(answer.data[0].embedding.length);
  outcome.usage = answer.usage ?? null;
  outcome.request_id = answer._request_id;
}

async function responses(client) {
  const answer = await client.responses.create({ model: MODEL, input: PROMPT });
  outcome.text = answer.output_text;
  outcome.finish = answer.status;
  outcome.usage = answer.usage ?? null;
  outcome.request_id = answer._request_id;
}

async function responsesStream(client) {
  const { data: stream, request_id } = await client.responses
    .create({ model: MODEL, input: PROMPT, stream: true })
    .withResponse();
  outcome.request_id = request_id;
  for await (const event of stream) {
    outcome.events += 1;
    if (event.type === "response.output_text.delta") {
      outcome.text += event.delta;
    } else if (["response.completed", "response.incomplete", "response.failed"].includes(event.type)) {
      outcome.finish = event.response.status;
      outcome.usage = event.response.usage ?? null;
    }
  }
}

async function models(client) {
  const { data: page, request_id } = await client.models.list().withResponse();
  const ids = [];
  for await (const entry of page) ids.push(entry.id);
  outcome.text = ids.sort().join(",");
  outcome.request_id = request_id;
}

const CASES = {
  chat,
  chat_stream: (client) => chatStream(client),
  chat_stream_usage: (client) => chatStream(client, { stream_options: { include_usage: true } }),
  completions,
  embeddings,
  responses,
  responses_stream: responsesStream,
  models,
};

async function run() {
  const call = CASES[CASE];
  if (!call) throw new Error(`CASE is not one of ${Object.keys(CASES)}`);
  const client = new OpenAI({ baseURL: BASE_URL, apiKey: API_KEY, defaultHeaders: HEADERS });
  try {
    await call(client);
    // Not only the SDK's own errors: some failures in a stream reach its user unwrapped.
  } catch (error) {
    return {
      ...outcome,
      ok: false,
      exception: error.constructor.name,
      status: error.status ?? null,
      code: error.code ?? null,
      type: error.type ?? null,
      param: error.param ?? null,
      message: error.message,
      request_id: error.requestID ?? outcome.request_id,
    };
  }
  return { ok: true, ...outcome };
}

console.log(JSON.stringify(await run()));
