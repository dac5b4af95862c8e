// Every decision about a run is one line of the bot's log, whoever made it: a person, a label, a button, a push, a runner, or the time.

import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH, REPORTS_PATH } from "../../src/channel/protocol.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import type { RunReport } from "../../src/run/report.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { aReport } from "../fakes/run-report.ts";
import { delayOf, MANIFEST } from "./support/files.ts";
import { checksOf, deploymentsOf, planOf, say } from "./support/look.ts";
import { buildTown, type LogLine, openPullRequest, type Town } from "./support/town.ts";

let town: Town;
let pull: PullRequest;

beforeEach(async () => {
  town = await buildTown();
  pull = await openPullRequest(town);
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

/** What was decided while `act` went on. */
async function decidedBy(act: () => unknown): Promise<readonly LogLine[]> {
  const before = town.logged.length;
  await act();
  await town.quiet();
  return town.logged.slice(before).filter(({ audit }) => audit === true);
}

const run = () => say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
const CLAIMS = { clusterId: "cluster-1", runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };

async function claimed(): Promise<TicketClaims | undefined> {
  const { body } = await town.ask(CLAIMS_PATH, CLAIMS);
  const [claim] = (body as { claims: { ticket: string }[] }).claims;
  return claim && decodeJwt<TicketClaims>(claim.ticket);
}

describe("the audit log", () => {
  it("says of a command who asked, and by which rule it was refused", async () => {
    const [line, ...others] = await decidedBy(() => say(town, "ada", pull, `/chaos run --plan ${planOf(town, pull)}`));
    expect(line).toMatchObject({ on: "command", by: "ada", allowed: false, rule: "may-run", repository: "acme/shop" });
    expect(line).toMatchObject({ pullRequest: pull.number, delivery: expect.stringMatching(/./) });
    expect(others).toEqual([]);
  });

  it("says of a run that was asked for which ticket and plan it handed over, in the command's own line", async () => {
    const plan = planOf(town, pull);
    const [line] = await decidedBy(run);
    const ticket = (await claimed())?.jti;
    expect(ticket).toMatch(/^t[0-9a-f]{20}$/);
    const handed = { ticket, plan, environment: "staging", head: pull.headSha, approvers: [] };
    expect(line).toMatchObject({ on: "command", by: "grace", allowed: true, ...handed });
  });

  it("says which gate failed because of us, once", async () => {
    const failed = {
      on: "gate",
      allowed: false,
      head: pull.headSha,
      pullRequest: pull.number,
      why: "Could not be reviewed",
    };
    const files = { ".github/chaosgate.yml": "version: nine\n" };
    const broken = () => town.github.people.push(town.repository, "olga", { branch: "main", files });
    expect(await decidedBy(broken)).toContainEqual(expect.objectContaining(failed));
    town.later(2 * 60_000);
    expect(await decidedBy(town.reconcile)).toEqual([]);
  });

  it("says whose approval has opened the gate, and which push has closed it", async () => {
    const plan = planOf(town, pull);
    const opened = await decidedBy(() => say(town, "grace", pull, `/chaos approve --plan ${plan}`));
    expect(opened).toContainEqual(expect.objectContaining({ on: "gate", allowed: true, plan, approvers: ["grace"] }));
    const files = { [MANIFEST]: delayOf("900ms") };
    const closed = await decidedBy(() =>
      town.github.people.push(town.repository, "ada", { branch: "experiment", files }),
    );
    const why = expect.stringContaining("Waits for approval");
    expect(closed).toContainEqual(expect.objectContaining({ on: "gate", allowed: false, approvers: [], why }));
  });

  it("says of a merge what it ran, or why it did not", async () => {
    const refused = await decidedBy(() => town.github.people.merge(town.repository, "grace", pull.number));
    expect(refused).toContainEqual(
      expect.objectContaining({ on: "merge", by: "grace", allowed: false, rule: "merge-needs-approval" }),
    );
    pull = await openPullRequest(
      town,
      { "chaos/other.yaml": delayOf("200ms").replace("name: delay", "name: other") },
      "two",
    );
    await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
    const ran = await decidedBy(() => town.github.people.merge(town.repository, "olga", pull.number));
    expect(ran).toContainEqual(
      expect.objectContaining({ on: "merge", by: "olga", allowed: true, approvers: ["grace"], environment: "staging" }),
    );
  });

  it("says which runner has taken a ticket, and who has stopped it by the button", async () => {
    await run();
    const ticket = await claimed();
    const { jti, plan, head_sha: headSha } = ticket as TicketClaims;
    const about = { runId: `${jti}-0`, ticketId: jti, plan, headSha, pullRequest: pull.number };
    const tell = (changes: Partial<RunReport>) => () =>
      town.ask(REPORTS_PATH, { report: aReport({ ...about, ...changes }) });
    const taken = await decidedBy(tell({ sequence: 1, phase: "requested" }));
    expect(taken).toEqual([
      expect.objectContaining({ on: "ticket", by: "runner-1", ticket: jti, plan, allowed: true }),
    ]);
    expect(await decidedBy(tell({ sequence: 2, phase: "baseline" }))).toEqual([]);
    const [check] = checksOf(town, pull, "chaos / run (staging)");
    const [obeyed] = await decidedBy(() =>
      town.github.people.pressButton(town.repository, "dan", check?.id ?? 0, "abort"),
    );
    expect(obeyed).toMatchObject({ on: "button", by: "dan", command: "abort", ticket: jti, allowed: true });
  });

  it("says what took a queued ticket back", async () => {
    await run();
    const files = { [MANIFEST]: delayOf("900ms") };
    const pushed = await decidedBy(() =>
      town.github.people.push(town.repository, "ada", { branch: "experiment", files }),
    );
    const why = "a push has superseded the plan";
    expect(pushed).toContainEqual(expect.objectContaining({ on: "ticket", allowed: false, why }));
    await run();
    town.later(16 * 60_000);
    const late = await decidedBy(claimed);
    expect(late).toEqual([expect.objectContaining({ on: "ticket", why: "no runner accepted the ticket in time" })]);
    expect(await decidedBy(claimed)).toEqual([]);
  });

  it("has neither tickets, nor manifests, nor what people say", async () => {
    await say(town, "ada", pull, "/chaos lock staging --reason 'a word of mine' --for 1h\n\nand a sentence of mine");
    await run();
    const tickets = deploymentsOf(town, "chaosgate:run").map(({ payload }) => (payload as { ticket: string }).ticket);
    expect(tickets).toHaveLength(1);
    const text = JSON.stringify(town.logged);
    for (const secret of [...tickets, "latency: 100ms", "of mine", town.webhookSecret])
      expect(text).not.toContain(secret);
    expect(text).toContain('"audit":true');
  });
});
