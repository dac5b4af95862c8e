import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH } from "../../src/channel/protocol.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import { delayOf, EXPERIMENT, MANIFEST, settingsFor } from "./support/files.ts";
import { appComments, conclusionOf, deploymentsOf, planOf, say } from "./support/look.ts";
import { buildTown, openPullRequest, type Town } from "./support/town.ts";

let town: Town;

beforeEach(async () => {
  town = await buildTown();
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

const MINUTE = 60_000;
const gate = (pull: PullRequest) => conclusionOf(town, pull, "chaos / gate");
const CLAIMS = { clusterId: "cluster-1", runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };

function openUnheard(): PullRequest {
  const { github, repository } = town;
  return town.unheard(() => {
    github.people.push(repository, "ada", { branch: "experiment", files: EXPERIMENT });
    return github.people.openPullRequest(repository, "ada", { title: "An experiment", branch: "experiment" });
  });
}

describe("a look at GitHub", () => {
  it("reviews a pull request whose delivery was lost, once it is clear that it was", async () => {
    const pull = openUnheard();
    await town.reconcile();
    expect(gate(pull)).toBeUndefined();
    town.later(2 * MINUTE);
    await town.reconcile();
    expect(gate(pull)).toBe("action_required");
    expect(appComments(town, pull)).toHaveLength(1);
  });

  it("reviews a push whose delivery was lost, and knows from GitHub's record whose it was", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    town.unheard(() =>
      town.github.people.push(town.repository, "grace", {
        branch: "experiment",
        files: { [MANIFEST]: delayOf("9ms") },
      }),
    );
    town.later(2 * MINUTE);
    await town.reconcile();
    expect(gate(pull)).toBe("action_required");
    expect(await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`)).toContain("`four-eyes`");
    await say(town, "olga", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    expect(gate(pull)).toBe("success");
  });

  it("obeys a command whose delivery was lost, once, and as of who may now", async () => {
    const pull = await openPullRequest(town);
    const body = `/chaos run --plan ${planOf(town, pull)}`;
    town.unheard(() => town.github.people.comment(town.repository, "grace", pull.number, body));
    town.unheard(() => town.github.people.comment(town.repository, "dan", pull.number, body));
    town.later(2 * MINUTE);
    await town.reconcile();
    await town.reconcile();
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
    expect(appComments(town, pull).at(-1)?.body).toContain("`may-run`");
  });

  it.each([
    { name: "an edited comment", after: 2 * MINUTE, edit: true },
    { name: "a command of yesterday", after: 24 * 60 * MINUTE, edit: false },
  ])("does not obey $name", async ({ after, edit }) => {
    const pull = await openPullRequest(town);
    const body = `/chaos run --plan ${planOf(town, pull)}`;
    const comment = town.unheard(() =>
      town.github.people.comment(town.repository, "grace", pull.number, edit ? "looks good" : body),
    );
    await new Promise((resolve) => setTimeout(resolve, 1100));
    if (edit) town.unheard(() => town.github.people.editComment(town.repository, "grace", comment.id, body));
    town.later(after);
    await town.reconcile();
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
  });

  it("runs a merge whose delivery was lost, once", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    town.unheard(() => town.github.people.merge(town.repository, "olga", pull.number));
    town.later(2 * MINUTE);
    await town.reconcile();
    await town.reconcile();
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
  });

  it("decides a merge once: what a lock refused then does not run when it is off", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    await say(town, "grace", pull, '/chaos lock staging --reason "release" --for 2m');
    town.github.people.merge(town.repository, "olga", pull.number);
    await town.quiet();
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
    town.later(5 * MINUTE);
    await town.reconcile();
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
    const told = town.logged.filter(({ on }) => on === "merge");
    expect(told).toEqual([expect.objectContaining({ allowed: false, rule: "not-locked" })]);
  });

  it("turns a green gate back when the dismissal of its approval was lost", async () => {
    const pull = await openPullRequest(town);
    await new Promise((resolve) => setTimeout(resolve, 1001));
    const review = town.github.people.review(town.repository, "grace", pull.number, "APPROVED");
    await town.quiet();
    expect(gate(pull)).toBe("success");
    town.unheard(() => town.github.people.dismissReview(town.repository, "olga", pull.number, review.id));
    town.later(2 * MINUTE);
    await town.reconcile();
    expect(gate(pull)).toBe("action_required");
  });

  it.each([
    {
      name: "asks for more approvals",
      change: (text: string) => text.replace("    caps:", "    approvals: 2\n    caps:"),
      now: "action_required",
    },
    {
      name: "allows less",
      change: (text: string) => text.replace("pods: 5", "pods: 5, clockShift: 1m"),
      now: "action_required",
    },
    { name: "cannot be used", change: () => "version: nine\n", now: "failure" },
    { name: "says the same with a remark", change: (text: string) => `${text}# a remark\n`, now: "success" },
  ])("looks at every gate again when a push of settings was lost that $name", async ({ change, now }) => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    expect(gate(pull)).toBe("success");
    const files = { ".github/chaosgate.yml": change(settingsFor(town.runner.x)) };
    town.unheard(() => town.github.people.push(town.repository, "olga", { branch: "main", files }));
    town.later(120 * MINUTE);
    await town.reconcile();
    expect(gate(pull)).toBe(now);
  });

  it("reviews again when a push of settings was lost and the gate alone was decided under them since", async () => {
    const pull = await openPullRequest(town);
    const before = planOf(town, pull);
    const files = { ".github/chaosgate.yml": settingsFor(town.runner.x).replace("pods: 5", "pods: 4") };
    town.unheard(() => town.github.people.push(town.repository, "olga", { branch: "main", files }));
    await new Promise((resolve) => setTimeout(resolve, 1001));
    town.github.people.review(town.repository, "grace", pull.number, "APPROVED");
    await town.quiet();
    expect(planOf(town, pull)).toBe(before);
    town.later(120 * MINUTE);
    await town.reconcile();
    expect(planOf(town, pull)).not.toBe(before);
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    expect(gate(pull)).toBe("success");
  });

  it("fails a gate once for settings that cannot be used, and decides it when they can be again", async () => {
    await town.stop();
    let writes = 0;
    town = await buildTown(undefined, ({ method, path }, answer) => {
      if (method !== "GET" && path.startsWith("/repos/")) writes += 1;
      return answer();
    });
    const pull = await openPullRequest(town);
    const settings = (text: string) =>
      town.unheard(() =>
        town.github.people.push(town.repository, "olga", {
          branch: "main",
          files: { ".github/chaosgate.yml": text },
        }),
      );
    settings("version: nine\n");
    town.later(2 * MINUTE);
    await town.reconcile();
    expect(gate(pull)).toBe("failure");
    writes = 0;
    await town.reconcile();
    expect(writes).toBe(0);
    settings(settingsFor(town.runner.x));
    await town.reconcile();
    expect(gate(pull)).toBe("action_required");
  });

  it("does not look again at what was decided under these settings", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    town.later(120 * MINUTE);
    const writes = () => JSON.stringify([town.repository.checkRuns, pull.comments]);
    const before = writes();
    await town.reconcile();
    expect(writes()).toBe(before);
  });

  it("ends a ticket that no runner took", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    await town.reconcile();
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("pending");
    town.later(20 * MINUTE);
    await town.reconcile();
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("cancelled");
    expect((await town.ask(CLAIMS_PATH, CLAIMS)).body).toMatchObject({ claims: [] });
  });

  it("ends a run of which nobody has heard, and never as a success", async () => {
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    const [run] = deploymentsOf(town, "chaosgate:run");
    const [queued] = run?.statuses ?? [];
    if (queued !== undefined) run?.statuses.push({ ...queued, id: queued.id + 1_000_000, state: "in_progress" });
    town.later(20 * MINUTE);
    await town.reconcile();
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("failure");
    expect(run?.statuses.at(-1)?.state).toBe("error");
  });

  it("leaves alone a run whose end is reported while it looks", async () => {
    await town.stop();
    let ends = false;
    town = await buildTown(undefined, ({ method, query }, answer) => {
      const seen = answer();
      const check = town?.repository.checkRuns.find(({ name }) => name === "chaos / run (staging)");
      if (ends && check !== undefined && method === "GET" && query.check_name === check.name)
        Object.assign(check, { status: "completed", conclusion: "success", title: "resilient" });
      return seen;
    });
    const pull = await openPullRequest(town);
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    const [run] = deploymentsOf(town, "chaosgate:run");
    const [queued] = run?.statuses ?? [];
    if (queued !== undefined) run?.statuses.push({ ...queued, id: queued.id + 1_000_000, state: "in_progress" });
    town.later(20 * MINUTE);
    ends = true;
    await town.reconcile();
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("success");
    expect(run?.statuses.at(-1)?.state).toBe("in_progress");
    expect(town.logged.filter(({ on, allowed }) => on === "ticket" && allowed === false)).toEqual([]);
  });

  it("writes nothing where nothing was missed", async () => {
    const pull = await openPullRequest(town);
    town.later(2 * MINUTE);
    const before = JSON.stringify([
      pull.comments,
      town.repository.checkRuns.length,
      town.repository.deployments.length,
    ]);
    await town.reconcile();
    expect(JSON.stringify([pull.comments, town.repository.checkRuns.length, town.repository.deployments.length])).toBe(
      before,
    );
  });
});
