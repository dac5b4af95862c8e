import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH, REPORTS_PATH } from "../../src/channel/protocol.ts";
import { runPayloadOf } from "../../src/github/deployments.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import type { RunReport } from "../../src/run/report.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { parseClaims } from "../../src/ticket/parse.ts";
import { aReport } from "../fakes/run-report.ts";
import { delayOf, settingsFor } from "./support/files.ts";
import { appComments, checksOf, conclusionOf, deploymentsOf, planOf, say } from "./support/look.ts";
import { buildTown, openPullRequest, type Town } from "./support/town.ts";

let town: Town;
let pull: PullRequest;
let ticket: TicketClaims;

beforeEach(async () => {
  town = await buildTown();
  pull = await openPullRequest(town);
  await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
  const claims = { clusterId: "cluster-1", runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };
  const { body } = await town.ask(CLAIMS_PATH, claims);
  ticket = decodeJwt<TicketClaims>((body as { claims: { ticket: string }[] }).claims[0]?.ticket ?? "");
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

async function report(changes: Partial<RunReport>) {
  const about = { runId: `${ticket.jti}-0`, ticketId: ticket.jti, plan: ticket.plan, headSha: ticket.head_sha };
  const said = aReport({ ...about, pullRequest: pull.number, ...changes });
  const { status, body } = await town.ask(REPORTS_PATH, { report: said });
  return { status, orders: (body as { orders: { kind: string; by: string }[] }).orders };
}

const runComments = () => appComments(town, pull).filter(({ body }) => body.startsWith("<!-- chaosgate:run "));
const states = () => deploymentsOf(town, "chaosgate:run")[0]?.statuses.map(({ state }) => state);

describe("the ticket", () => {
  it("is one that a runner reads without complaint", () => {
    expect(parseClaims(ticket)).toHaveProperty("claims");
  });

  it("says who may do what to whom, and carries objectives and seed", () => {
    expect(ticket).toMatchObject({
      aud: "cluster-1",
      kind: "once",
      environment: "staging",
      pull_request: pull.number,
      requester: { login: "grace", role: "maintain" },
      documents: [{ path: "chaos/delay.yaml", index: 0 }],
      limits: { max_duration_seconds: 30, max_pods: 5, max_percent: 50, namespaces: ["staging"] },
    });
    expect(ticket.objectives.map(({ name }) => name)).toEqual(["errors"]);
    expect(ticket.seed).toMatch(/^[0-9a-f]{64}$/);
    expect(ticket.exp - ticket.iat).toBe(900);
  });
});

describe("reports", () => {
  it("label the pull request while something runs, and take the label off at the end", async () => {
    expect(pull.labels).not.toContain("chaos:running");
    await report({ sequence: 1, phase: "requested" });
    expect(pull.labels).toContain("chaos:running");
    await report({ sequence: 2, phase: "watching" });
    expect(pull.labels).toContain("chaos:running");
    await report({ sequence: 3, phase: "finished", verdict: "resilient", because: "held", rollback: "verified" });
    expect(pull.labels).not.toContain("chaos:running");
  });

  it("take the ticket out of the queue and appear in one comment and one check", async () => {
    await report({ sequence: 1, phase: "requested" });
    await report({ sequence: 2, phase: "baseline" });
    expect(states()).toEqual(["queued", "in_progress"]);
    expect(runComments()).toHaveLength(1);
    expect(checksOf(town, pull, "chaos / run (staging)")).toHaveLength(1);
    expect(runComments()[0]?.body).toContain("baseline");
  });

  it("of one phase are not written down more often than every ten seconds", async () => {
    await report({ sequence: 1, phase: "watching" });
    const before = checksOf(town, pull, "chaos / run (staging)")[0]?.text;
    await report({ sequence: 2, phase: "watching" });
    expect(checksOf(town, pull, "chaos / run (staging)")[0]?.text).toBe(before);
  });

  it("that come late change nothing", async () => {
    await report({ sequence: 5, phase: "watching" });
    const before = runComments()[0]?.body;
    await report({ sequence: 3, phase: "baseline" });
    expect(runComments()[0]?.body).toBe(before);
  });

  it("end with the run: nothing after the last one counts", async () => {
    await report({ sequence: 1, phase: "watching" });
    await report({ sequence: 2, phase: "finished", verdict: "violated", rollback: "verified", because: "errors" });
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("failure");
    expect(states()?.at(-1)).toBe("failure");
    await report({ sequence: 9, phase: "watching" });
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("failure");
  });

  it("of a run that nobody asked for are answered with an abort", async () => {
    const { orders } = await report({ runId: `${ticket.jti}-7`, sequence: 1, phase: "watching" });
    expect(orders.map(({ kind }) => kind)).toEqual(["abort"]);
    expect(runComments()).toEqual([]);
  });
});

it("a second run folds the first one's comment away, and a push stamps a run as of an older commit", async () => {
  await report({ sequence: 1, phase: "finished", verdict: "violated" });
  await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
  const runId = `${runPayloadOf(deploymentsOf(town, "chaosgate:run")[1]?.payload)?.ticketId}-0`;
  await report({ runId, ticketId: runId.slice(0, -2), sequence: 1, phase: "requested" });
  expect(runComments().map(({ minimized }) => minimized !== undefined)).toEqual([true, false]);
  town.github.people.push(town.repository, "ada", {
    branch: "experiment",
    files: { "chaos/delay.yaml": delayOf("900ms") },
  });
  await town.quiet();
  await report({ runId, ticketId: runId.slice(0, -2), sequence: 2, phase: "watching" });
  expect(runComments()[1]?.body).toContain("Of an older commit");
});

describe("an abort", () => {
  it("by anybody who may write reaches the runner in the answer to its next report", async () => {
    expect((await report({ sequence: 1, phase: "watching" })).orders).toEqual([]);
    await say(town, "dan", pull, "/chaos abort");
    expect((await report({ sequence: 2, phase: "watching" })).orders).toMatchObject([{ kind: "abort", by: "dan" }]);
  });

  it("by a reader is refused", async () => {
    await report({ sequence: 1, phase: "watching" });
    expect(await say(town, "rita", pull, "/chaos abort")).toContain("needs-write");
    expect((await report({ sequence: 2, phase: "watching" })).orders).toEqual([]);
  });

  it("is a button on the run's check too", async () => {
    await report({ sequence: 1, phase: "watching" });
    const [check] = checksOf(town, pull, "chaos / run (staging)");
    town.github.people.pressButton(town.repository, "dan", check?.id ?? 0, "abort");
    await town.quiet();
    expect((await report({ sequence: 2, phase: "watching" })).orders).toMatchObject([{ kind: "abort", by: "dan" }]);
  });

  it("is given to every run when the settings of the default branch disable execution", async () => {
    await report({ sequence: 1, phase: "watching" });
    const settings = settingsFor(town.runner.x).replace("execution: enabled", "execution: disabled");
    town.github.people.push(town.repository, "olga", { branch: "main", files: { ".github/chaosgate.yml": settings } });
    expect((await report({ sequence: 2, phase: "watching" })).orders).toMatchObject([{ kind: "abort" }]);
  });

  it("works on a closed pull request", async () => {
    await report({ sequence: 1, phase: "watching" });
    town.github.people.close(town.repository, "ada", pull.number);
    await say(town, "dan", pull, "/chaos abort");
    expect((await report({ sequence: 2, phase: "watching" })).orders).toMatchObject([{ kind: "abort" }]);
  });
});

it("the label chaos:hold, put on by hand, stops a run", async () => {
  await report({ sequence: 1, phase: "watching" });
  town.github.people.label(town.repository, "dan", pull.number, "chaos:hold");
  await town.quiet();
  expect((await report({ sequence: 2, phase: "watching" })).orders).toMatchObject([{ kind: "hold", by: "dan" }]);
});
