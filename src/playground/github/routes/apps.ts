import { listOf, objectOf } from "../api/fields.ts";
import { forbidden, invalid, notFound } from "../api/refusal.ts";
import { type Call, idIn, type Reply, type Route } from "../api/route.ts";
import { installationJson, integration } from "../json/app.ts";
import { fullRepository } from "../json/repository.ts";
import { isoTime } from "../json/urls.ts";
import type { Repository } from "../repository.ts";
import type { App, Installation, Level, Permissions, World } from "../world.ts";

/** How long an installation token lives, as on GitHub. */
export const TOKEN_LIFE_MS = 3_600_000;

/** Routes an app calls as itself, and the one that says what a token reaches. */
export function appRoutes(): readonly Route[] {
  return [
    {
      method: "GET",
      template: "/app",
      needs: { who: "app" },
      handle: (call) => ok(integration(call.world, appIn(call))),
    },
    { method: "GET", template: "/app/installations", needs: { who: "app" }, handle: listInstallations },
    {
      method: "GET",
      template: "/app/installations/{installation_id}",
      needs: { who: "app" },
      handle: (call) => ok(installationJson(call.world, installationIn(call))),
    },
    {
      method: "POST",
      template: "/app/installations/{installation_id}/access_tokens",
      needs: { who: "app" },
      handle: createToken,
    },
    { method: "GET", template: "/repos/{owner}/{repo}/installation", needs: { who: "app" }, handle: ofRepository },
    { method: "GET", template: "/installation/repositories", needs: { who: "installation" }, handle: listRepositories },
  ];
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function appIn({ actor }: Call): App {
  if (actor.kind !== "app") throw new Error("a route for apps let somebody else in");
  return actor.app;
}

function installationsOf(world: World, app: App): readonly Installation[] {
  return [...world.installations.values()].filter((installation) => installation.app === app);
}

function listInstallations(call: Call): Reply {
  const items = installationsOf(call.world, appIn(call));
  return { items: items.map((installation) => installationJson(call.world, installation)) };
}

/** Another app's installation does not exist for this one. */
function installationIn(call: Call): Installation {
  const installation = call.world.installations.get(idIn(call, "installation_id"));
  if (installation === undefined || installation.app !== appIn(call)) throw notFound();
  return installation;
}

function ofRepository(call: Call, repository: Repository): Reply {
  const found = installationsOf(call.world, appIn(call)).find(({ repositories }) => repositories.includes(repository));
  if (found === undefined) throw notFound();
  return ok(installationJson(call.world, found));
}

function createToken(call: Call): Reply {
  const { world, body } = call;
  const installation = installationIn(call);
  const asked = objectOf(body, "permissions") as Permissions | undefined;
  const permissions = narrowed(installation.app.permissions, asked);
  const repositories = chosen(installation, call);
  const token = `ghs_${world.newSecret()}`;
  const expiresAt = world.clock.now() + TOKEN_LIFE_MS;
  world.tokens.set(token, { kind: "installation", installation, permissions, repositories, expiresAt });
  const narrowedTo =
    repositories === installation.repositories
      ? {}
      : { repositories: repositories.map((repository) => fullRepository(world, repository)) };
  return {
    status: 201,
    body: {
      token,
      expires_at: isoTime(expiresAt),
      permissions: { ...permissions, metadata: "read" },
      repository_selection: "selected",
      ...narrowedTo,
    },
  };
}

const ORDER: readonly (Level | undefined)[] = [undefined, "read", "write", "admin"];

/** A token may have less than its app, and never more. */
function narrowed(held: Permissions, asked: Permissions | undefined): Permissions {
  if (asked === undefined) return held;
  const excess = Object.entries(asked).find(
    ([name, level]) => name !== "metadata" && ORDER.indexOf(held[name]) < ORDER.indexOf(level),
  );
  if (excess) {
    throw invalid({
      resource: "Integration",
      code: "custom",
      message: `The permissions requested are not granted to this installation: ${excess[0]}`,
    });
  }
  return asked;
}

function chosen(installation: Installation, { body }: Call): readonly Repository[] {
  const names = listOf(body, "repositories");
  const ids = listOf(body, "repository_ids");
  if (names === undefined && ids === undefined) return installation.repositories;
  const wanted = installation.repositories.filter(({ name, id }) => names?.includes(name) || ids?.includes(id));
  if (wanted.length < (names?.length ?? 0) + (ids?.length ?? 0)) {
    throw invalid({
      resource: "Integration",
      code: "custom",
      message: "There is at least one repository that does not exist or is not accessible to the parent installation.",
    });
  }
  return wanted;
}

function listRepositories({ world, actor }: Call): Reply {
  if (actor.kind !== "installation") throw forbidden();
  return {
    items: actor.repositories.map((repository) => fullRepository(world, repository)),
    wrap: (repositories, total_count) => ({ total_count, repositories }),
  };
}
