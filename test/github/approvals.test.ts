import { afterEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH } from "../../src/channel/protocol.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import { delayOf, MANIFEST, settingsFor } from "./support/files.ts";
import { conclusionOf, deploymentsOf, planOf, say } from "./support/look.ts";
import { buildTown, openPullRequest, type Town } from "./support/town.ts";

let town: Town;

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

/** A town whose settings are the usual ones with `changes`, and a pull request of ada's in it. */
async function begin(changes: (settings: string) => string = (settings) => settings): Promise<PullRequest> {
  town = await buildTown();
  const text = changes(settingsFor(town.runner.x));
  town.github.people.push(town.repository, "olga", { branch: "main", files: { ".github/chaosgate.yml": text } });
  return openPullRequest(town);
}

const gate = (pull: PullRequest) => conclusionOf(town, pull, "chaos / gate");

/** Reviews are told to the second, as comments are: the next one is certainly later than what was shown. */
const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1001 - (Date.now() % 1000)));

async function review(by: string, pull: PullRequest, state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED") {
  await nextSecond();
  const made = town.github.people.review(town.repository, by, pull.number, state, "read it");
  await town.quiet();
  return made;
}

describe("an approving review of the commit", () => {
  it("approves the plan that was shown, and its dismissal takes that back", async () => {
    const pull = await begin();
    const made = await review("grace", pull, "APPROVED");
    expect(gate(pull)).toBe("success");
    town.github.people.dismissReview(town.repository, "olga", pull.number, made.id);
    await town.quiet();
    expect(gate(pull)).toBe("action_required");
  });

  it("is as good as the command where the settings want two, and a person counts once", async () => {
    const pull = await begin((settings) => settings.replace("    objectives:", "    approvals: 2\n    objectives:"));
    await review("grace", pull, "APPROVED");
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    expect(gate(pull)).toBe("action_required");
    await say(town, "olga", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    expect(gate(pull)).toBe("success");
  });

  it("is void after a push", async () => {
    const pull = await begin();
    await review("grace", pull, "APPROVED");
    town.github.people.push(town.repository, "ada", { branch: "experiment", files: { [MANIFEST]: delayOf("900ms") } });
    await town.quiet();
    expect(gate(pull)).toBe("action_required");
  });

  it("that was made of an older commit counts for nothing", async () => {
    const pull = await begin();
    const old = pull.headSha;
    town.github.people.push(town.repository, "ada", { branch: "experiment", files: { [MANIFEST]: delayOf("900ms") } });
    await town.quiet();
    await nextSecond();
    const token = town.github.people.token("grace");
    const answer = town.github.handle({
      method: "POST",
      path: `/repos/acme/shop/pulls/${pull.number}/reviews`,
      query: {},
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ event: "APPROVE", commit_id: old }),
    });
    expect(answer.status).toBe(200);
    await town.quiet();
    expect(gate(pull)).toBe("action_required");
  });

  it.each(["dan", "rita"])("of %s, who may not approve, counts for nothing", async (by) => {
    const pull = await begin();
    await review(by, pull, "APPROVED");
    expect(gate(pull)).toBe("action_required");
  });

  it("of whoever pushed the head counts for nothing", async () => {
    const pull = await begin();
    town.github.people.push(town.repository, "grace", { branch: "experiment", files: { [MANIFEST]: delayOf("90ms") } });
    await town.quiet();
    await review("grace", pull, "APPROVED");
    expect(gate(pull)).toBe("action_required");
    await review("olga", pull, "APPROVED");
    expect(gate(pull)).toBe("success");
  });

  it("is outweighed by the same person's later request for changes, and not by a comment", async () => {
    const pull = await begin();
    await review("grace", pull, "APPROVED");
    await review("grace", pull, "COMMENTED");
    expect(gate(pull)).toBe("success");
    await review("grace", pull, "CHANGES_REQUESTED");
    expect(gate(pull)).toBe("action_required");
  });
});

describe("an approval of a laxer environment", () => {
  const twoEnvironments = (settings: string) =>
    settings.replace(
      "objectives:\n  errors:",
      `  dev:
    cluster: cluster-1
    runnerKey: ${/runnerKey: (\S+)/.exec(settings)?.[1]}
    namespaces: [staging]
    run: { roles: [write, maintain, admin] }
    approve: { roles: [write, maintain, admin] }
    objectives: [errors]
objectives:
  errors:`,
    );

  it("opens no gate, whoever gave it", async () => {
    const pull = await begin(twoEnvironments);
    const answer = await say(town, "dan", pull, "/chaos approve --env dev --plan x");
    const plan = /approve --env dev --plan (\w+)` \|$/m.exec(answer)?.[1];
    expect(await say(town, "dan", pull, `/chaos approve --env dev --plan ${plan}`)).toContain("is approved for `dev`");
    expect(gate(pull)).toBe("action_required");
    await say(town, "grace", pull, `/chaos approve --env staging --plan ${planOf(town, pull)}`);
    expect(gate(pull)).toBe("success");
  });
});

describe("a team", () => {
  const sre = (settings: string) =>
    settings
      .replace("approve: { roles: [maintain, admin] }", "approve: { teams: [sre] }")
      .replace("run: { roles: [maintain, admin] }", "run: { teams: [sre] }");

  it("may what the settings give it, and whoever is not in it may not", async () => {
    const pull = await begin(sre);
    town.github.people.team("acme", "sre", "dan", true);
    expect(await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`)).toContain("`team sre`");
    await say(town, "dan", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    expect(gate(pull)).toBe("success");
  });

  it("that somebody left between command and execution runs nothing of theirs", async () => {
    const pull = await begin(sre);
    town.github.people.team("acme", "sre", "dan", true);
    expect(await say(town, "dan", pull, `/chaos run --plan ${planOf(town, pull)}`)).toContain("Accepted");
    town.github.people.team("acme", "sre", "dan", false);
    const claims = { clusterId: "cluster-1", runner: "r", repositories: [{ owner: "acme", name: "shop" }] };
    expect((await town.ask(CLAIMS_PATH, claims)).body).toMatchObject({ claims: [] });
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("cancelled");
  });
});

describe("production", () => {
  const production = (settings: string) => settings.replace("    objectives:", "    production: true\n    objectives:");

  it("takes a plan by name and an approval of somebody else than who asks", async () => {
    const pull = await begin(production);
    const plan = planOf(town, pull);
    town.github.people.review(town.repository, "grace", pull.number, "COMMENTED", "read it");
    expect(await say(town, "grace", pull, "/chaos run")).toContain("`production-plan`");
    expect(await say(town, "grace", pull, `/chaos run --plan ${plan}`)).toContain("has 0 of 1 approvals");
    await say(town, "grace", pull, `/chaos approve --plan ${plan}`);
    expect(await say(town, "grace", pull, `/chaos run --plan ${plan}`)).toContain("of others than `grace`");
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
    expect(await say(town, "olga", pull, `/chaos run --plan ${plan}`)).toContain("Accepted");
  });

  it("is what the first test asks for: without it the same person may do both", async () => {
    const pull = await begin();
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    expect(await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`)).toContain("Accepted");
  });
});
