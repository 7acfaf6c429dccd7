// Indents JSON as it was sent: numbers keep all their digits, which `JSON.parse` would round.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

// What is longer than this is shown as it came, and so is what is no JSON, or too deep to be indented.
const LENGTH = 200_000;
const DEPTH = 100;

export function pretty(text) {
  if (text.length > LENGTH) return text;
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  return indented(text) ?? text;
}

function indented(text) {
  const tokens = text.match(TOKEN);
  let depth = 0;
  let most = 0;
  const line = () => `\n${"  ".repeat(Math.min(depth, DEPTH))}`;
  const parts = tokens.map((token, at) => {
    if (token === "{" || token === "[") {
      depth += 1;
      most = Math.max(most, depth);
      return isEnd(tokens[at + 1]) ? token : token + line();
    }
    if (isEnd(token)) {
      depth -= 1;
      return isStart(tokens[at - 1]) ? token : line() + token;
    }
    if (token === ",") return token + line();
    return token === ":" ? ": " : token;
  });
  return most > DEPTH ? null : parts.join("");
}

const isStart = (token) => token === "{" || token === "[";
const isEnd = (token) => token === "}" || token === "]";
