import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updateCheckRun } from "../../../src/playground/github/actions/checks.ts";
import type { Route } from "../../../src/playground/github/api/route.ts";
import { createStandIn } from "../../../src/playground/github/stand-in.ts";
import { QUIET, type Scene, setScene } from "../scene.ts";
import { REFUSED, type Who } from "./refused.ts";

describe("the stand-in refuses, as GitHub does,", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await setScene({ isPrivate: true, requiredChecks: ["chaos / gate"] });
  });
  afterAll(async () => {
    await scene.stop();
    expect(scene.standIn.violations).toEqual([]);
  });

  it.each(REFUSED)("$name", async ({ who, status, says, ask }) => {
    const refusal = await ask(octokitOf(scene, who), scene).then(
      () => ({ status: 200, message: "it was allowed" }),
      (error: { status: number; message: string }) => error,
    );
    expect(refusal).toMatchObject({ status });
    if (says) expect(refusal.message).toMatch(says);
  });

  it("an edit of another app's check", async () => {
    const { standIn, repository, installation, asInstallation } = scene;
    const what = { owner: "acme", repo: "shop", name: "c", head_sha: scene.pull.headSha };
    const { data } = await asInstallation.rest.checks.create(what);
    const run = repository.checkRuns.find(({ id }) => id === data.id);
    if (run === undefined) throw new Error("the check was not kept");
    const stranger = { ...installation.app, id: 8 };
    const edit = () => updateCheckRun(standIn.world, repository, run, stranger, { conclusion: "success" });
    expect(edit).toThrow(/Invalid app_id/);
  });

  it.each(inRepository(createStandIn().routes))("$route without one of its permissions", ({ method, path }) => {
    const { standIn, installation } = scene;
    const token = `ghs_${path}${method}`;
    const repositories = installation.repositories;
    const expiresAt = standIn.world.clock.now() + 60_000;
    standIn.world.tokens.set(token, { kind: "installation", installation, permissions: {}, repositories, expiresAt });
    const ask = (authorization: string) =>
      standIn.handle({ method, path, query: {}, headers: { authorization }, body: "{}" }).status;
    expect([ask(`token ${token}`), ask(""), ask("token ghs_nobody")]).toEqual([403, 404, 401]);
  });
});

/** Routes inside a repository that need a permission of an app; every app may read metadata. */
function inRepository(routes: readonly Route[]) {
  return routes
    .filter(({ needs }) => needs.who === "repository" && !needs.anyOf.includes("metadata"))
    .map(({ method, template }) => ({
      route: `${method} ${template}`,
      method,
      path: template.replace("{owner}/{repo}", "acme/shop").replace(/\{\w+\}/g, "1"),
    }));
}

const PAGE = readFileSync(join(import.meta.dirname, "../../../docs/stand-in.md"), "utf8");

/** The rows of the table under a head, as lists of cells. */
function rowsUnder(page: string, head: string): readonly (readonly string[])[] {
  const [table = ""] = (page.split(`${head}\n`)[1] ?? "").split("\n\n");
  const lines = table.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  return lines.map((line) => line.slice(2, -2).split(" | "));
}

function needsOf({ needs }: Route): string {
  if (needs.who === "repository") return needs.anyOf.map((name) => `${name}: ${needs.level}`).join(" or ");
  return { anyone: "nothing", app: "the app's JWT", installation: "an installation's token" }[needs.who];
}

describe("the page of the stand-in", () => {
  const told = REFUSED.map(({ name, status, why }) => [name, String(status), why]);
  const routes = createStandIn()
    .routes.map((route) => [`\`${route.method} ${route.template}\``, needsOf(route)])
    .sort();

  it("tells what is refused and why, and nothing that is not tried", () => {
    expect(rowsUnder(PAGE, "| what | status | why |")).toEqual(told);
  });

  it("tells every route and what it needs", () => {
    expect(rowsUnder(PAGE, "| route | needs |")).toEqual(routes);
  });

  it("would be found out with a row too few", () => {
    const shorter = PAGE.replace(/^\| four buttons .*\n/m, "").replace(/^\| `GET \/app` .*\n/m, "");
    expect(rowsUnder(shorter, "| what | status | why |")).toHaveLength(told.length - 1);
    expect(rowsUnder(shorter, "| route | needs |")).toHaveLength(routes.length - 1);
  });
});

function octokitOf(scene: Scene, who: Who): Octokit {
  if (who === "installation") return scene.asInstallation;
  if (who === "app") return scene.asApp;
  if (who !== "nobody") return scene.as(who);
  return new Octokit({ baseUrl: scene.apiUrl, log: QUIET });
}
