import { afterEach, describe, expect, it } from "vitest";
import type { Issue } from "../../src/playground/github/repository.ts";
import { parseSettings } from "../../src/settings.ts";
import { EXPERIMENT, settingsFor } from "./support/files.ts";
import { checksOf, conclusionOf, planOf, say } from "./support/look.ts";
import { buildTown, openPullRequest, type Spoil, type Town } from "./support/town.ts";

let town: Town;

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

function issuesNamed({ repository }: Town, title: string): readonly Issue[] {
  return repository.issues.filter((issue) => issue.title === title);
}

/** The app is installed before the bot listens; GitHub's button sends the news again. */
async function installed({ github, quiet }: Town): Promise<void> {
  const news = github.deliveries.find(({ event }) => event === "installation");
  if (news === undefined) throw new Error("nobody was told of the installation");
  github.redeliver(news);
  await quiet();
}

const invitations = () => issuesNamed(town, "Set up chaosgate");

/** The settings that the invitation's link puts on GitHub's screen for a new file. */
function proposed(issue: Issue | undefined): { readonly path: string; readonly text: string; readonly page: string } {
  const [, link = ""] = /\]\((http[^)]+)\)/.exec(issue?.body ?? "") ?? [];
  const { pathname, searchParams } = new URL(link);
  return { path: searchParams.get("filename") ?? "", text: searchParams.get("value") ?? "", page: pathname };
}

describe("a repository on which the app was just installed", () => {
  it("is invited once, by an issue with the settings to begin with, and told what would be looked at", async () => {
    town = await buildTown(null);
    town.github.people.push(town.repository, "ada", {
      branch: "main",
      files: { "deploy/chaos/a.yaml": "a: 1\n", "deploy/b.yaml": "b: 1\n", "chaos-tests/net/c.yaml": "c: 1\n" },
    });
    await installed(town);
    await installed(town);
    expect(invitations()).toHaveLength(1);
    const [issue] = invitations();
    expect(issue?.body).toContain("- `chaos-tests/net/c.yaml`\n- `deploy/chaos/a.yaml`\n");
    expect(issue?.body).not.toContain("deploy/b.yaml");
    const { path, text, page } = proposed(issue);
    expect([path, page]).toEqual([".github/chaosgate.yml", "/acme/shop/new/main"]);
    const paths = ["chaos-tests/**/*.yaml", "deploy/chaos/**/*.yaml"];
    expect(parseSettings(text)).toMatchObject({ settings: { execution: "disabled", paths, environments: {} } });
    const enabled = text
      .replace(/^#/gm, "")
      .replace("disabled: pull", "# disabled: pull")
      .replace(/^ merging/m, "# merging");
    expect(parseSettings(enabled)).toMatchObject({
      settings: { environments: { staging: { namespaces: ["staging"] } } },
    });
  });

  it("runs nothing before settings are merged, neither without them nor from a branch that proposes them", async () => {
    town = await buildTown(null);
    await installed(town);
    const pull = await openPullRequest(town, { ...EXPERIMENT, ".github/chaosgate.yml": settingsFor(town.runner.x) });
    expect(conclusionOf(town, pull, "chaos / review")).toBe("success");
    expect(await say(town, "olga", pull, `/chaos run --plan ${planOf(town, pull)}`)).toContain("**Refused:**");
    expect(town.repository.deployments).toEqual([]);
    expect(invitations()[0]?.state).toBe("open");
  });

  it("is invited no more when settings are on its default branch, and its invitation is closed", async () => {
    town = await buildTown(null);
    await installed(town);
    const files = { ".github/chaosgate.yml": "version: 1\n" };
    town.github.people.push(town.repository, "ada", { branch: "main", files });
    await town.quiet();
    expect(invitations().map(({ state }) => state)).toEqual(["closed"]);
    await installed(town);
    expect(invitations()).toHaveLength(1);
  });

  it("is not invited where it has settings, or where somebody closed the invitation", async () => {
    town = await buildTown();
    await installed(town);
    expect(invitations()).toEqual([]);
    await town.stop();
    town = await buildTown(null);
    await installed(town);
    for (const issue of invitations()) issue.state = "closed";
    await installed(town);
    expect(invitations().map(({ state }) => state)).toEqual(["closed"]);
  });

  it("is reviewed all the same by an app that may not write issues", async () => {
    const refusesIssues: Spoil = (request, answer) =>
      request.method === "POST" && request.path.endsWith("/issues")
        ? {
            status: 403,
            headers: { "content-type": "application/json" },
            body: '{"message":"Resource not accessible"}',
          }
        : answer();
    town = await buildTown(null, refusesIssues);
    await installed(town);
    expect(invitations()).toEqual([]);
    expect(conclusionOf(town, await openPullRequest(town), "chaos / gate")).toBe("success");
  });
});

const dashboards = () => issuesNamed(town, "Chaos dashboard");

/** The text under a heading of the dashboard. */
function sectionOf(title: string): string {
  const [issue] = dashboards();
  return (issue?.body.split(`### ${title}\n\n`)[1] ?? "").split("\n\n###")[0] ?? "";
}

describe("the dashboard", () => {
  const asked = (lines = "dashboard: true\n") => {
    const { x } = town.runner;
    return settingsFor(x, lines).replace("runOnMerge: true", "runOnMerge: false");
  };

  const settle = async (text: string) => {
    town.github.people.push(town.repository, "ada", { branch: "main", files: { ".github/chaosgate.yml": text } });
    await town.quiet();
  };

  it("is one issue that shows what waits, is locked and was cancelled, and is not rewritten for nothing", async () => {
    town = await buildTown();
    await settle(asked());
    expect(dashboards()).toHaveLength(1);
    expect(sectionOf("Waiting for a runner")).toBe("Nothing waits.");
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(sectionOf("Waiting for a runner")).toMatch(new RegExp(`\\| .staging. \\| #${pull.number} \\| `));
    await say(town, "grace", pull, '/chaos lock staging --reason "a release" --for 2h');
    expect(sectionOf("Locked")).toMatch(/\| `staging` \| .* UTC \| `grace` \| `a release` \|/);
    await say(town, "dan", pull, "/chaos abort");
    expect(sectionOf("Waiting for a runner")).toBe("Nothing waits.");
    expect(sectionOf("Last results")).toContain("**cancelled**: abort by dan");
    const written = dashboards()[0]?.updatedAt;
    await town.reconcile();
    expect(dashboards().map(({ updatedAt }) => updatedAt)).toEqual([written]);
  });

  it("says what is wrong with the settings, which then ask for nothing", async () => {
    town = await buildTown();
    await settle(asked());
    await settle(asked("dashbord: true\n"));
    expect(sectionOf("Settings")).toMatch(/\| \d+ \| .*dashbord/);
    await settle(asked());
    expect(sectionOf("Settings")).toBe("They are right.");
  });

  it("is not there where nobody asked for it, or somebody closed it", async () => {
    town = await buildTown();
    await settle(asked("dashboard: false\n"));
    await town.reconcile();
    expect(dashboards()).toEqual([]);
    await settle(asked());
    for (const issue of dashboards()) {
      issue.state = "closed";
      issue.body = "gone";
    }
    await settle(asked("dashboard: true\n# again\n"));
    await town.reconcile();
    expect(dashboards().map(({ state, body }) => [state, body])).toEqual([["closed", "gone"]]);
  });

  it("is decoration: nothing else fails with it", async () => {
    const refusesIssues: Spoil = (request, answer) =>
      /\/issues(\/\d+)?$/.test(request.path)
        ? { status: 500, headers: { "content-type": "application/json" }, body: '{"message":"Server Error"}' }
        : answer();
    town = await buildTown(undefined, refusesIssues);
    await settle(asked());
    expect(dashboards()).toEqual([]);
    const pull = await openPullRequest(town);
    expect(checksOf(town, pull, "chaos / gate")).toHaveLength(1);
    expect(await say(town, "dan", pull, "/chaos abort")).toContain("queued or running");
    const before = planOf(town, pull);
    await settle(asked().replace("pods: 5", "pods: 4"));
    expect(planOf(town, pull)).not.toBe(before);
  });
});
