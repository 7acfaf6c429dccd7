// Reads an OpenAPI document and holds it against the official JSON Schema of OpenAPI 3.2, with all dialects.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/${process.env.TEST_PACKAGES}/npm/`);
const { validate } = await import(pathToFileURL(require.resolve("@hyperjump/json-schema/openapi-3-2")));

const isValid = await validate("https://spec.openapis.org/oas/3.2/schema-base");
const { valid, errors } = isValid(JSON.parse(readFileSync(0, "utf8")), "BASIC");
if (!valid) {
  console.error(JSON.stringify(errors, null, 2));
  process.exit(1);
}
