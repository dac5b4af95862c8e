import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../../src/run/ports.ts";
import { type Runner, serve } from "../../src/run/serve.ts";
import { DEFAULT_GUARD } from "../../src/run/terms.ts";
import { aWorld, type FakeWorld } from "../fakes/run.ts";
import { someClaims, TICKET_ID } from "../fakes/ticket.ts";

const START = 1_700_000_000_000;
const PATH = "chaos/often.yaml";

function scheduleOf(cron: string, duration = "5s"): string {
  return `apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata: { name: often, namespace: staging }
spec:
  schedule: "${cron}"
  type: NetworkChaos
  concurrencyPolicy: Allow
  networkChaos:
    action: delay
    mode: one
    selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
    direction: to
    target: { mode: all, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
    delay: { latency: 500ms }
    duration: ${duration}
`;
}

function standing(text: string, over: Parameters<typeof someClaims>[0] = {}): Delivery {
  const sha256 = createHash("sha256").update(text).digest("hex");
  const claims = someClaims({
    kind: "standing",
    exp: START / 1000 + 86_400,
    manifests: { [PATH]: sha256 },
    documents: [{ path: PATH, index: 0 }],
    ...over,
  });
  return {
    ticket: "a.b.c",
    payload: JSON.parse(JSON.stringify(claims)),
    repository: { owner: "acme", name: "shop" },
    files: [{ path: PATH, text, sha256 }],
  };
}

type Serving = { readonly forMs: number; readonly open?: readonly Delivery[] };

/** Serves with these standing tickets, which are asked for anew each time. */
async function serving(world: FakeWorld, tickets: () => readonly Delivery[], { forMs, open = [] }: Serving) {
  const stop = new AbortController();
  const said: string[] = [];
  let asked = 0;
  world.clock.at(world.clock.now() + forMs, () => stop.abort());
  const runner: Runner = {
    ...world,
    tickets: {
      open: async () => ({ deliveries: open, previews: [] }),
      standing: async () => {
        asked += 1;
        return tickets();
      },
      answer: async () => undefined,
    },
    log: { info: (_, message) => void said.push(message), error: (_, message) => void said.push(message) },
    here: {
      clusterId: "cluster-1",
      runner: "runner-1",
      environments: [],
      guard: { ...DEFAULT_GUARD, pollMs: 1_000, baselinePolls: 2 },
    },
    askEveryMs: 2_000,
  };
  await serve(runner, stop.signal);
  return { said, asked };
}

/** When the runs that ended were due, in seconds after the start, and what they found. */
const ends = ({ reports }: FakeWorld) =>
  reports.sent.flatMap(({ runId, verdict }) =>
    verdict === undefined ? [] : [`${Number(runId.slice(TICKET_ID.length + 1)) - START / 1000} ${verdict}`],
  );

describe("a runner with a standing ticket", () => {
  it("runs it at each of its times, and not when it comes", async () => {
    const world = aWorld();
    await serving(world, () => [standing(scheduleOf("@every 1m"))], { forMs: 200_000 });
    expect(ends(world)).toEqual(["60 resilient", "120 resilient", "180 resilient"]);
    expect(world.reports.sent[0]?.requestedAt).toBeGreaterThanOrEqual(START + 60_000);
  });

  it("asks for it rarely, and again before each run", async () => {
    const { asked } = await serving(aWorld(), () => [standing(scheduleOf("@every 10m"))], { forMs: 300_000 });
    expect(asked).toBeLessThan(15);
  });

  it("never begins a run while the one before goes on, whatever the manifest allows", async () => {
    const world = aWorld();
    const { said } = await serving(world, () => [standing(scheduleOf("@every 5s", "20s"))], { forMs: 100_000 });
    expect(said).toContain("scheduled run skipped");
    const spans = world.reports.sent
      .filter(({ phase }) => phase === "finished")
      .map(({ requestedAt, updatedAt }) => [requestedAt, updatedAt] as const);
    expect(spans.length).toBeGreaterThan(1);
    for (const [index, [begin]] of spans.slice(1).entries())
      expect(begin).toBeGreaterThanOrEqual(spans[index]?.[1] ?? 0);
  });

  it("begins nothing that was revoked a moment ago", async () => {
    const world = aWorld();
    let stands = true;
    world.clock.at(START + 59_000, () => {
      stands = false;
    });
    const { said } = await serving(world, () => (stands ? [standing(scheduleOf("@every 1m"))] : []), {
      forMs: 200_000,
    });
    expect(ends(world)).toEqual([]);
    expect(said).toContain("schedule is not given out now");
  });

  it("begins nothing that nobody confirms, and makes up for it when the bot is back in time", async () => {
    const world = aWorld();
    const away = () => {
      const now = world.clock.now() - START;
      if (now > 50_000 && now < 100_000) throw new Error("away");
      return [standing(scheduleOf("@every 1m"))];
    };
    await serving(world, away, { forMs: 115_000 });
    expect(ends(world)).toEqual(["60 resilient"]);
    expect(world.reports.sent[0]?.requestedAt).toBeGreaterThanOrEqual(START + 100_000);
  });

  it("neither misses nor doubles a run when it is started again", async () => {
    const world = aWorld();
    const one = () => [standing(scheduleOf("@every 1m"))];
    await serving(world, one, { forMs: 55_000 });
    await world.clock.sleep(20_000);
    await serving(world, one, { forMs: 30_000 });
    await serving(world, one, { forMs: 30_000 });
    expect(ends(world)).toEqual(["60 resilient", "120 resilient"]);
  });

  it("runs each once when two lead at the same time", async () => {
    const world = aWorld();
    const one = () => [standing(scheduleOf("@every 1m"))];
    await Promise.all([serving(world, one, { forMs: 130_000 }), serving(world, one, { forMs: 130_000 })]);
    expect(ends(world).toSorted()).toEqual(["120 resilient", "60 resilient"]);
    expect(world.faults.injected).toHaveLength(2);
  });

  it.each([
    { name: "a ticket to run once", over: { kind: "once" as const, exp: START / 1000 + 900 } },
    { name: "one of another cluster", over: { aud: "cluster-2" } },
    { name: "one for a year", over: { exp: START / 1000 + 365 * 86_400 } },
    { name: "one of other bytes", over: { manifests: { [PATH]: "c".repeat(64) } } },
  ])("does not let $name stand", async ({ over }) => {
    const world = aWorld();
    const { said } = await serving(world, () => [standing(scheduleOf("@every 1m"), over)], { forMs: 130_000 });
    expect(world.reports.sent).toEqual([]);
    expect(said).toContain("standing ticket refused");
  });

  it("does not run a standing ticket that is handed over as one to run now", async () => {
    const world = aWorld();
    await serving(world, () => [], { forMs: 60_000, open: [standing(scheduleOf("@every 1h"))] });
    expect(world.reports.sent.map(({ verdict }) => verdict)).toEqual(["refused"]);
    expect(world.faults.injected).toEqual([]);
  });
});
