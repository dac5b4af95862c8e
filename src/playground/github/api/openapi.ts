// GitHub's own description of its API, as a judge. In: a route, and what was said on it. Out: what is wrong with that.
// Schemas are compiled when a route is first used; the document is read once per process.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { isObject, type Json, type JsonObject, toJsonSchema } from "./json-schema.ts";

export type ParameterPlace = "path" | "query" | "header";
export type Parameter = {
  readonly name: string;
  readonly place: ParameterPlace;
  readonly required: boolean;
  readonly schema: JsonObject;
};

export type OpenApi = {
  /** Whether GitHub has such a route at all. */
  has(method: string, template: string): boolean;
  parameters(method: string, template: string): readonly Parameter[];
  /** What GitHub's description holds against a request body; empty when it is fine. */
  checkBody(method: string, template: string, body: unknown): readonly string[];
  checkParameter(parameter: Parameter, raw: string): readonly string[];
  checkAnswer(method: string, template: string, status: number, body: unknown): readonly string[];
  checkWebhook(event: string, action: string | undefined, payload: unknown): readonly string[];
};

/**
 * Where the description contradicts itself. The list of installations asks of each account that it be a user and an
 * enterprise at once (allOf where the single installation has anyOf); the single installation's schema is right.
 */
const CORRECTIONS: Readonly<Record<string, Json>> = {
  "GET /app/installations 200": { type: "array", items: { $ref: "#/components/schemas/installation" } },
};

const ROOT = "github";
const MOST_ERRORS_SHOWN = 8;

let shared: OpenApi | undefined;

/** The judge; made on first use, since reading 13 MB of description takes a moment. */
export function gitHubOpenApi(): OpenApi {
  shared ??= openApiOf(readDescription());
  return shared;
}

/** A judge for any OpenAPI 3.0 document shaped like GitHub's. */
export function openApiOf(document: JsonObject): OpenApi {
  const ajv = validatorFor(document);
  const compiled = new Map<string, ValidateFunction>();
  const check = (key: string, schema: Json | undefined, value: unknown): readonly string[] => {
    if (schema === undefined) return [];
    const validate = compiled.get(key) ?? ajv.compile(toJsonSchema(schema, ROOT) as JsonObject);
    compiled.set(key, validate);
    return validate(value) ? [] : sentencesOf(validate.errors ?? []);
  };
  const operation = (method: string, template: string): JsonObject | undefined =>
    objectAt(document, "paths", template, method.toLowerCase());
  return {
    has: (method, template) => operation(method, template) !== undefined,
    parameters: (method, template) => parametersOf(document, operation(method, template)),
    checkBody: (method, template, body) =>
      check(`${method} ${template}`, bodySchema(operation(method, template)), body),
    checkParameter: (parameter, raw) =>
      check(`parameter ${JSON.stringify(parameter)}`, parameter.schema, jsonOf(parameter, raw)),
    checkAnswer: (method, template, status, body) => {
      const answer = answerOf(document, operation(method, template), status);
      if (answer === undefined) return [`GitHub does not describe an answer ${status} here`];
      const key = `${method} ${template} ${status}`;
      return check(key, CORRECTIONS[key] ?? answer.schema, body);
    },
    checkWebhook: (event, action, payload) => {
      const name = [event, action]
        .filter((part) => part !== undefined)
        .join("-")
        .replaceAll("_", "-");
      const post = objectAt(document, "x-webhooks", name, "post");
      return post === undefined
        ? [`GitHub has no webhook ${name}`]
        : check(`webhook ${name}`, bodySchema(post), payload);
    },
  };
}

function readDescription(): JsonObject {
  const file = createRequire(import.meta.url).resolve("@octokit/openapi/generated/api.github.com.json");
  return JSON.parse(readFileSync(file, "utf8"));
}

/** `strict: false`: the description carries keywords of OpenAPI that a strict JSON Schema validator would refuse to load. */
function validatorFor(document: JsonObject): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false, formats: FORMATS, logger: false });
  const schemas = toJsonSchema(objectAt(document, "components", "schemas") ?? {}, ROOT);
  ajv.addSchema({ $id: ROOT, components: { schemas } } as JsonObject);
  return ajv;
}

/** The formats that a wrong value would really break somebody on; the others say nothing about a JSON text. */
const FORMATS = {
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  // An address that was not given is answered as an empty text.
  uri: /^([a-z][a-z0-9+.-]*:\S+)?$/i,
  email: /^\S+@\S+$/,
  int64: true,
  int32: true,
  double: true,
  date: true,
  timestamp: true,
  "uri-template": true,
  hostname: true,
  ip: true,
  "ssh-rsa": true,
  password: true,
  regex: true,
} as const;

function parametersOf(document: JsonObject, operation: JsonObject | undefined): readonly Parameter[] {
  const listed = operation?.parameters;
  if (!Array.isArray(listed)) return [];
  return listed
    .map((item: Json) => dereference(document, item))
    .filter(isObject)
    .map(({ name, in: place, required, schema }) => ({
      name: String(name),
      place: place as ParameterPlace,
      required: required === true,
      schema: isObject(schema) ? schema : {},
    }));
}

/** A parameter arrives as text; a number is judged as a number when it reads as one, and as the text it is when not. */
function jsonOf({ schema }: Parameter, raw: string): unknown {
  if (schema.type === "integer" || schema.type === "number") return raw.trim() === "" ? raw : Number(raw);
  if (schema.type === "boolean" && (raw === "true" || raw === "false")) return raw === "true";
  return schema.type === "array" ? raw.split(",") : raw;
}

function bodySchema(operation: JsonObject | undefined): Json | undefined {
  return objectAt(operation ?? {}, "requestBody", "content", "application/json")?.schema;
}

/** Refusals are described once for all routes; a route that does not list one of them can still give it. */
const COMMON_REFUSALS: Readonly<Record<number, string>> = {
  400: "basic-error",
  401: "basic-error",
  403: "basic-error",
  404: "basic-error",
  405: "basic-error",
  409: "basic-error",
  429: "basic-error",
  422: "validation-error",
  500: "basic-error",
};

type Described = { readonly schema: Json | undefined };

function answerOf(document: JsonObject, operation: JsonObject | undefined, status: number): Described | undefined {
  const described = dereference(document, objectAt(operation ?? {}, "responses")?.[status]);
  if (isObject(described)) return { schema: objectAt(described, "content", "application/json")?.schema };
  const common = COMMON_REFUSALS[status];
  return common === undefined ? undefined : { schema: { $ref: `#/components/schemas/${common}` } };
}

function dereference(document: JsonObject, value: Json | undefined): Json | undefined {
  if (!isObject(value) || typeof value.$ref !== "string") return value;
  return objectAt(document, ...value.$ref.replace("#/", "").split("/"));
}

function objectAt(from: JsonObject, ...path: readonly string[]): JsonObject | undefined {
  let found: Json | undefined = from;
  for (const key of path) found = isObject(found) ? found[key] : undefined;
  return isObject(found) ? found : undefined;
}

function sentencesOf(errors: readonly ErrorObject[]): readonly string[] {
  return errors.slice(0, MOST_ERRORS_SHOWN).map(({ instancePath, message, params }) => {
    const value = "allowedValues" in params ? ` (${(params.allowedValues as readonly unknown[]).join(", ")})` : "";
    return `${instancePath === "" ? "/" : instancePath} ${message}${value}`;
  });
}
