// The one mutation of GitHub's GraphQL that REST has no route for: folding a comment away. Errors come as GraphQL gives
// them, with status 200 and a list.

import { minimizeComment } from "../actions/comments.ts";
import { atLeast, findComment, type Repository, roleOf } from "../repository.ts";
import { numberOfNodeId, type World } from "../world.ts";
import { identify } from "./access.ts";
import type { Answer, Request } from "./answer.ts";
import { isObject, type JsonObject } from "./json-schema.ts";
import { Refusal } from "./refusal.ts";
import type { Actor } from "./route.ts";

const CLASSIFIERS = ["ABUSE", "DUPLICATE", "OFF_TOPIC", "OUTDATED", "RESOLVED", "SPAM"];

/** Answers `POST /graphql`. */
export function answerGraphql(world: World, request: Request): Answer {
  try {
    const actor = identify(world, request.headers.authorization);
    if (actor.kind === "anonymous") throw new Refusal(401, "This endpoint requires you to be authenticated.");
    return written(200, minimize(world, actor, parsed(request.body)));
  } catch (thrown) {
    if (thrown instanceof Refusal) return written(thrown.status, thrown.body);
    throw thrown;
  }
}

function parsed(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  throw new Refusal(400, "Problems parsing JSON");
}

function minimize(world: World, actor: Actor, { query, variables }: JsonObject): JsonObject {
  const text = String(query);
  if (!/\bmutation\b/.test(text) || !/\bminimizeComment\s*\(/.test(text)) {
    return problem("UNSUPPORTED", "This stand-in knows the mutation minimizeComment and nothing else");
  }
  const { subjectId, classifier } = inputOf(text, isObject(variables) ? variables : {});
  if (!CLASSIFIERS.includes(classifier)) return problem("ARGUMENT_ERROR", `classifier is not one of ${CLASSIFIERS}`);
  const found = commentOf(world, subjectId);
  if (found === undefined)
    return problem("NOT_FOUND", `Could not resolve to a node with the global id of '${subjectId}'`);
  if (!mayFold(actor, found.repository)) return problem("FORBIDDEN", "Resource not accessible by integration");
  minimizeComment(world, found.repository, found, classifier);
  const minimizedComment = { isMinimized: true, minimizedReason: classifier.toLowerCase() };
  return { data: { minimizeComment: { minimizedComment } } };
}

/** The input object of the mutation: as variables, whole or one by one, or written into the query itself. */
function inputOf(query: string, variables: JsonObject): { readonly subjectId: string; readonly classifier: string } {
  const whole = isObject(variables.input) ? variables.input : {};
  const field = (name: string): string => {
    const [, variable, quoted, bare] = new RegExp(`${name}\\s*:\\s*(?:\\$(\\w+)|"([^"]*)"|(\\w+))`).exec(query) ?? [];
    return String(whole[name] ?? (variable === undefined ? undefined : variables[variable]) ?? quoted ?? bare ?? "");
  };
  return { subjectId: field("subjectId"), classifier: field("classifier") };
}

function commentOf(world: World, node: string) {
  const id = numberOfNodeId("IC", node);
  if (id === undefined) return undefined;
  for (const repository of world.repositories.values()) {
    const found = findComment(repository, id);
    if (found) return { repository, ...found };
  }
  return undefined;
}

function mayFold(actor: Actor, repository: Repository): boolean {
  if (actor.kind === "user") return atLeast(roleOf(repository, actor.user), "write");
  if (actor.kind !== "installation" || !actor.repositories.includes(repository)) return false;
  return actor.permissions.issues === "write" || actor.permissions.pull_requests === "write";
}

function problem(type: string, message: string): JsonObject {
  return { data: null, errors: [{ type, message, path: ["minimizeComment"] }] };
}

function written(status: number, body: unknown): Answer {
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(body) };
}
