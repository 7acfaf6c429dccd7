// The page: the list of streams, and the one that is chosen.

import { Connection } from "./connection.js";
import { Log } from "./log.js";
import { Rate } from "./rate.js";
import { Request, pathOf } from "./request.js";

const $ = (id) => document.getElementById(id);
const address = (name) => new URL(document.body.dataset[name], location.href);

const log = new Log($("log"), $("held"));
let api = {};
let streams = [];
let chosen = null;
let connection = null;
let figures = fresh();

function fresh() {
  return { events: 0, last: null, eventRate: new Rate(), byteRate: new Rate() };
}

// A part of the document, where another part only refers to it.
function resolve(part) {
  for (let depth = 0; part?.$ref && depth < 20; depth += 1) {
    const keys = part.$ref.replace(/^#\//, "").split("/");
    part = keys.reduce((at, key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], api);
  }
  return part ?? {};
}

async function json(url) {
  const response = await fetch(url, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`);
  return response.json();
}

// The list.

const keyOf = ({ method, path }) => `${method} ${path}`;

function listed(stream) {
  const operation = api.paths?.[pathOf(stream)]?.[stream.method.toLowerCase()] ?? null;
  const link = document.createElement("a");
  link.href = `#${encodeURIComponent(keyOf(stream))}`;
  const parts = ["route", "open", "summary"].map((name) => {
    const part = document.createElement("span");
    part.className = name;
    return part;
  });
  parts[0].textContent = keyOf(stream);
  parts[2].textContent = operation?.summary ?? "";
  link.append(...parts);
  const row = document.createElement("li");
  row.append(link);
  return { ...stream, operation, row, link, open: parts[1], now: null };
}

function count(counts) {
  let all = 0;
  for (const now of counts.streams) {
    const stream = streams.find((stream) => keyOf(stream) === keyOf(now));
    if (!stream) continue;
    // One that nobody has asked for has no counts.
    stream.now = { open: 0, started: 0, ended: [], refused: [], events: 0, bytes: 0, ...now };
    all += stream.now.open;
    stream.open.textContent = `${stream.now.open} open`;
    stream.open.classList.toggle("some", stream.now.open > 0);
  }
  $("totals").textContent = `${all} open`;
  server();
}

// What the server has counted for the stream that is chosen, for all its clients.
function server() {
  if (!chosen) return;
  const { open, started, ended, refused, events, bytes } = chosen.now;
  const some = [...ended, ...refused].filter(([, count]) => count > 0);
  const parts = [[open, "open"], [started, "begun"], ...some.map(([why, count]) => [count, why.replaceAll("_", " ")]),
    [events, "events"], [bytes, "bytes"]];
  $("server").textContent = parts.map(([count, what]) => `${count.toLocaleString("en")} ${what}`).join(", ");
}

function find() {
  const text = $("find").value.toLowerCase();
  for (const { row, path, name, operation } of streams) {
    row.hidden = ![path, name, operation?.summary ?? ""].some((part) => part.toLowerCase().includes(text));
  }
}

// None when it is nothing that a link of the list would say.
function chosenKey() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return null;
  }
}

function choose() {
  const key = chosenKey();
  const stream = streams.find((stream) => keyOf(stream) === key);
  if (!stream || stream === chosen) return;
  connection?.stop();
  connection = null;
  chosen?.link.removeAttribute("aria-current");
  chosen = stream;
  chosen.link.setAttribute("aria-current", "page");
  const { operation } = stream;
  $("choose").hidden = true;
  $("chosen").hidden = false;
  $("method").textContent = stream.method;
  $("path").textContent = stream.path;
  const about = [operation?.summary, operation?.description].filter(Boolean);
  $("about").textContent = about.join("\n\n") || (operation ? "" : "It is not in the API documentation.");
  chosen.request = new Request(stream, $("fields"), $("headers"), resolve);
  $("more").open = (operation?.security ?? api.security ?? []).some((need) => Object.keys(need).length > 0);
  server();
  reset();
  $("answer").hidden = true;
  say("");
  buttons();
}

// The stream that is open.

function reset() {
  figures = fresh();
  log.clear();
  show();
}

function say(text, bad = false) {
  $("state").textContent = text;
  $("state").classList.toggle("bad", bad);
}

function buttons() {
  $("stop").disabled = !connection;
  $("resume").disabled = Boolean(connection) || !figures.last;
}

function show() {
  $("events").textContent = figures.events.toLocaleString("en");
  $("rate").textContent = figures.eventRate.value().toLocaleString("en", { maximumFractionDigits: 1 });
  $("bytes").textContent = Math.round(figures.byteRate.value()).toLocaleString("en");
  $("last").textContent = figures.last || "none";
}

// What bolt says of a stream that is finished, or of where its reader is: no event of the function.
function isNotice({ name, id, data }) {
  return data === "null" && id !== null && (id === "bolt-finished" || name === "position");
}

// The text, and whether it is bad news.
function end({ events, comment, retry, finished, error }) {
  if (finished) return ["The stream is finished.", false];
  if (error) return ["The stream has ended with an error.", true];
  const sentAway = events === 0 && comment !== null && retry !== null;
  if (!sentAway) return ["The server has ended the stream.", false];
  const wait = `to be asked again in ${(retry / 1000).toLocaleString("en")} s`;
  return [`The server has ended the stream before its first event: ${comment}, ${wait}.`, true];
}

function refusal({ status, headers }) {
  if (status === 204) return "There is nothing more: the stream has finished (status 204).";
  const wait = headers.get("retry-after");
  return `No stream: status ${status}${wait ? `, to be asked again in ${wait} s` : ""}.`;
}

// A header is bytes, and an id is UTF-8.
const bytesOf = (text) => String.fromCharCode(...new TextEncoder().encode(text));

function open(after) {
  let request;
  try {
    request = chosen.request.make(address("root"));
    if (after) request.init.headers.set("last-event-id", bytesOf(after));
  } catch (error) {
    say(error.message, true);
    return;
  }
  connection?.stop();
  if (!after) reset();
  $("answer").hidden = true;
  say("Opening …");
  // What an earlier one still says is not about this one.
  let own = null;
  // What was said beside events: an app that is full ends at once, and says when to come back.
  let beside = { events: 0, comment: null, retry: null, finished: false, error: false };
  const mine = (then) => (...args) => own === connection && then(...args);
  const over = (then) => mine((...args) => {
    connection = null;
    then(...args);
    buttons();
    show();
  });
  own = connection = new Connection(request, {
    opened: mine((response) => say(`Open, status ${response.status}.`)),
    bytes: mine((length) => figures.byteRate.add(length)),
    block: mine((block) => {
      if (block.id !== null) figures.last = block.id;
      beside.comment = block.comment ?? beside.comment;
      beside.retry = block.retry ?? beside.retry;
      beside.finished ||= block.id === "bolt-finished" && block.name !== "error";
      beside.error ||= block.name === "error";
      if (block.data !== null && !isNotice(block)) {
        beside.events += 1;
        figures.events += 1;
        figures.eventRate.add(1);
      }
      log.add(block);
    }),
    ended: over(() => say(...end(beside))),
    stopped: over(() => say("Stopped.")),
    refused: over((response, text) => {
      say(refusal(response), response.status >= 400);
      $("answer").textContent = text;
      $("answer").hidden = text === "";
    }),
    failed: over((error) => say(`The connection failed: ${error.message}`, true)),
  });
  buttons();
}

$("request").addEventListener("submit", (event) => {
  event.preventDefault();
  open(null);
});
$("stop").addEventListener("click", () => connection?.stop());
$("resume").addEventListener("click", () => open(figures.last));
$("clear").addEventListener("click", () => log.clear());
$("pause").addEventListener("click", ({ currentTarget: button }) => {
  const paused = button.ariaPressed !== "true";
  button.ariaPressed = String(paused);
  log.pause(paused);
});
$("filter").addEventListener("input", ({ currentTarget }) => log.filter(currentTarget.value));
$("view").addEventListener("change", ({ currentTarget }) => log.view(currentTarget.value === "raw"));
$("find").addEventListener("input", find);
addEventListener("hashchange", choose);
setInterval(show, 500);

// The first counts make the list; the later ones keep it true, while someone looks.
async function start() {
  const [counts, described] = await Promise.all([json(address("counts")), json(address("document"))]);
  api = described;
  streams = counts.streams.map(listed);
  $("streams").replaceChildren(...streams.map(({ row }) => row));
  $("none").hidden = streams.length > 0;
  count(counts);
  choose();
}

async function poll() {
  let wait = 1000;
  if (document.visibilityState === "visible") {
    try {
      count(await json(address("counts")));
    } catch {
      $("totals").textContent = "the server does not answer";
      wait = 5000;
    }
  }
  setTimeout(poll, wait);
}

start().then(() => setTimeout(poll, 1000), (error) => {
  $("choose").textContent = `The streams cannot be listed: ${error.message}. Load the page again.`;
});
