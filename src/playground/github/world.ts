// Everything the stand-in knows, as plain mutable records: what a GitHub database would hold. actions/ changes it, json/
// shows it, routes/ and people.ts are the two doors to it. Nothing here speaks HTTP.

import type { KeyObject } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { Repository } from "./repository.ts";

export type User = {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly type: "User" | "Organization" | "Bot";
  readonly createdAt: number;
};

export type Level = "read" | "write" | "admin";
export type Permissions = Readonly<Record<string, Level>>;

export type App = {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly owner: User;
  readonly bot: User;
  readonly publicKey: KeyObject;
  readonly webhook: { readonly url: string; readonly secret: string };
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly createdAt: number;
};

export type Installation = {
  readonly id: number;
  readonly app: App;
  readonly account: User;
  readonly repositories: Repository[];
  readonly createdAt: number;
};

/** Who acts: a person, or an app (whose visible author is its bot user). */
export type Author = { readonly user: User; readonly app?: App };

export type Token =
  | {
      readonly kind: "installation";
      readonly installation: Installation;
      readonly permissions: Permissions;
      readonly repositories: readonly Repository[];
      readonly expiresAt: number;
    }
  | { readonly kind: "user"; readonly user: User };

/** A webhook on its way to, or arrived at, an app. */
export type Delivery = {
  readonly id: number;
  /** Kept by a redelivery: it is how a receiver knows it has seen this before. */
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly app: App;
  readonly installationId: number;
  readonly repositoryId: number | null;
  /** The exact bytes that were signed. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly redelivery: boolean;
  readonly at: number;
  state: "pending" | "delivered" | "failed";
  durationMs: number;
  /** The receiver's status; 0 when it could not be reached. */
  status: number;
  answer: string;
};

/** An answer or payload of ours that GitHub's description of itself does not allow: always a bug of the stand-in. */
export type Violation = { readonly where: string; readonly errors: readonly string[] };

export type Change = { readonly repository: string; readonly number?: number };

export type World = {
  readonly clock: Clock;
  /** Where the page lives. Known once the server listens. */
  baseUrl: string;
  /** Where the API is below that: `/api/v3` as on a GitHub server of one's own, or nothing as at a host for the API alone. */
  apiRoot: "/api/v3" | "";
  readonly nextId: () => number;
  readonly newSecret: () => string;
  readonly users: Map<string, User>;
  readonly apps: Map<number, App>;
  readonly installations: Map<number, Installation>;
  readonly tokens: Map<string, Token>;
  /** Members in lower case by `organization/slug`. */
  readonly teams: Map<string, Set<string>>;
  /** By `owner/name` in lower case. */
  readonly repositories: Map<string, Repository>;
  readonly deliveries: Delivery[];
  readonly violations: Violation[];
  readonly listeners: Set<(change: Change) => void>;
  /** Sends a delivery; replaced by the webhook sender when the stand-in is put together. */
  emit: (event: WebhookEvent) => void;
};

/** Something happened that apps may have subscribed to. */
export type WebhookEvent = {
  readonly event: string;
  readonly action?: string;
  readonly repository: Repository;
  readonly sender: User;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Present: only this app hears of it (its own check's button). */
  readonly onlyApp?: App;
};

/** An empty world whose ids count up from a fixed number, so that two equal stories give equal ids. */
export function createWorld(clock: Clock, newSecret: () => string): World {
  let lastId = 1000;
  return {
    clock,
    baseUrl: "http://localhost",
    apiRoot: "/api/v3",
    nextId: () => ++lastId,
    newSecret,
    users: new Map(),
    apps: new Map(),
    installations: new Map(),
    tokens: new Map(),
    teams: new Map(),
    repositories: new Map(),
    deliveries: [],
    violations: [],
    listeners: new Set(),
    emit: () => undefined,
  };
}

/** Tells whoever watches the page that something of a pull request, or of the repository, is new. */
export function announce(world: World, repository: Repository, number?: number): void {
  const change = { repository: repository.fullName, ...(number === undefined ? {} : { number }) };
  for (const listener of world.listeners) listener(change);
}

/** The user of that login, made on first mention as everybody on GitHub simply exists. */
export function userOf(world: World, login: string, type: User["type"] = "User"): User {
  const known = world.users.get(login.toLowerCase());
  if (known) return known;
  const user: User = { id: world.nextId(), login, name: login, type, createdAt: world.clock.now() };
  world.users.set(login.toLowerCase(), user);
  return user;
}

/** GitHub's opaque global id: a prefix that names the kind, and the number. */
export function nodeId(prefix: string, id: number): string {
  return `${prefix}_${Buffer.from(String(id)).toString("base64url")}`;
}

/** The number inside a node id of that kind. */
export function numberOfNodeId(prefix: string, node: string): number | undefined {
  if (!node.startsWith(`${prefix}_`)) return undefined;
  const id = Number(Buffer.from(node.slice(prefix.length + 1), "base64url").toString());
  return Number.isSafeInteger(id) ? id : undefined;
}
