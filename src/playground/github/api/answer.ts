// The way of a request through the stand-in: who calls, may they, is the request what GitHub describes, handle it, and is
// the answer what GitHub describes. In: a request. Out: an answer; a refusal is one too. It never listens on anything.

import { createHash } from "node:crypto";
import type { Repository } from "../repository.ts";
import type { World } from "../world.ts";
import { authorize, canSee, identify } from "./access.ts";
import { isObject, type JsonObject } from "./json-schema.ts";
import type { Limits, Weight } from "./limits.ts";
import { gitHubOpenApi, type Parameter } from "./openapi.ts";
import { pageOf } from "./paging.ts";
import { notFound, Refusal } from "./refusal.ts";
import { type Actor, type Call, matchRoute, type Reply, type Route } from "./route.ts";

export type Request = {
  readonly method: string;
  /** Below the API's root, with its escapes. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: string };

export type Api = { readonly world: World; readonly routes: readonly Route[]; readonly limits: Limits };

/** Answers one request of the API. */
export function answer(api: Api, request: Request): Answer {
  let route: Route | undefined;
  try {
    const actor = identify(api.world, request.headers.authorization);
    const match = matchRoute(api.routes, request.method, request.path);
    if (match === undefined) throw notFound();
    route = match.route;
    return answerMatched(api, request, actor, match);
  } catch (thrown) {
    return refused(api.world, route, thrown);
  }
}

function answerMatched(
  api: Api,
  request: Request,
  actor: Actor,
  { route, params }: { readonly route: Route; readonly params: Record<string, string> },
): Answer {
  const { world, limits } = api;
  const repository = repositoryOf(world, actor, params);
  const limitHeaders = limits.count(actor, weightOf(route));
  authorize(actor, route.needs, repository);
  const body = bodyOf(request);
  refuseWrongRequest(route, params, request.query, body);
  const accept = request.headers.accept ?? "";
  const call: Call = { world, actor, params, query: request.query, body, accept };
  const reply = route.handle(call, repository as Repository);
  const answered = written(api, request, route, reply, limitHeaders);
  return answered.status === 304
    ? { ...answered, headers: { ...answered.headers, ...limits.refund(actor) } }
    : answered;
}

/** What GitHub tells people about, and what therefore has a limit of its own. */
const TOLD = /\/(issues\/\{issue_number\}\/comments|pulls\/\{pull_number\}\/reviews|issues|pulls)$/;

function weightOf({ method, template }: Route): Weight {
  const writes = method !== "GET" && !template.endsWith("/access_tokens");
  return { writes, tells: method === "POST" && TOLD.test(template) };
}

/** The repository that the path names, as far as the caller may know of it. */
function repositoryOf(world: World, actor: Actor, params: Record<string, string>): Repository | undefined {
  const { owner, repo } = params;
  if (owner === undefined || repo === undefined) return undefined;
  const repository = world.repositories.get(`${owner}/${repo}`.toLowerCase());
  if (repository === undefined) throw notFound();
  if (actor.kind !== "app" && !canSee(actor, repository)) throw notFound();
  return repository;
}

function bodyOf(request: Request): JsonObject {
  if (request.body === "") return {};
  try {
    const parsed: unknown = JSON.parse(request.body);
    if (isObject(parsed)) return parsed;
  } catch {
    // Told to the caller below, in GitHub's words.
  }
  throw new Refusal(400, "Problems parsing JSON");
}

function refuseWrongRequest(
  route: Route,
  params: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>>,
  body: JsonObject,
): void {
  const github = gitHubOpenApi();
  const wrong = github.parameters(route.method, route.template).flatMap((parameter) => {
    const raw = rawValue(parameter, params, query);
    if (raw === undefined) return parameter.required ? [`${parameter.name} is missing`] : [];
    return github.checkParameter(parameter, raw).map((error) => `${parameter.name}: ${error}`);
  });
  const errors = [...wrong, ...github.checkBody(route.method, route.template, body)];
  if (errors.length > 0) throw new Refusal(422, `Invalid request.\n\n${errors.join("\n")}`);
}

function rawValue(
  { place, name }: Parameter,
  params: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>>,
): string | undefined {
  if (place === "path") return params[name];
  // Headers are the transport's business; none that GitHub describes is required.
  return place === "query" ? query[name] : undefined;
}

function written(
  { world }: Api,
  request: Request,
  route: Route,
  reply: Reply,
  limitHeaders: Readonly<Record<string, string>>,
): Answer {
  if ("text" in reply && reply.text) return textAnswer(reply.status, reply.text, limitHeaders);
  const paged = "items" in reply ? pageOf(world, request.path, request.query, reply) : undefined;
  const status = "items" in reply ? 200 : reply.status;
  const body = paged ? paged.body : "items" in reply ? undefined : reply.body;
  judge(world, route, status, body);
  const text = body === undefined ? "" : JSON.stringify(body);
  const etag = `W/"${createHash("sha256").update(text).digest("hex")}"`;
  const headers = { ...jsonHeaders(world), ...limitHeaders, ...paged?.headers };
  if (route.method !== "GET") return { status, headers, body: text };
  const isSame = request.headers["if-none-match"] === etag;
  return { status: isSame ? 304 : status, headers: { ...headers, etag }, body: isSame ? "" : text };
}

function textAnswer(
  status: number,
  text: { type: string; body: string },
  headers: Readonly<Record<string, string>>,
): Answer {
  return { status, headers: { ...headers, "content-type": text.type }, body: text.body };
}

/** An answer that GitHub would not give is our bug: recorded, and loud. */
function judge(world: World, route: Route, status: number, body: unknown): void {
  const errors = gitHubOpenApi().checkAnswer(route.method, route.template, status, body);
  if (errors.length === 0) return;
  world.violations.push({ where: `${route.method} ${route.template} ${status}`, errors });
  throw new Error(`the stand-in's own answer is not GitHub's: ${route.method} ${route.template}: ${errors.join("; ")}`);
}

function refused(world: World, route: Route | undefined, thrown: unknown): Answer {
  if (!(thrown instanceof Refusal)) return bug(world, route, thrown);
  const { status, body, headers } = thrown;
  const errors = route ? gitHubOpenApi().checkAnswer(route.method, route.template, status, body) : [];
  if (errors.length > 0) world.violations.push({ where: `${route?.method} ${route?.template} ${status}`, errors });
  return { status, headers: { ...jsonHeaders(world), ...headers }, body: JSON.stringify(body) };
}

function bug(world: World, route: Route | undefined, thrown: unknown): Answer {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const where = `${route?.method ?? ""} ${route?.template ?? ""} threw`;
  if (!message.startsWith("the stand-in's own answer")) world.violations.push({ where, errors: [message] });
  return { status: 500, headers: jsonHeaders(world), body: JSON.stringify({ message }) };
}

function jsonHeaders({ clock }: World): Record<string, string> {
  return {
    date: new Date(clock.now()).toUTCString(),
    "content-type": "application/json; charset=utf-8",
    "x-github-media-type": "github.v3; format=json",
    "x-github-api-version-selected": "2022-11-28",
  };
}
