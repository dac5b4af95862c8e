import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Delivery, PreviewQuestion } from "../../src/run/ports.ts";
import { type Runner, serve } from "../../src/run/serve.ts";
import { DEFAULT_GUARD } from "../../src/run/terms.ts";
import type { Snapshot } from "../../src/selector/snapshot.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { aWorld, breachesUnderFault, type FakeWorld, someTerms } from "../fakes/run.ts";
import { someClaims } from "../fakes/ticket.ts";

const DELAY = `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: slow-payment, namespace: staging }
spec:
  action: delay
  mode: one
  selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
  direction: to
  target: { mode: all, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
  delay: { latency: 500ms }
  duration: 5s
`;
const PATH = "chaos/delay.yaml";
const DIGEST = createHash("sha256").update(DELAY).digest("hex");

function delivery(claims: Partial<TicketClaims> = {}, text = DELAY): Delivery {
  const payload = JSON.parse(JSON.stringify(someClaims({ manifests: { [PATH]: DIGEST }, ...claims })));
  const sha256 = createHash("sha256").update(text).digest("hex");
  return {
    ticket: "a.b.c",
    payload,
    repository: { owner: "acme", name: "shop" },
    files: [{ path: PATH, text, sha256 }],
  };
}

/** Serves until nothing has happened for a while, or until `stopAfterMs`. */
async function serving(
  world: FakeWorld,
  open: readonly Delivery[],
  { previews = [] as PreviewQuestion[], stopAfterMs = 120_000 } = {},
) {
  const stop = new AbortController();
  const answers: [string, Snapshot][] = [];
  const errors: string[] = [];
  world.clock.at(world.clock.now() + stopAfterMs, () => stop.abort());
  const runner: Runner = {
    ...world,
    tickets: {
      open: async () => ({ deliveries: open, previews: previews.splice(0) }),
      standing: async () => [],
      answer: async ({ previewId }, snapshot) => void answers.push([previewId, snapshot]),
    },
    log: { info: () => undefined, error: (_, message) => void errors.push(message) },
    here: {
      clusterId: "cluster-1",
      runner: "runner-1",
      environments: [],
      guard: { ...DEFAULT_GUARD, pollMs: 1_000, baselinePolls: 2 },
    },
    askEveryMs: 2_000,
  };
  await serve(runner, stop.signal);
  return { answers, errors };
}

const ends = ({ reports }: FakeWorld) =>
  reports.sent.flatMap(({ runId, verdict }) => (verdict === undefined ? [] : [`${runId.slice(-2)} ${verdict}`]));

describe("a runner", () => {
  it("runs a ticket once, however often it is offered", async () => {
    const world = aWorld();
    await serving(world, [delivery()]);
    expect(ends(world)).toEqual(["-0 resilient"]);
    expect(world.faults.injected).toHaveLength(1);
  });

  it("runs the documents of a ticket in order, and none after one that did not hold", async () => {
    const world = aWorld();
    breachesUnderFault(world);
    const documents = [0, 0].map((index) => ({ path: PATH, index }));
    await serving(world, [delivery({ documents })]);
    expect(ends(world)).toEqual(["-0 violated", "-1 inconclusive"]);
    expect(world.faults.injected).toHaveLength(1);
  });

  it.each([
    { name: "a changed byte", one: delivery({}, `${DELAY}#`), because: "is not the file that was reviewed" },
    { name: "another cluster", one: delivery({ aud: "cluster-2" }), because: "is for cluster cluster-2" },
    { name: "an expired ticket", one: delivery({ exp: 1_700_000_000 }), because: "expired" },
    {
      name: "a document that is not there",
      one: delivery({ documents: [{ path: PATH, index: 7 }] }),
      because: "no chaos document 7",
    },
    { name: "an objective that nobody signed", one: named("no-such-objective"), because: "none of the objectives" },
  ])("refuses $name, says so once, and touches nothing", async ({ one, because }) => {
    const world = aWorld();
    await serving(world, [one]);
    expect(world.reports.sent).toHaveLength(1);
    expect(world.reports.sent[0]).toMatchObject({ verdict: "refused", rollback: "not-needed" });
    expect(world.reports.sent[0]?.because).toContain(because);
    expect(world.cluster.trouble.calls).toEqual([]);
  });

  it("watches outside the blast radius even when the author names only an objective inside", async () => {
    const world = aWorld();
    await serving(world, [named("checkout-errors")]);
    expect(world.reports.sent.at(-1)?.objectives.map(({ name }) => name)).toEqual([
      "checkout-errors",
      "catalog-errors",
    ]);
  });

  it("drops what is signed and no ticket", async () => {
    const world = aWorld();
    const { errors } = await serving(world, [{ ...delivery(), payload: { jti: "../etc" } }]);
    expect(errors).toContain("ticket is signed and malformed");
    expect(await world.journal.runs()).toEqual([]);
  });

  it("answers previews with what it sees", async () => {
    const world = aWorld();
    const question = { previewId: "p1", repository: { owner: "acme", name: "shop" }, namespaces: ["staging"] };
    const { answers } = await serving(world, [], { previews: [question] });
    expect(answers.map(([id, { pods }]) => [id, pods.length])).toEqual([["p1", 12]]);
  });

  it("rolls back before it ends when it is told to in the middle of a run", async () => {
    const world = aWorld();
    await serving(world, [delivery()], { stopAfterMs: 4_000 });
    expect(world.faults.injected).toHaveLength(1);
    expect(world.faults.holding()).toEqual([]);
    expect(ends(world)).toEqual(["-0 inconclusive"]);
  });

  it("ends, rolled back, when a journal cannot be written", async () => {
    const world = aWorld();
    world.journal.trouble.fail("append", 20);
    await expect(serving(world, [delivery()])).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    expect(world.faults.holding()).toEqual([]);
  });

  /** What a runner left that ended right after it had accepted two runs. */
  async function leftBehind() {
    const world = aWorld();
    const runIds = ["a", "b"].map((letter) => `t${letter.repeat(20)}-0`);
    for (const runId of runIds) {
      await world.journal.claim(runId, 0);
      await world.journal.append({ at: 0, runId, kind: "terms", data: someTerms({ runId }) });
    }
    return { world, runIds };
  }

  it("goes on with the other runs where one on record cannot be read, and tells it", async () => {
    const { world, runIds } = await leftBehind();
    world.journal.unreadable.add(runIds[0] ?? "");
    const { errors } = await serving(world, [delivery()]);
    expect(errors.filter((one) => one === "run on record could not be read")).toHaveLength(4);
    expect(world.reports.sent.filter(({ runId }) => runId === runIds[1]).at(-1)).toMatchObject({ phase: "finished" });
    expect(ends(world)).toContain("-0 resilient");
  });

  it("takes up a run that can be read only after the others are served, and tells its trouble only at first", async () => {
    const { world, runIds } = await leftBehind();
    const [unread = ""] = runIds;
    world.journal.unreadable.add(unread);
    world.clock.at(world.clock.now() + 35_000, () => world.journal.unreadable.delete(unread));
    const { errors } = await serving(world, []);
    expect(world.reports.sent.filter(({ runId }) => runId === unread).at(-1)).toMatchObject({ phase: "finished" });
    expect(errors.filter((one) => one === "run on record could not be read")).toHaveLength(4);
  });

  it.each(["runs", "read"])("asks again where a %s of the journal is not answered at its start", async (call) => {
    const { world, runIds } = await leftBehind();
    world.journal.trouble.fail(call, 1, 2);
    await serving(world, []);
    const finished = world.reports.sent.filter(({ phase }) => phase === "finished").map(({ runId }) => runId);
    expect(finished.toSorted()).toEqual(runIds);
  });

  it("sends a last report again at its next start until it was taken", async () => {
    const world = aWorld();
    const { send } = world.reports;
    world.reports.send = (report) => (report.phase === "finished" ? new Promise(() => undefined) : send(report));
    const { errors } = await serving(world, [delivery()]);
    expect(errors).toContain("last report was not taken yet");
    world.reports.send = send;
    await serving(world, []);
    await serving(world, []);
    expect(ends(world)).toEqual(["-0 resilient"]);
  });
});

/** A ticket whose manifest names its objectives. */
function named(objectives: string): Delivery {
  const text = DELAY.replace(
    "namespace: staging }",
    `namespace: staging, annotations: { chaosgate.dev/objectives: ${objectives} } }`,
  );
  return delivery({ manifests: { [PATH]: createHash("sha256").update(text).digest("hex") } }, text);
}
