// A client whose types come from the document alone: it asks, reads the answer line by line, and prints it.
import type { components, operations } from "./document.js";

type Question = operations["ask"]["requestBody"]["content"]["application/json"];
type Answers = operations["ask"]["responses"][200]["content"]["application/json"];
type Answer = Answers[number];

async function* ask(base: string, question: Question): AsyncGenerator<Answer> {
  const response = await fetch(`${base}/ask`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/jsonl" },
    body: JSON.stringify(question),
  });
  if (!response.ok || response.body === null) {
    throw new Error(`${response.status}`);
  }
  let rest = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      yield JSON.parse(line) as Answer;
    }
  }
}

function told(problem: components["schemas"]["Problem"]): string {
  return `${problem.status} ${problem.detail ?? problem.title}`;
}

for await (const answer of ask(process.argv[2]!, { prompt: "now" })) {
  if (typeof answer === "object" && "error" in answer) {
    console.log(told(answer.error));
  } else if (typeof answer === "object" && "token" in answer) {
    const text: string = answer.token.text;
    console.log(text);
  } else {
    console.log("other");
  }
}

// What the document does not allow does not compile.
// @ts-expect-error a prompt is text
void ((): AsyncGenerator<Answer> => ask("", { prompt: 7 }));
// @ts-expect-error there is no such field
void ((question: Question): unknown => question.text);
