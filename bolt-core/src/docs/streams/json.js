// Indents JSON as it was sent: numbers keep all their digits, which `JSON.parse` would round.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

// Text that is no JSON stays as it is.
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const tokens = text.match(TOKEN);
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return tokens.map((token, at) => {
    if (token === "{" || token === "[") {
      depth += 1;
      return isEnd(tokens[at + 1]) ? token : token + line();
    }
    if (isEnd(token)) {
      depth -= 1;
      return isStart(tokens[at - 1]) ? token : line() + token;
    }
    if (token === ",") return token + line();
    return token === ":" ? ": " : token;
  }).join("");
}

const isStart = (token) => token === "{" || token === "[";
const isEnd = (token) => token === "}" || token === "]";
