import { createPublicKey, type KeyObject } from "node:crypto";
import { push } from "./actions/push.ts";
import { copyGitStore, createGitStore, type FileChanges } from "./git/store.ts";
import type { Repository } from "./repository.ts";
import { type App, type Installation, type Permissions, type User, userOf, type World } from "./world.ts";

export type NewRepository = {
  /** `owner/name`. */
  readonly fullName: string;
  readonly ownerType?: "Organization" | "User";
  readonly description?: string;
  readonly private?: boolean;
  readonly defaultBranch?: string;
  readonly requiredChecks?: readonly string[];
  readonly files?: FileChanges;
};

export type NewApp = {
  readonly appId: number;
  readonly slug?: string;
  readonly name?: string;
  /** PEM, or a key object. */
  readonly publicKey: string | KeyObject;
  readonly webhookUrl: string;
  readonly secret: string;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  readonly repositories: readonly Repository[];
};

/** A repository with its first commit, made by its owner. */
export function createRepository(world: World, what: NewRepository): Repository {
  const [login = "", name = ""] = what.fullName.split("/");
  const owner = userOf(world, login, what.ownerType ?? "Organization");
  const repository = newRepository(world, owner, name, what);
  world.repositories.set(repository.fullName.toLowerCase(), repository);
  const changes = { "README.md": `# ${name}\n`, ...what.files };
  push(world, repository, owner, { branch: repository.defaultBranch, changes, message: "Initial commit" });
  return repository;
}

/** A copy under somebody's own name, from which they can open pull requests. */
export function forkRepository(world: World, parent: Repository, by: string): Repository {
  const what = { private: parent.private, description: parent.description, defaultBranch: parent.defaultBranch };
  const fork = newRepository(world, userOf(world, by), parent.name, what);
  const forked = { ...fork, parent, git: copyGitStore(parent.git) };
  world.repositories.set(forked.fullName.toLowerCase(), forked);
  return forked;
}

function newRepository(
  world: World,
  owner: User,
  name: string,
  what: Omit<NewRepository, "fullName" | "ownerType" | "files">,
): Repository {
  return {
    id: world.nextId(),
    owner,
    name,
    fullName: `${owner.login}/${name}`,
    description: what.description ?? "",
    private: what.private ?? false,
    defaultBranch: what.defaultBranch ?? "main",
    parent: undefined,
    roles: new Map(),
    requiredChecks: what.requiredChecks ?? [],
    git: createGitStore(),
    labels: new Map(),
    pulls: [],
    issues: [],
    checkSuites: [],
    checkRuns: [],
    deployments: [],
    createdAt: world.clock.now(),
    pushedAt: world.clock.now(),
    activities: [],
  };
}

/** Registers an app and installs it on repositories of one owner; the app hears of its installation. */
export function installApp(
  world: World,
  what: NewApp,
  emitInstallation: (installation: Installation) => void,
): Installation {
  const app = registerApp(world, what);
  const account = what.repositories[0]?.owner ?? app.owner;
  const installation: Installation = {
    id: world.nextId(),
    app,
    account,
    repositories: [...what.repositories],
    createdAt: world.clock.now(),
  };
  world.installations.set(installation.id, installation);
  emitInstallation(installation);
  return installation;
}

/** The permission at least one of which an app needs before GitHub lets it subscribe to an event. */
const PERMISSIONS_FOR_EVENT: Readonly<Record<string, readonly string[]>> = {
  // GitHub's description asks for issues here although comments on pull requests are read with pull_requests as well.
  issue_comment: ["issues"],
  pull_request: ["pull_requests"],
  pull_request_review: ["pull_requests"],
  check_run: ["checks"],
  check_suite: ["checks"],
  push: ["contents"],
  deployment: ["deployments"],
  deployment_status: ["deployments"],
  merge_group: ["merge_queues"],
};

function registerApp(world: World, what: NewApp): App {
  for (const event of what.events) {
    const needed = PERMISSIONS_FOR_EVENT[event];
    if (needed?.some((name) => what.permissions[name] !== undefined) ?? true) continue;
    throw new Error(`an app cannot subscribe to ${event} without permission for ${needed?.join(" or ")}`);
  }
  const slug = what.slug ?? "chaosgate";
  const app: App = {
    id: what.appId,
    slug,
    name: what.name ?? slug,
    owner: userOf(world, "chaosgate", "Organization"),
    bot: userOf(world, `${slug}[bot]`, "Bot"),
    publicKey: typeof what.publicKey === "string" ? createPublicKey(what.publicKey) : what.publicKey,
    webhook: { url: what.webhookUrl, secret: what.secret },
    permissions: what.permissions,
    events: what.events,
    createdAt: world.clock.now(),
  };
  world.apps.set(app.id, app);
  return app;
}
