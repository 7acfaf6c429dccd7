// npm's `openai`, as its README reads a streamed completion.
import { drive, installed } from "./drive.mjs";

const { OpenAI } = installed("openai");

await drive(({ url }, show) => {
  const client = new OpenAI({ apiKey: "none", baseURL: url });
  const aborted = new AbortController();
  const request = { model: "m", messages: [{ role: "user", content: "count" }], stream: true };
  const read = async () => {
    const stream = await client.chat.completions.create(request, { signal: aborted.signal });
    for await (const chunk of stream) {
      show("event", { name: "message", data: chunk.choices?.[0]?.delta?.content });
    }
  };
  read()
    .catch((error) => show("error", { text: String(error) }))
    .finally(() => show("end"));
  return () => aborted.abort();
});
