// The official clients of two language-model APIs against a server that speaks both: node sdk.mjs BASE

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const packages = createRequire(path.resolve(process.env.TEST_PACKAGES, "npm/package.json"));
const { OpenAI } = packages("openai");
const { Anthropic } = packages("@anthropic-ai/sdk");

const base = process.argv[2];
const options = { apiKey: "none", maxRetries: 0, timeout: 20_000 };
const gpt = new OpenAI({ ...options, baseURL: `${base}/v1` });
const claude = new Anthropic({ ...options, baseURL: base });

const messages = (content) => [{ role: "user", content }];
const complete = (text, more) => gpt.chat.completions.create({ model: "m", messages: messages(text), ...more });
const answer = (text, more) => claude.messages.create({ model: "m", max_tokens: 10, messages: messages(text), ...more });

async function all(stream) {
  const items = [];
  for await (const item of await stream) items.push(item);
  return items;
}

// Chunks arrive, and the stream ends by itself.
const chunks = await all(complete("three two one", { stream: true }));
assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""), "one two three ");
assert.equal(chunks.at(-1).choices[0].finish_reason, "stop");
const events = await all(answer("three two one", { stream: true }));
assert.deepEqual(events.map((event) => event.type), [
  "message_start",
  "content_block_start",
  ...Array(3).fill("content_block_delta"),
  "content_block_stop",
  "message_delta",
  "message_stop",
]);
const message = await claude.messages.stream({ model: "m", max_tokens: 10, messages: messages("b a") }).finalMessage();
assert.equal(message.content[0].text, "a b ");

// Without a stream there is one value.
assert.equal((await complete("b a")).choices[0].message.content, "a b ");
assert.equal((await answer("b a")).content[0].text, "a b ");

// An error before the first chunk is a status, one after it an error of the stream.
for (const call of [complete, answer]) {
  await assert.rejects(call(" ", { stream: true }), (error) => error.status === 422 && /prompt is empty/.test(error.message));
  await assert.rejects(call("fail"), (error) => error.status === 500);
  await assert.rejects(all(call("fail after this", { stream: true })), /the server failed/);
}

// A client that has had enough leaves.
const words = Array(10_000).fill("word").join(" ");
for (const call of [complete, answer]) {
  const stream = await call(words, { stream: true });
  for await (const _ of stream) break;
  stream.controller.abort();
}
