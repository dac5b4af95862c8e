import { verify } from "node:crypto";
import { atLeast, type Repository, type Role, roleOf } from "../repository.ts";
import type { App, Level, World } from "../world.ts";
import { isObject, type JsonObject } from "./json-schema.ts";
import { forbidden, notFound, Refusal } from "./refusal.ts";
import type { Actor, Needs } from "./route.ts";

type RepositoryNeeds = Extract<Needs, { who: "repository" }>;

/** Who the Authorization header says is calling; 401 for a credential that is wrong, expired or too long-lived. */
export function identify(world: World, authorization: string | undefined): Actor {
  if (authorization === undefined || authorization === "") return { kind: "anonymous" };
  const [, credential] = /^(?:bearer|token) (\S+)$/i.exec(authorization) ?? [];
  if (credential === undefined) throw badCredentials();
  return credential.split(".").length === 3 ? appOf(world, credential) : holderOf(world, credential);
}

/** Refuses a caller who lacks what a route needs; 404 where GitHub hides that the repository exists. */
export function authorize(actor: Actor, needs: Needs, repository: Repository | undefined): void {
  if (needs.who === "anyone") return;
  if (needs.who === "app") {
    if (actor.kind !== "app") throw new Refusal(401, "A JSON web token could not be decoded");
    return;
  }
  if (needs.who === "installation") {
    if (actor.kind !== "installation") throw forbidden("You must authenticate with an installation access token");
    return;
  }
  if (repository === undefined) throw notFound();
  if (actor.kind === "installation") authorizeInstallation(actor, needs, repository);
  else if (actor.kind === "user") authorizeUser(actor, needs, repository);
  else if (actor.kind === "app") throw new Refusal(401, "Bad credentials");
  else authorizeAnonymous(needs, repository);
}

/** Whether the caller may know that a repository exists. */
export function canSee(actor: Actor, repository: Repository): boolean {
  if (!repository.private) return true;
  if (actor.kind === "installation") return actor.repositories.includes(repository);
  return actor.kind === "user" && roleOf(repository, actor.user) !== undefined;
}

function authorizeAnonymous(needs: RepositoryNeeds, repository: Repository): void {
  if (repository.private) throw notFound();
  if (needs.level !== "read") throw new Refusal(401, "Requires authentication");
}

function authorizeInstallation(
  actor: Extract<Actor, { kind: "installation" }>,
  needs: RepositoryNeeds,
  repository: Repository,
): void {
  if (!actor.repositories.includes(repository)) {
    if (repository.private) throw notFound();
    if (needs.level !== "read") throw forbidden();
    return;
  }
  if (!needs.anyOf.some((name) => name === "metadata" || covers(actor.permissions[name], needs.level)))
    throw forbidden();
}

function covers(held: Level | undefined, needed: Level): boolean {
  const order: readonly Level[] = ["read", "write", "admin"];
  return held !== undefined && order.indexOf(held) >= order.indexOf(needed);
}

/** What people need: anyone who can read may comment, changing code takes write. */
const ROLE_FOR: Readonly<Record<string, Role>> = { issues: "read", pull_requests: "read" };

function authorizeUser(
  { user }: Extract<Actor, { kind: "user" }>,
  needs: RepositoryNeeds,
  repository: Repository,
): void {
  const role = roleOf(repository, user);
  if (role === undefined) throw notFound();
  if (needs.appsOnly) throw forbidden("You must authenticate via a GitHub App.");
  const needed = needs.level === "read" ? "read" : (ROLE_FOR[needs.anyOf[0] ?? ""] ?? "write");
  if (!atLeast(role, needed)) throw forbidden("Must have write access to the repository.");
}

function holderOf(world: World, credential: string): Actor {
  const token = world.tokens.get(credential);
  if (token === undefined) throw badCredentials();
  if (token.kind === "user") return { kind: "user", user: token.user };
  if (token.expiresAt <= world.clock.now()) throw badCredentials();
  const { installation, permissions, repositories } = token;
  return { kind: "installation", app: installation.app, permissions, repositories };
}

const LONGEST_JWT_SECONDS = 600;

/** An app's JWT: RS256 by its own key, not expired, and never good for more than ten minutes. */
function appOf(world: World, jwt: string): Actor {
  const [head = "", claims = "", signature = ""] = jwt.split(".");
  const app = world.apps.get(Number(decodePart(claims).iss)) ?? appOfClientId(world, decodePart(claims).iss);
  if (app === undefined) throw new Refusal(404, "Integration not found");
  if (decodePart(head).alg !== "RS256" || !isSigned(app, `${head}.${claims}`, signature)) {
    throw new Refusal(401, "A JSON web token could not be decoded");
  }
  checkTimes(world, decodePart(claims));
  return { kind: "app", app };
}

function appOfClientId(world: World, issuer: unknown): App | undefined {
  return [...world.apps.values()].find((app) => clientIdOf(app) === issuer);
}

/** The text id that an app may use as issuer instead of its number. */
export function clientIdOf(app: App): string {
  return `Iv23li${String(app.id).padStart(14, "0")}`;
}

function isSigned(app: App, signed: string, signature: string): boolean {
  return verify("RSA-SHA256", Buffer.from(signed), app.publicKey, Buffer.from(signature, "base64url"));
}

function checkTimes(world: World, { iat, exp }: JsonObject): void {
  const now = Math.floor(world.clock.now() / 1000);
  if (typeof exp !== "number" || exp <= now) {
    throw new Refusal(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time");
  }
  if (exp > now + LONGEST_JWT_SECONDS)
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  if (typeof iat !== "number" || iat > now + 60)
    throw new Refusal(401, "'Issued at' claim ('iat') must be in the past");
}

function decodePart(part: string): JsonObject {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return isObject(decoded) ? decoded : {};
  } catch {
    // Not JSON: a token of nobody.
    return {};
  }
}

function badCredentials(): Refusal {
  return new Refusal(401, "Bad credentials");
}
