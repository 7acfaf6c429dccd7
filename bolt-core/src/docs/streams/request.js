// The form of a stream: a field for each of its parameters, and the request that they make.

// A field as the OpenAPI document describes it, or as the path alone tells.
function parameters(stream, resolve) {
  if (stream.operation) return (stream.operation.parameters ?? []).map(resolve);
  const names = [...pathOf(stream).matchAll(/\{([^}]+)\}/g)].map((found) => found[1]);
  return names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
}

// The path as the document has it: `{{` and `}}` are braces, and the rest of a path is a parameter like any other.
export function pathOf({ path }) {
  const escaped = { "{{": "%7B", "}}": "%7D" };
  return path.replace(/\{\{|\}\}|\{\*?([^}]*)\}/g, (part, name) => escaped[part] ?? `{${name}}`);
}

export class Request {
  #stream;
  #fields = [];
  #body = null;
  #query = null;
  #headers;

  // Puts the fields for this stream in the place of those that are there.
  constructor(stream, place, headers, resolve) {
    this.#stream = stream;
    this.#headers = headers;
    place.replaceChildren();
    for (const parameter of parameters(stream, resolve)) {
      if (parameter.in === "cookie") continue;
      const schema = resolve(parameter.schema ?? {});
      const control = controlOf(schema, resolve);
      control.required = parameter.required === true;
      if (schema.default !== undefined) control.placeholder = String(schema.default);
      this.#fields.push({ parameter, list: isList(schema), control });
      const hint = [parameter.in, parameter.required ? "required" : "", parameter.description ?? ""];
      place.append(labelled(parameter.name, hint.filter(Boolean).join(", "), control));
    }
    const body = stream.operation?.requestBody;
    if (body) {
      const types = Object.keys(resolve(body).content ?? {});
      const control = document.createElement("textarea");
      control.rows = 4;
      this.#body = { control, type: types[0] ?? "application/json", required: resolve(body).required === true };
      place.append(labelled("body", this.#body.type, control, "wide"));
    }
    if (!stream.operation) {
      this.#query = document.createElement("input");
      place.append(labelled("query", "such as a=1&b=2", this.#query));
    }
  }

  // Its address, and what `fetch` is to be told.
  make(root) {
    const query = new URLSearchParams(this.#query?.value ?? "");
    const headers = new Headers({ accept: "text/event-stream" });
    const inPath = new Map();
    for (const { parameter, list, control } of this.#fields) {
      const { name } = parameter;
      const values = list ? control.value.split(/\s*,\s*/).filter(Boolean) : [control.value];
      if (control.value === "" && parameter.in !== "path") continue;
      if (parameter.in === "path") inPath.set(name, control.value);
      else if (parameter.in === "query") values.forEach((value) => query.append(name, value));
      else if (parameter.in === "header") headers.set(name, control.value);
    }
    for (const line of this.#headers.value.split("\n").filter((line) => line.trim() !== "")) {
      const colon = line.indexOf(":");
      if (colon < 1) throw new Error(`The header "${line}" is not of the form "Name: value".`);
      headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    }
    const init = { method: this.#stream.method, headers, cache: "no-store" };
    // One that may be left out is left out: an empty one would be a bad one.
    if (this.#body && (this.#body.required || this.#body.control.value !== "")) {
      if (!headers.has("content-type")) headers.set("content-type", this.#body.type);
      init.body = this.#body.control.value;
    }
    // With a dot in front, else `/rooms:watch` would be an address of the scheme `rooms`.
    const url = new URL(`.${filled(this.#stream, inPath)}`, root);
    url.search = query;
    return { url, init };
  }
}

// The path with its values. Those of `{*rest}` may be several parts.
function filled(stream, values) {
  const several = [...stream.path.matchAll(/\{\*([^}]+)\}/g)].map((found) => found[1]);
  const encoded = (name) => {
    const value = values.get(name) ?? "";
    return several.includes(name) ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  };
  const path = pathOf(stream).replace(/\{([^}]+)\}/g, (_, name) => encoded(name));
  const dots = path.split("/").find((part) => part === "." || part === "..");
  if (dots) throw new Error(`A browser cannot ask for a path with the part "${dots}": it would ask for another path.`);
  return path;
}

function typesOf(schema) {
  return [schema.type ?? []].flat();
}

function isList(schema) {
  return typesOf(schema).includes("array");
}

function controlOf(schema, resolve) {
  const some = schema.oneOf?.map(resolve).find((part) => !typesOf(part).includes("null")) ?? schema;
  const choices = some.enum ?? (typesOf(some).includes("boolean") ? ["true", "false"] : null);
  if (choices) {
    const control = document.createElement("select");
    control.append(...["", ...choices].map((choice) => new Option(choice, choice)));
    return control;
  }
  const control = document.createElement("input");
  // Not `type=number`, which rounds what does not fit into a double.
  if (typesOf(some).includes("integer")) control.inputMode = "numeric";
  return control;
}

function labelled(name, hint, control, kind = "") {
  const label = document.createElement("label");
  label.className = kind;
  const small = document.createElement("small");
  small.textContent = hint;
  control.name = name;
  label.append(name, control, small);
  return label;
}
