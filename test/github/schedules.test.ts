import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH, REPORTS_PATH, STANDING_PATH } from "../../src/channel/protocol.ts";
import { createTicketSigner } from "../../src/channel/ticket-signer.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import type { RunReport } from "../../src/run/report.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { CLUSTER } from "../channel/runner-key.ts";
import { aReport } from "../fakes/run-report.ts";
import { delayOf, settingsFor } from "./support/files.ts";
import { appComments, deploymentsOf, planOf, say } from "./support/look.ts";
import { buildTown, openPullRequest, type Town } from "./support/town.ts";

const PATH = "chaos/nightly.yaml";
const QUESTION = { clusterId: CLUSTER, runner: "staging-1", repositories: [{ owner: "acme", name: "shop" }] };

const SCHEDULE = `apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata:
  name: nightly
  namespace: staging
spec:
  schedule: "CRON_TZ=Europe/Berlin 0 2 * * *"
  type: NetworkChaos
  historyLimit: 2
  concurrencyPolicy: Forbid
  networkChaos:
${delayOf("100ms")
  .split("\n")
  .slice(6)
  .map((line) => `  ${line}`)
  .join("\n")}
`;

let town: Town;

beforeEach(async () => {
  town = await buildTown();
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

async function merged(files: Readonly<Record<string, string | null>>, branch = "nightly"): Promise<PullRequest> {
  const pull = await openPullRequest(town, files, branch);
  await say(town, "grace", pull, `/chaos approve --plan ${planOf(town, pull)}`);
  town.github.people.merge(town.repository, "olga", pull.number);
  await town.quiet();
  return pull;
}

async function standing(): Promise<readonly TicketClaims[]> {
  const { claims } = (await town.ask(STANDING_PATH, QUESTION)).body as { claims: { ticket: string }[] };
  return claims.map(({ ticket }) => JSON.parse(Buffer.from(ticket.split(".")[1] ?? "", "base64url").toString()));
}

const pushed = async (files: Readonly<Record<string, string | null>>) => {
  town.github.people.push(town.repository, "olga", { branch: "main", files });
  await town.quiet();
};

describe("a merged schedule", () => {
  it("stands, and is not run by the merge", async () => {
    const pull = await merged({ [PATH]: SCHEDULE });
    expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
    expect(await standing()).toMatchObject([
      { kind: "standing", pull_request: pull.number, documents: [{ path: PATH, index: 0 }] },
    ]);
    expect(appComments(town, pull).at(-1)?.body).toContain("The schedule");
  });

  it("does not stand without an approval", async () => {
    const pull = await openPullRequest(town, { [PATH]: SCHEDULE }, "nightly");
    town.github.people.merge(town.repository, "olga", pull.number);
    await town.quiet();
    expect(await standing()).toEqual([]);
    expect(appComments(town, pull).at(-1)?.body).toContain("merge-needs-approval");
  });

  it("leaves what is no schedule beside it to be run at once", async () => {
    await merged({ [PATH]: SCHEDULE, "chaos/delay.yaml": delayOf("100ms") });
    expect(await standing()).toHaveLength(1);
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
  });

  it.each([
    { name: "is removed", files: { [PATH]: null } },
    { name: "is changed by a push that nobody approved", files: { [PATH]: SCHEDULE.replace("0 2", "0 3") } },
  ])("is revoked for good when it $name, and says so", async ({ files }) => {
    const pull = await merged({ [PATH]: SCHEDULE });
    await pushed(files);
    expect(await standing()).toEqual([]);
    expect(appComments(town, pull).some(({ body }) => body.includes("does not run any more"))).toBe(true);
    await pushed({ [PATH]: SCHEDULE });
    expect(await standing()).toEqual([]);
  });

  it("is not given out after a removal of which nobody was told", async () => {
    await merged({ [PATH]: SCHEDULE });
    town.unheard(() => town.github.people.push(town.repository, "olga", { branch: "main", files: { [PATH]: null } }));
    expect(await standing()).toEqual([]);
  });

  it("is replaced by one that is merged later", async () => {
    await merged({ [PATH]: SCHEDULE });
    const [first] = await standing();
    const pull = await merged({ [PATH]: SCHEDULE.replace("0 2", "0 3") }, "later");
    const now = await standing();
    expect(now).toMatchObject([{ pull_request: pull.number }]);
    expect(now[0]?.jti).not.toBe(first?.jti);
  });

  it("is revoked when the limits it was approved under change, and stays when others do", async () => {
    await merged({ [PATH]: SCHEDULE });
    const settings = settingsFor(town.runner.x);
    await pushed({ ".github/chaosgate.yml": `${settings}# a remark\n` });
    expect(await standing()).toHaveLength(1);
    await pushed({ ".github/chaosgate.yml": settings.replace("pods: 5", "pods: 1") });
    expect(await standing()).toEqual([]);
  });

  it.each([
    { name: "another objective is one of the environment's", objectives: "[errors, latency]" },
    { name: "the environment's objective is another one", objectives: "[latency]" },
  ])("is revoked when $name", async ({ objectives }) => {
    const another = settingsFor(town.runner.x).split("objectives:\n")[1]?.replace("errors:", "latency:") ?? "";
    const settings = settingsFor(town.runner.x, another);
    await pushed({ ".github/chaosgate.yml": settings });
    const pull = await merged({ [PATH]: SCHEDULE });
    expect(await standing()).toHaveLength(1);
    await pushed({ ".github/chaosgate.yml": settings.replace("[errors]", objectives) });
    expect(await standing()).toEqual([]);
    expect(
      appComments(town, pull).some(({ body }) => body.includes("objectives of the environment were changed")),
    ).toBe(true);
  });

  it("is revoked with a reason of its own when its very bytes are not read as an experiment any more", async () => {
    const pull = await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    const text = SCHEDULE.replace("kind: Schedule", "kind: Scheme");
    const manifests = { [PATH]: createHash("sha256").update(text).digest("hex") };
    const signer = await createTicketSigner(JSON.parse(town.variables.CHAOSGATE_TICKET_KEY ?? ""));
    const [schedule] = deploymentsOf(town, "chaosgate:schedule");
    if (schedule === undefined) throw new Error("nothing was deployed");
    const ticket = await signer.sign({ ...claims, manifests });
    Object.assign(schedule, { payload: { ...(schedule.payload as object), ticket } });
    // What the bot wrote itself it still sees as it wrote it.
    town.later(15_000);
    await pushed({ [PATH]: text });
    expect(await standing()).toEqual([]);
    const said = appComments(town, pull).at(-1)?.body;
    expect(said).toContain("not read as an experiment any more");
    expect(said).not.toContain("limits or objectives");
  });

  it("stays when other objectives are the environment's and it names its own", async () => {
    const another = settingsFor(town.runner.x).split("objectives:\n")[1]?.replace("errors:", "latency:") ?? "";
    const settings = settingsFor(town.runner.x, another);
    await pushed({ ".github/chaosgate.yml": settings });
    const own = "  name: nightly\n  annotations: { chaosgate.dev/objectives: errors }";
    await merged({ [PATH]: SCHEDULE.replace("  name: nightly", own) });
    await pushed({ ".github/chaosgate.yml": settings.replace("[errors]", "[latency]") });
    expect(await standing()).toHaveLength(1);
  });

  it("is held up by the label, and goes on without it", async () => {
    const pull = await merged({ [PATH]: SCHEDULE });
    town.github.people.label(town.repository, "dan", pull.number, "chaos:hold");
    await town.quiet();
    expect(await standing()).toEqual([]);
    town.github.people.unlabel(town.repository, "dan", pull.number, "chaos:hold");
    await town.quiet();
    expect(await standing()).toHaveLength(1);
  });
});

const reportOf = (claims: TicketClaims, due: number, over: Partial<RunReport>): RunReport =>
  aReport({
    runId: `${claims.jti}-${due}`,
    ticketId: claims.jti,
    clusterId: CLUSTER,
    repository: { owner: "acme", name: "shop" },
    pullRequest: claims.pull_request,
    headSha: claims.head_sha,
    environment: "staging",
    plan: claims.plan,
    manifest: { path: PATH, index: 0, sha256: claims.manifests[PATH] ?? "" },
    ...over,
  });
const send = async (report: RunReport) => (await town.ask(REPORTS_PATH, { report })).body;
const DUE = 1_795_725_600;

describe("a scheduled run", () => {
  it("has a check of its own and one comment for all, on the pull request of its schedule", async () => {
    const pull = await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    for (const due of [DUE, DUE + 86_400]) {
      expect(await send(reportOf(claims, due, { sequence: 1, phase: "watching" }))).toEqual({ orders: [] });
      const end = { sequence: 2, phase: "finished", verdict: "resilient", rollback: "verified" } as const;
      expect(await send(reportOf(claims, due, end))).toEqual({ orders: [] });
    }
    const checks = town.repository.checkRuns.filter(({ name }) => name.startsWith("chaos / schedule"));
    expect(checks.map(({ headSha, conclusion }) => [headSha, conclusion])).toEqual([
      [pull.headSha, "success"],
      [pull.headSha, "success"],
    ]);
    expect(appComments(town, pull).filter(({ body }) => body.startsWith("<!-- chaosgate:run "))).toHaveLength(1);
  });

  it("is asked to end by /chaos abort, and the next one is not", async () => {
    const pull = await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    await send(reportOf(claims, DUE, { sequence: 1, phase: "watching" }));
    await say(town, "dan", pull, "/chaos abort");
    expect(await send(reportOf(claims, DUE, { sequence: 2, phase: "watching" }))).toMatchObject({
      orders: [{ kind: "abort", by: "dan" }],
    });
    await send(reportOf(claims, DUE + 60, { sequence: 1, phase: "watching" }));
    expect(await send(reportOf(claims, DUE + 60, { sequence: 2, phase: "watching" }))).toEqual({ orders: [] });
  });

  it("is asked to end by the button of its check", async () => {
    await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    await send(reportOf(claims, DUE, { sequence: 1, phase: "watching" }));
    const check = town.repository.checkRuns.find(({ name }) => name.startsWith("chaos / schedule"));
    town.github.people.pressButton(town.repository, "dan", check?.id ?? 0, "abort");
    await town.quiet();
    expect(await send(reportOf(claims, DUE, { sequence: 2, phase: "watching" }))).toMatchObject({
      orders: [{ kind: "abort", by: "dan" }],
    });
  });

  it("is asked to end when its schedule is revoked", async () => {
    await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    await send(reportOf(claims, DUE, { sequence: 1, phase: "watching" }));
    await pushed({ [PATH]: null });
    expect(await send(reportOf(claims, DUE, { sequence: 2, phase: "watching" }))).toMatchObject({
      orders: [{ kind: "abort", by: "chaosgate", reason: "its schedule was revoked" }],
    });
  });

  it("of a ticket that was never issued is asked to end", async () => {
    await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    const other = { ...claims, jti: `t${"9".repeat(20)}` };
    expect(await send(reportOf(other, DUE, { sequence: 1, phase: "watching" }))).toMatchObject({
      orders: [{ kind: "abort", reason: "no such run was handed over" }],
    });
  });

  it("is ended when nobody reports on it any more, also of a revoked schedule, and goes on if somebody does again", async () => {
    const pull = await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    const gaveUp = () => town.repository.checkRuns.find(({ name }) => name.startsWith("chaos / schedule"));
    await send(reportOf(claims, DUE, { sequence: 1, phase: "watching" }));
    town.later(10 * 60_000);
    await town.reconcile();
    expect(gaveUp()?.status).toBe("in_progress");
    town.later(10 * 60_000);
    await town.reconcile();
    expect(gaveUp()).toMatchObject({ conclusion: "failure", title: "No report from the runner" });
    expect(deploymentsOf(town, "chaosgate:schedule")[0]?.statuses.at(-1)?.description).toContain("nothing was heard");
    expect(await standing()).toHaveLength(1);
    expect(await say(town, "dan", pull, "/chaos abort")).toContain("Nothing of this pull request is queued or running");
    await send(reportOf(claims, DUE, { sequence: 2, phase: "watching" }));
    expect(gaveUp()?.status).toBe("in_progress");
    expect(await say(town, "dan", pull, "/chaos abort")).toContain("is asked to abort");
    await pushed({ [PATH]: null });
    town.later(20 * 60_000);
    await town.reconcile();
    expect(gaveUp()?.conclusion).toBe("failure");
    expect(await standing()).toEqual([]);
  });

  it("is ended by its statuses where its ticket cannot be opened any more", async () => {
    await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    const due = Math.floor(Date.now() / 1000);
    await send(reportOf(claims, due, { sequence: 1, phase: "watching" }));
    const [schedule] = deploymentsOf(town, "chaosgate:schedule");
    if (schedule !== undefined)
      Object.assign(schedule, { payload: { ...(schedule.payload as object), ticket: "of.another.key" } });
    await town.reconcile();
    expect(schedule?.statuses.at(-1)?.description).toContain("began");
    town.later(20 * 60_000);
    await town.reconcile();
    await town.reconcile();
    const said = schedule?.statuses.map(({ description }) => description) ?? [];
    expect(said.filter((text) => text.includes("nothing was heard"))).toHaveLength(1);
    expect(schedule?.statuses.at(-1)?.state).toBe("in_progress");
  });

  it("whose end is reported while nobody was heard of is left alone", async () => {
    await town.stop();
    let ends = false;
    town = await buildTown(undefined, ({ method, query }, answer) => {
      const seen = answer();
      const check = town?.repository.checkRuns.find(({ name }) => name.startsWith("chaos / schedule"));
      if (ends && check !== undefined && method === "GET" && query.check_name === check.name)
        Object.assign(check, { status: "completed", conclusion: "success", title: "resilient" });
      return seen;
    });
    await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    await send(reportOf(claims, DUE, { sequence: 1, phase: "watching" }));
    town.later(20 * 60_000);
    ends = true;
    await town.reconcile();
    const check = town.repository.checkRuns.find(({ name }) => name.startsWith("chaos / schedule"));
    expect(check).toMatchObject({ conclusion: "success", title: "resilient" });
    expect(deploymentsOf(town, "chaosgate:schedule")[0]?.statuses.at(-1)?.description).toContain("began");
  });

  it("of a schedule that runs nothing now is not said to be asked", async () => {
    const pull = await merged({ [PATH]: SCHEDULE });
    const said = await say(town, "dan", pull, "/chaos abort");
    expect(said).toContain("Nothing of this pull request is queued or running.");
    expect(said).toContain("is a schedule of which nothing runs now");
  });

  describe("in an environment with room for one", () => {
    const waiting = async () => ((await town.ask(CLAIMS_PATH, QUESTION)).body as { claims: unknown[] }).claims;
    const onlyOne = () => settingsFor(town.runner.x).replace("duration: 30s }", "duration: 30s, runs: 1 }");

    it("holds up a run that was asked for, until it has ended", async () => {
      await pushed({ ".github/chaosgate.yml": onlyOne() });
      await merged({ [PATH]: SCHEDULE });
      const [claims] = await standing();
      if (claims === undefined) throw new Error("nothing stands");
      await send(reportOf(claims, DUE, { sequence: 1, phase: "watching" }));
      await merged({ "chaos/delay.yaml": delayOf("100ms") }, "later");
      expect(await waiting()).toEqual([]);
      expect(await standing()).toHaveLength(1);
      await send(reportOf(claims, DUE, { sequence: 2, phase: "finished", verdict: "resilient", rollback: "verified" }));
      expect(await waiting()).toHaveLength(1);
    });

    it("is held up by a run that was asked for", async () => {
      await pushed({ ".github/chaosgate.yml": onlyOne() });
      await merged({ [PATH]: SCHEDULE });
      expect(await standing()).toHaveLength(1);
      await merged({ "chaos/delay.yaml": delayOf("100ms") }, "later");
      const [run] = deploymentsOf(town, "chaosgate:run");
      const [queued] = run?.statuses ?? [];
      if (queued !== undefined) run?.statuses.push({ ...queued, id: queued.id + 1_000_000, state: "in_progress" });
      expect(await standing()).toEqual([]);
    });
  });
});

describe("a runner's question in an environment with room for one", () => {
  it("asks for a schedule's statuses once, and not at all where nothing waits", async () => {
    await town.stop();
    const asked: string[] = [];
    town = await buildTown(undefined, ({ method, path }, answer) => {
      if (method === "GET" && path.endsWith("/statuses")) asked.push(path);
      return answer();
    });
    await pushed({
      ".github/chaosgate.yml": settingsFor(town.runner.x).replace("duration: 30s }", "duration: 30s, runs: 1 }"),
    });
    await merged({ [PATH]: SCHEDULE });
    const [schedule] = deploymentsOf(town, "chaosgate:schedule");
    const ofSchedule = () => asked.splice(0).filter((path) => path.includes(`/${schedule?.id}/`));
    ofSchedule();
    expect(await standing()).toHaveLength(1);
    expect(ofSchedule()).toHaveLength(1);
    await town.ask(CLAIMS_PATH, QUESTION);
    expect(ofSchedule()).toEqual([]);
    await merged({ "chaos/delay.yaml": delayOf("100ms") }, "later");
    ofSchedule();
    await town.ask(CLAIMS_PATH, QUESTION);
    expect(ofSchedule()).toHaveLength(1);
  });
});

describe("a scheduled run whose check GitHub would not take at first", () => {
  it("is asked to end by an abort of meanwhile", async () => {
    await town.stop();
    let refuses = false;
    town = await buildTown(undefined, ({ method, path }, answer) =>
      refuses && method === "POST" && path.endsWith("/check-runs")
        ? { status: 502, headers: {}, body: "{}" }
        : answer(),
    );
    const pull = await merged({ [PATH]: SCHEDULE });
    const [claims] = await standing();
    if (claims === undefined) throw new Error("nothing stands");
    refuses = true;
    await send(reportOf(claims, DUE, { sequence: 1, phase: "watching" }));
    refuses = false;
    await say(town, "dan", pull, "/chaos abort");
    const orders = [{ kind: "abort", by: "dan" }];
    await send(reportOf(claims, DUE, { sequence: 1, phase: "watching" }));
    expect(await send(reportOf(claims, DUE, { sequence: 2, phase: "watching" }))).toMatchObject({ orders });
  });
});
