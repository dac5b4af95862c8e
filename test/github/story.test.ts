import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH, PREVIEWS_PATH } from "../../src/channel/protocol.ts";
import { BROKEN, delayOf, EXPERIMENT, MANIFEST, settingsFor } from "./support/files.ts";
import { appComments, checksOf, conclusionOf, deploymentsOf, planOf, say } from "./support/look.ts";
import { buildTown, openPullRequest, type Town } from "./support/town.ts";

let town: Town;

beforeEach(async () => {
  town = await buildTown();
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

const CLAIMS = { clusterId: "cluster-1", runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };

/** Answers the open preview as the runner of a cluster without pods. */
async function answerPreview(): Promise<void> {
  const { previews } = (await town.ask(CLAIMS_PATH, CLAIMS)).body as { previews: { previewId: string }[] };
  const snapshot = { clusterId: "cluster-1", takenAt: Date.now(), namespaces: [], pods: [], nodes: [], budgets: [] };
  const [repository] = CLAIMS.repositories;
  const answer = { clusterId: CLAIMS.clusterId, previewId: previews[0]?.previewId, repository, snapshot };
  expect((await town.ask(PREVIEWS_PATH, answer)).status).toBe(200);
}

describe("a pull request", () => {
  it("with a broken manifest fails the gate and shows each problem at its line", async () => {
    const pull = await openPullRequest(town, BROKEN);
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("failure");
    const [review] = checksOf(town, pull, "chaos / review");
    expect(review?.annotations.map(({ path }) => path)).toContain(MANIFEST);
    expect(appComments(town, pull)).toHaveLength(1);
  });

  it("with an experiment waits for approval, says so in one comment, and asks the runner for the pods", async () => {
    const pull = await openPullRequest(town);
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("action_required");
    expect(appComments(town, pull)).toHaveLength(1);
    expect(deploymentsOf(town, "chaosgate:preview")).toHaveLength(1);
  });

  it("is completed in the same comment when the runner has answered, and only then asks no more", async () => {
    const pull = await openPullRequest(town);
    const asked = await town.ask(CLAIMS_PATH, CLAIMS);
    const [preview] = (asked.body as { previews: { previewId: string; namespaces: string[] }[] }).previews;
    expect(preview?.namespaces).toEqual(["staging"]);
    const before = appComments(town, pull)[0]?.body;
    expect(pull.labels).toEqual([]);
    await answerPreview();
    expect(pull.labels).toEqual(["chaos:blast-none"]);
    expect(appComments(town, pull)).toHaveLength(1);
    expect(appComments(town, pull)[0]?.body).not.toBe(before);
    expect((await town.ask(CLAIMS_PATH, CLAIMS)).body).toEqual({ claims: [], previews: [] });
  });

  it("asks the runner again when somebody asks for the plan or for the check again, and only once at a time", async () => {
    const pull = await openPullRequest(town);
    await say(town, "dan", pull, "/chaos plan");
    expect(deploymentsOf(town, "chaosgate:preview")).toHaveLength(1);
    await answerPreview();
    const [review] = checksOf(town, pull, "chaos / review");
    town.github.people.rerequest(town.repository, "dan", review?.id ?? 0);
    await town.quiet();
    expect(deploymentsOf(town, "chaosgate:preview")).toHaveLength(2);
    expect(appComments(town, pull).filter(({ body }) => body.startsWith("<!-- chaosgate:review -->"))).toHaveLength(1);
  });

  it("says what another delay would do, and publishes and asks nothing by it", async () => {
    const pull = await openPullRequest(town);
    const before = appComments(town, pull)[0]?.body;
    await say(town, "dan", pull, "/chaos plan --what-if delay=100ms");
    const answer = appComments(town, pull).at(-1)?.body ?? "";
    expect(answer).toContain("| As written | With delay 100 ms |");
    expect(answer).toContain("Added latency per round trip");
    expect(appComments(town, pull)[0]?.body).toBe(before);
    expect(deploymentsOf(town, "chaosgate:preview")).toHaveLength(1);
  });

  it("says what it changes against its base, and what it removes", async () => {
    town.github.people.push(town.repository, "olga", { branch: "main", files: EXPERIMENT });
    const changed = await openPullRequest(town, { [MANIFEST]: delayOf("200ms") }, "slower");
    const [comment] = appComments(town, changed);
    expect(comment?.body).toContain("| `delay`<br>NetworkChaos | fault | delay 100 ms | delay 200 ms |");
    const removed = await openPullRequest(town, { [MANIFEST]: null }, "gone");
    expect(appComments(town, removed)[0]?.body).toContain("1 chaos experiment is removed, and none is changed");
    expect(conclusionOf(town, removed, "chaos / gate")).toBe("skipped");
  });

  it("shows the owners that the default branch's CODEOWNERS names, and never those of its own", async () => {
    const services = "services:\n  checkout: { namespace: staging, labels: { app: checkout }, path: checkout }\n";
    town.github.people.push(town.repository, "olga", {
      branch: "main",
      files: {
        ".github/chaosgate.yml": settingsFor(town.runner.x, services),
        CODEOWNERS: "/checkout/ @acme/checkout\n",
      },
    });
    const pull = await openPullRequest(town, { ...EXPERIMENT, ".github/CODEOWNERS": "* @ada\n" });
    const [comment] = appComments(town, pull);
    expect(comment?.body).toContain("`checkout` belongs to `@acme/checkout`");
    expect(comment?.body).not.toContain("@ada");
  });

  it("without an experiment is skipped, with a reason and without a comment", async () => {
    const pull = await openPullRequest(town, { "docs/a.md": "hello\n" });
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("skipped");
    expect(appComments(town, pull)).toEqual([]);
  });

  it("is never reviewed by its own settings", async () => {
    const settings = settingsFor(town.runner.x).replace("roles: [maintain, admin]", "roles: [write]");
    const pull = await openPullRequest(town, { ...EXPERIMENT, ".github/chaosgate.yml": settings });
    await say(town, "ada", pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
  });

  it("of a fork is reviewed and never run", async () => {
    const { github, repository, quiet } = town;
    const fork = github.fork(repository, "ada");
    github.people.push(fork, "ada", { branch: "experiment", files: EXPERIMENT });
    const pull = github.people.openPullRequest(repository, "ada", {
      title: "From afar",
      branch: "experiment",
      from: fork,
    });
    await quiet();
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("action_required");
    const reply = await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(reply).toContain("`no-forks`");
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
    expect(deploymentsOf(town, "chaosgate:preview")).toEqual([]);
  });

  it("that proposes unusable settings fails the gate, whatever else it changes", async () => {
    const pull = await openPullRequest(town, { ".github/chaosgate.yml": "version: 1\nexecute: yes\n" });
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("failure");
    const [review] = checksOf(town, pull, "chaos / review");
    expect(review?.annotations).toMatchObject([{ path: ".github/chaosgate.yml", startLine: 2 }]);
  });

  it("in a repository with unusable settings fails the gate and says which line", async () => {
    const { github, repository } = town;
    github.people.push(repository, "olga", {
      branch: "main",
      files: { ".github/chaosgate.yml": "version: 1\nexecute: yes\n" },
    });
    const pull = await openPullRequest(town);
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("failure");
    expect(checksOf(town, pull, "chaos / gate")[0]?.summary).toContain("line 2");
  });
});

describe("a run", () => {
  it("by a maintainer becomes one signed ticket with the exact bytes", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    const { claims } = (await town.ask(CLAIMS_PATH, CLAIMS)).body as {
      claims: { files: { path: string; base64: string }[] }[];
    };
    expect(claims).toHaveLength(1);
    const [file] = claims[0]?.files ?? [];
    expect(file?.path).toBe(MANIFEST);
    expect(Buffer.from(file?.base64 ?? "", "base64").toString()).toBe(EXPERIMENT[MANIFEST]);
  });

  it("without --plan is the plan that was reviewed before, when only its author pushed", async () => {
    const { github, repository, quiet } = town;
    github.people.push(repository, "grace", { branch: "hers", files: EXPERIMENT });
    const pull = github.people.openPullRequest(repository, "grace", { title: "Hers", branch: "hers" });
    await quiet();
    expect(await say(town, "grace", pull, "/chaos run")).toContain("Accepted");
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
  });

  it("without --plan needs a look first when somebody else pushed", async () => {
    const pull = await openPullRequest(town);
    expect(await say(town, "grace", pull, "/chaos run")).toContain("`ada` pushed since");
    town.github.people.review(town.repository, "grace", pull.number, "COMMENTED", "read it");
    expect(await say(town, "grace", pull, "/chaos run")).toContain("Accepted");
  });

  it.each([
    { by: "ada", role: "`write`" },
    { by: "rita", role: "`read`" },
  ])("by $by is refused with the role there is and the role it takes", async ({ by, role }) => {
    const pull = await openPullRequest(town);
    const reply = await say(town, by, pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(reply).toContain("**Refused:**");
    expect(reply).toContain(`is ${role}; \`run\` in \`staging\` needs \`maintain\` or \`admin\``);
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
  });

  it("of a head that has moved is refused with the new plan", async () => {
    const pull = await openPullRequest(town);
    const old = planOf(town, pull);
    town.github.people.push(town.repository, "ada", { branch: "experiment", files: { [MANIFEST]: delayOf("900ms") } });
    await town.quiet();
    const reply = await say(town, "grace", pull, `/chaos run --plan ${old}`);
    expect(reply).toContain("`plan-is-current`");
    expect(planOf(town, pull)).not.toBe(old);
    expect(reply).toContain(`/chaos run --env staging --plan ${planOf(town, pull)}`);
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
  });

  it("asked for in an edited comment is not heard", async () => {
    const pull = await openPullRequest(town);
    const comment = town.github.people.comment(town.repository, "grace", pull.number, "looks good");
    await town.quiet();
    town.github.people.editComment(town.repository, "grace", comment.id, `/chaos run --plan ${planOf(town, pull)}`);
    await town.quiet();
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
  });

  it("whose requester has lost the role meanwhile is cancelled instead of handed out", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    town.github.people.addCollaborator(town.repository, "grace", "write");
    expect((await town.ask(CLAIMS_PATH, CLAIMS)).body).toMatchObject({ claims: [] });
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("cancelled");
  });

  it("waits while as many are under way as the settings allow at once", async () => {
    const settings = settingsFor(town.runner.x).replace("duration: 30s }", "duration: 30s, runs: 1 }");
    town.github.people.push(town.repository, "olga", { branch: "main", files: { ".github/chaosgate.yml": settings } });
    const pull = await openPullRequest(town);
    for (const _ of ["first", "second"]) await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(2);
    const { claims } = (await town.ask(CLAIMS_PATH, CLAIMS)).body as { claims: { deploymentId: number }[] };
    expect(claims).toHaveLength(1);
    expect((await town.ask(CLAIMS_PATH, CLAIMS)).body).toMatchObject({ claims });
    const handedOut = deploymentsOf(town, "chaosgate:run").find(({ id }) => id === claims[0]?.deploymentId);
    const [queued] = handedOut?.statuses ?? [];
    if (queued !== undefined) handedOut?.statuses.push({ ...queued, id: queued.id + 1_000_000, state: "in_progress" });
    expect((await town.ask(CLAIMS_PATH, CLAIMS)).body).toMatchObject({ claims: [] });
    if (queued !== undefined) handedOut?.statuses.push({ ...queued, id: queued.id + 2_000_000, state: "success" });
    expect(((await town.ask(CLAIMS_PATH, CLAIMS)).body as { claims: unknown[] }).claims).toHaveLength(1);
  });

  it("in a blackout is refused, and what waits when one begins is cancelled", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    const blackouts = "    blackouts: [{ from: 2000-01-01, to: 2999-12-31, zone: UTC, why: release }]";
    const settings = settingsFor(town.runner.x).replace("    caps:", `${blackouts}\n    caps:`);
    town.github.people.push(town.repository, "olga", { branch: "main", files: { ".github/chaosgate.yml": settings } });
    await town.quiet();
    expect((await town.ask(CLAIMS_PATH, CLAIMS)).body).toMatchObject({ claims: [] });
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("cancelled");
    const reply = await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(reply).toContain("**Refused:**");
    expect(reply).toContain("is a blackout (release)");
  });

  it("that waits is cancelled by a push", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    const [run] = deploymentsOf(town, "chaosgate:run");
    town.github.people.push(town.repository, "ada", { branch: "experiment", files: { [MANIFEST]: delayOf("900ms") } });
    await town.quiet();
    expect(run?.statuses.at(-1)?.state).toBe("inactive");
    expect((await town.ask(CLAIMS_PATH, CLAIMS)).body).toMatchObject({ claims: [] });
  });

  it("does not start on hold, and hold takes back what waits", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(await say(town, "dan", pull, "/chaos hold")).toContain("cancelled");
    expect((await town.ask(CLAIMS_PATH, CLAIMS)).body).toMatchObject({ claims: [] });
    expect(await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`)).toContain("`not-held`");
    await say(town, "dan", pull, "/chaos unhold");
    expect(await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`)).toContain("Accepted");
  });
});

describe("an approved plan", () => {
  it("turns the gate green, and runs when it is merged", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("success");
    town.github.people.merge(town.repository, "olga", pull.number);
    await town.quiet();
    const { claims } = (await town.ask(CLAIMS_PATH, CLAIMS)).body as { claims: unknown[] };
    expect(claims).toHaveLength(1);
  });

  it("is void after a push", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    town.github.people.push(town.repository, "ada", { branch: "experiment", files: { [MANIFEST]: delayOf("900ms") } });
    await town.quiet();
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("action_required");
  });

  it("is not made by its author", async () => {
    const { github, repository, quiet } = town;
    github.people.push(repository, "grace", { branch: "hers", files: EXPERIMENT });
    const pull = github.people.openPullRequest(repository, "grace", { title: "Hers", branch: "hers" });
    await quiet();
    expect(await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`)).toContain("`four-eyes`");
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("action_required");
  });

  it("that nobody approved does not run when it is merged", async () => {
    const pull = await openPullRequest(town);
    town.github.people.merge(town.repository, "olga", pull.number);
    await town.quiet();
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
    expect(appComments(town, pull).at(-1)?.body).toContain("merge-needs-approval");
  });
});
