import type { Repository } from "../repository.ts";
import type { App, Author, Level, Permissions, User, World } from "../world.ts";
import type { JsonObject } from "./json-schema.ts";
import { notFound } from "./refusal.ts";

/** Who calls: an app by its JWT, an installation or a person by token, or nobody. */
export type Actor =
  | { readonly kind: "anonymous" }
  | { readonly kind: "app"; readonly app: App }
  | {
      readonly kind: "installation";
      readonly app: App;
      readonly permissions: Permissions;
      readonly repositories: readonly Repository[];
    }
  | { readonly kind: "user"; readonly user: User };

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/** What a caller needs. `anyOf`: one of these permissions is enough, as for comments on pull requests. */
export type Needs =
  | { readonly who: "anyone" }
  | { readonly who: "app" }
  | { readonly who: "installation" }
  | {
      readonly who: "repository";
      readonly anyOf: readonly string[];
      readonly level: Level;
      readonly appsOnly?: boolean;
    };

export type Call = {
  readonly world: World;
  readonly actor: Actor;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  readonly accept: string;
};

export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly text?: { type: string; body: string } }
  /** A collection: cut into pages and linked by whoever answers. */
  | { readonly items: readonly unknown[]; readonly wrap?: (page: readonly unknown[], total: number) => unknown };

export type Route = {
  readonly method: Method;
  /** As written in GitHub's description; it is also the key to it. */
  readonly template: string;
  readonly needs: Needs;
  readonly handle: (call: Call, repository: Repository) => Reply;
};

/** A route inside a repository for callers who hold one of the permissions. */
export function repositoryRoute(
  method: Method,
  path: string,
  permission: `${string}:${Level}` | readonly `${string}:${Level}`[],
  handle: Route["handle"],
  more: { readonly appsOnly?: boolean } = {},
): Route {
  const permissions = [permission].flat();
  const [first = "metadata:read"] = permissions;
  const level = first.slice(first.indexOf(":") + 1) as Level;
  const anyOf = permissions.map((each) => each.slice(0, each.indexOf(":")));
  return {
    method,
    template: `/repos/{owner}/{repo}${path}`,
    needs: { who: "repository", anyOf, level, ...more },
    handle,
  };
}

/** Finds the route of a path and its parameters; the most literal template wins. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly params: Record<string, string> } | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = paramsOf(route.template, path);
    if (params) return { route, params };
  }
  return undefined;
}

/** Orders routes so that `/commits/{ref}/check-runs` is tried before `/commits/{ref}`, whose ref may hold slashes. */
export function bySpecificity(routes: readonly Route[]): readonly Route[] {
  const literals = ({ template }: Route) => template.split("/").filter((part) => !part.startsWith("{")).length;
  return [...routes].sort((a, b) => literals(b) - literals(a));
}

/** Parameters that may hold slashes themselves. */
const WITH_SLASHES = new Set(["path", "ref", "basehead", "branch"]);

function paramsOf(template: string, path: string): Record<string, string> | undefined {
  const pattern = template.replace(/\{(\w+)\}/g, (_, name) => `(?<${name}>${WITH_SLASHES.has(name) ? ".+" : "[^/]+"})`);
  const match = new RegExp(`^${pattern}$`).exec(path);
  if (!match) return undefined;
  return Object.fromEntries(Object.entries(match.groups ?? {}).map(([name, raw]) => [name, decode(raw)]));
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    // A malformed escape names nothing.
    throw notFound();
  }
}

/** Under whose name the caller's words appear. */
export function authorOf(actor: Actor): Author {
  if (actor.kind === "user") return { user: actor.user };
  if (actor.kind === "installation") return { user: actor.app.bot, app: actor.app };
  throw new Error(`a route let ${actor.kind} write`);
}

/** A numeric path parameter; anything else names nothing. */
export function idIn(call: Call, name: string): number {
  const id = Number(call.params[name]);
  if (!Number.isSafeInteger(id) || id <= 0) throw notFound();
  return id;
}
