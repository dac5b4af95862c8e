import { describe, expect, it } from "vitest";
import { AppError } from "../../src/errors.ts";
import { drive } from "../../src/run/drive.ts";
import { type Command, UNDOS } from "../../src/run/event.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { begin } from "../../src/run/step.ts";
import type { Terms } from "../../src/run/terms.ts";
import { aKill } from "../fakes/experiment.ts";
import { aShop, aWorld, breachesUnderFault, type FakeWorld, someTerms } from "../fakes/run.ts";
import { spread } from "../fakes/snapshot.ts";
import { someClaims } from "../fakes/ticket.ts";

async function run(world: FakeWorld, terms: Terms = someTerms(), inbox = createInbox()) {
  await world.journal.claim(terms.runId, terms.requestedAt);
  const { finished, flushed } = await drive({ step: begin(terms), events: 0 }, world, inbox);
  await flushed;
  const report = world.reports.sent.at(-1);
  if (report === undefined) throw new Error("nothing was reported");
  return { finished, report };
}

/** Does something once a fault holds somebody, `ms` later. */
function underFault(world: FakeWorld, ms: number, action: () => void): void {
  const { now } = world.clock;
  const look = () => {
    if (world.faults.holding().length > 0) world.clock.at(now() + ms, action);
    else world.clock.at(now() + 100, look);
  };
  world.clock.at(now(), look);
}

/** What the journal says was undone, in order. */
async function undosOf(world: FakeWorld): Promise<readonly Command[]> {
  const entries = await world.journal.read(someTerms().runId);
  const intents = entries.flatMap(({ kind, data }) => (kind === "intent" ? [data as Command] : []));
  return intents.filter((command) => UNDOS.includes(command.do));
}

const LONG = { claims: someClaims({ limits: { ...someClaims().limits, max_duration_seconds: 120 } }) };

describe("a run that goes to its end", () => {
  it("is resilient when every objective held for the ticket's duration under a fault that was felt", async () => {
    const world = aWorld();
    const { finished, report } = await run(world);
    expect(finished.ending.verdict).toBe("resilient");
    expect(finished.rollback).toBe("verified");
    expect(report).toMatchObject({ phase: "finished", durationMs: 30_000, cappedFromMs: 300_000, matchedPods: 10 });
    expect(report.victims).toHaveLength(3);
    expect(report.victims.every(({ revertedAt = 0, injectedAt }) => revertedAt - injectedAt >= 30_000)).toBe(true);
    expect(report.silence?.state).toBe("expired");
    expect(report.residue?.found).toEqual([]);
    expect(world.faults.holding()).toEqual([]);
  });

  it("keeps leases and silence alive for longer than either lasts by itself", async () => {
    const { finished } = await run(aWorld(), someTerms(LONG));
    expect(finished.ending.verdict).toBe("resilient");
  });

  it("sends reports whose numbers rise, the first before anything was looked at", async () => {
    const world = aWorld();
    await run(world);
    const numbers = world.reports.sent.map(({ sequence }) => sequence);
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
    expect(world.reports.sent[0]?.phase).toBe("requested");
  });

  it("measures what was added beside an unselected replica, and takes that for felt when the daemon could not tell", async () => {
    const world = aWorld();
    world.faults.felt = undefined;
    const faulted = (uid: string) => world.faults.injected.some(({ victim }) => victim.podUid === uid);
    const probe = {
      connectTimes: async ({ podUid }: { podUid: string }) => (faulted(podUid) ? [502, 498, 505] : [2, 2, 3]),
    };
    const { finished, report } = await run({ ...world, probe } as FakeWorld);
    expect(finished.ending.verdict).toBe("resilient");
    expect(report.measured).toContainEqual(expect.objectContaining({ id: "added-latency", value: 500, unit: "ms" }));
    expect(report.measured).toContainEqual(
      expect.objectContaining({ id: "connect-time", value: 500, how: expect.stringContaining("502 ms") }),
    );
  });

  it("proves nothing when nobody could measure that the fault was felt", async () => {
    const world = aWorld();
    world.faults.felt = undefined;
    const { finished } = await run(world);
    expect(finished.ending).toMatchObject({ verdict: "inconclusive", because: expect.stringContaining("felt") });
    expect(finished.rollback).toBe("verified");
  });

  it("kills once and needs no lease", async () => {
    const world = aWorld();
    const { finished, report } = await run(world, someTerms({ experiment: aKill() }));
    expect(finished.ending.verdict).toBe("resilient");
    expect(report.victims).toHaveLength(1);
    expect(world.faults.trouble.calls).not.toContain("renew");
  });
});

describe("a run that is stopped", () => {
  it("stops at the first breach, within one poll, and gives everything back", async () => {
    const world = aWorld();
    breachesUnderFault(world);
    const { finished, report } = await run(world);
    expect(finished.ending).toEqual({
      verdict: "violated",
      because: "checkout error rate is 0.08, promised below 0.02",
    });
    expect(finished.rollback).toBe("verified");
    const { injectedAt = 0, revertedAt = 0 } = report.victims.at(-1) ?? {};
    expect(revertedAt - injectedAt).toBeLessThanOrEqual(1_000);
    expect(world.silences.active()).toEqual([]);
    expect(report.measured).toContainEqual(expect.objectContaining({ id: "objective-worst", value: 0.08 }));
  });

  it("lifts the silence before anything else when something outside the blast radius degrades", async () => {
    const world = aWorld();
    breachesUnderFault(world, "outside");
    const { finished, report } = await run(world);
    const order = (await undosOf(world)).map(({ do: act }) => act);
    expect(finished.ending.because).toContain("blast radius exceeded");
    expect(order).toEqual(["expire-silence", "revert"]);
    expect(report.silence?.state).toBe("lifted");
  });

  it("reverts the whole run on each of its nodes, and the silence last", async () => {
    const world = aWorld();
    world.cluster.snapshotNow = spread(aShop(), 4);
    const { report } = await run(world);
    const nodes = [...new Set(report.victims.map(({ node }) => node))];
    expect(nodes.length).toBeGreaterThan(1);
    expect(await undosOf(world)).toEqual([
      { do: "revert", epoch: 1, nodes: nodes.toReversed() },
      { do: "expire-silence", id: expect.any(String) },
    ]);
  });

  it.each([
    { name: "errors", answers: "connection refused" },
    { name: "nothing", answers: [] },
    { name: "NaN", answers: [Number.NaN] },
  ])(
    "is inconclusive when Prometheus answers $name, and rolled back without proof of recovery",
    async ({ answers }) => {
      const world = aWorld();
      underFault(world, 5_000, () => {
        world.metrics.answers = () => answers;
      });
      const { finished, report } = await run(world);
      expect(finished.ending).toMatchObject({
        verdict: "inconclusive",
        because: expect.stringContaining("could not see"),
      });
      expect(finished.rollback).toBe("expired");
      expect(report.residue?.found).toEqual([]);
      expect(world.faults.holding()).toEqual([]);
    },
  );

  it("survives one blind poll", async () => {
    const world = aWorld();
    const { answers } = world.metrics;
    underFault(world, 5_000, () => {
      world.metrics.answers = () => "a hiccup";
    });
    underFault(world, 6_500, () => {
      world.metrics.answers = answers;
    });
    const { finished } = await run(world);
    expect(finished.ending.verdict).toBe("resilient");
  });

  it("is aborted by an order that comes with the answer to a report", async () => {
    const world = aWorld();
    world.reports.orders = ({ phase, runId }) =>
      phase === "watching" ? [{ kind: "abort", runId, by: "octocat", reason: "/chaos abort" }] : [];
    const { finished, report } = await run(world);
    expect(finished.ending).toEqual({ verdict: "aborted", because: "abort by octocat: /chaos abort" });
    expect(finished.rollback).toBe("verified");
    expect(report.victims.every(({ revertedAt }) => revertedAt !== undefined)).toBe(true);
  });

  it("does not listen to an order for another run", async () => {
    const world = aWorld();
    world.reports.orders = () => [{ kind: "abort", runId: "another", by: "octocat", reason: "" }];
    expect((await run(world)).finished.ending.verdict).toBe("resilient");
  });

  it("rolls back first when its runner is told to end", async () => {
    const world = aWorld();
    const inbox = createInbox();
    underFault(world, 3_000, () => inbox.put({ kind: "told-to-stop", why: "SIGTERM", at: world.clock.now() }));
    const { finished } = await run(world, someTerms(), inbox);
    expect(finished.ending).toMatchObject({ verdict: "inconclusive", because: expect.stringContaining("SIGTERM") });
    expect(world.faults.holding()).toEqual([]);
  });

  it("is inconclusive when a daemon restarts under it", async () => {
    const world = aWorld();
    underFault(world, 5_000, () => world.faults.restart());
    const { finished } = await run(world);
    expect(finished.ending).toMatchObject({
      verdict: "inconclusive",
      because: expect.stringContaining("a part was lost"),
    });
    expect(finished.rollback).toBe("verified");
  });

  it("ends within a poll when every victim has ended, because it would go on to say that they have a fault", async () => {
    const world = aWorld();
    let endedAt = Number.NaN;
    underFault(world, 7_000, () => {
      endedAt = world.clock.now();
      world.faults.endVictims(3);
    });
    const { finished, report } = await run(world);
    expect(finished.ending).toMatchObject({
      verdict: "inconclusive",
      because: expect.stringContaining("every victim"),
    });
    expect(finished.rollback).toBe("verified");
    expect((report.victims[0]?.revertedAt ?? Number.NaN) - endedAt).toBeLessThanOrEqual(2_000);
  });

  it("goes on when some of its victims have ended", async () => {
    const world = aWorld();
    underFault(world, 7_000, () => world.faults.endVictims(2));
    const { finished } = await run(world);
    expect(finished.ending.verdict).toBe("resilient");
  });

  it("ends at its next renewal when what is known of the cluster is too old to find a daemon by", async () => {
    const world = aWorld();
    const { renew } = world.faults;
    let blindAt = Number.POSITIVE_INFINITY;
    underFault(world, 4_000, () => {
      blindAt = world.clock.now();
    });
    world.faults.renew = async (...asked) => {
      if (world.clock.now() < blindAt) return renew(...asked);
      throw new AppError("CLUSTER_REFUSED", "nothing was heard of pods for 30 s", { facts: { reason: "timeout" } });
    };
    const { finished } = await run(world, someTerms(LONG));
    expect(finished.ending).toMatchObject({
      verdict: "inconclusive",
      because: expect.stringContaining("nothing was heard of pods"),
    });
    const ends = finished.story.victims.map(({ revertedAt = Number.NaN }) => revertedAt);
    expect(Math.max(...ends) - blindAt).toBeLessThanOrEqual(someTerms().guard.pollMs);
  });

  it("goes on when a daemon renews the lease and does not say what it holds", async () => {
    const world = aWorld();
    world.faults.active = () => Promise.reject(new AppError("DAEMON_UNREACHABLE", "it was busy"));
    const { finished } = await run(world);
    expect(finished.ending.verdict).toBe("resilient");
  });

  it("stops when nobody took a report for 45 s, because nobody could have aborted it", async () => {
    const world = aWorld();
    underFault(world, 5_000, () => {
      world.reports.trouble.down = "the bot is away";
    });
    const { finished } = await run(world, someTerms(LONG));
    expect(finished.ending).toMatchObject({
      verdict: "inconclusive",
      because: expect.stringContaining("nobody took a report"),
    });
    expect(world.faults.holding()).toEqual([]);
  });

  it("rolls back without its journal, and then says that it was lost", async () => {
    const world = aWorld();
    underFault(world, 5_000, () => {
      world.journal.trouble.down = "no space left";
    });
    await expect(run(world)).rejects.toThrow(AppError);
    expect(world.faults.holding()).toEqual([]);
    expect(world.silences.active()).toEqual([]);
    expect(world.reports.sent.at(-1)).toMatchObject({ verdict: "inconclusive", rollback: "verified" });
  });
});

describe("putting faults in place", () => {
  it("unwinds what was applied when a daemon refuses one of them", async () => {
    const world = aWorld();
    const { inject } = world.faults;
    world.faults.inject = async (node, request) => {
      if (request.faultId === "f2") throw new AppError("DAEMON_REFUSED", "not this one");
      return inject(node, request);
    };
    const { finished } = await run(world);
    expect(finished.ending).toMatchObject({
      verdict: "inconclusive",
      because: expect.stringContaining("could not be put in place: not this one"),
    });
    expect(finished.rollback).toBe("verified");
    expect(world.faults.holding()).toEqual([]);
  });

  it("gives an order again that nobody answered, and says so", async () => {
    const world = aWorld();
    world.faults.trouble.fail("inject", 1, 3);
    const { finished, report } = await run(world);
    expect(finished.ending.verdict).toBe("resilient");
    expect(report.victims).toHaveLength(3);
    expect(report.timeline.map(({ what }) => what).filter((what) => what.includes("given again"))).toHaveLength(2);
  });

  it("gives it four times, and then takes everything back", async () => {
    const world = aWorld();
    const { inject } = world.faults;
    const asked: string[] = [];
    world.faults.inject = async (node, request) => {
      asked.push(request.faultId);
      if (request.faultId === "f1") throw new AppError("DAEMON_UNREACHABLE", "no route");
      return inject(node, request);
    };
    const { finished } = await run(world);
    expect(asked.filter((id) => id === "f1")).toHaveLength(4);
    expect(finished.ending).toMatchObject({
      verdict: "inconclusive",
      because: expect.stringContaining("could not be put in place in 4 tries: no route"),
    });
    expect(finished.rollback).toBe("verified");
    expect(world.faults.holding()).toEqual([]);
  });

  it("ends when a victim did not feel it", async () => {
    const world = aWorld();
    world.faults.felt = false;
    const { finished } = await run(world);
    expect(finished.ending).toMatchObject({
      verdict: "inconclusive",
      because: expect.stringContaining("did not feel"),
    });
    expect(world.faults.injected).toHaveLength(1);
  });

  it("does nothing to anybody when alerts cannot be silenced", async () => {
    const world = aWorld();
    world.silences.trouble.fail("create", 1);
    const { finished } = await run(world);
    expect(finished).toMatchObject({ ending: { verdict: "refused" }, rollback: "not-needed" });
    expect(world.faults.injected).toEqual([]);
  });

  it("goes on when a silence cannot be extended: alerts that ring are the safe side", async () => {
    const world = aWorld();
    world.silences.trouble.fail("extend", 3, 4);
    expect((await run(world)).finished.ending.verdict).toBe("resilient");
  });

  it("keeps guarding while many victims take longer than a poll", async () => {
    const world = aWorld();
    const { inject } = world.faults;
    world.faults.inject = async (node, request) => {
      await world.clock.sleep(1_500);
      return inject(node, request);
    };
    breachesUnderFault(world);
    const { report } = await run(world);
    expect(report.verdict).toBe("violated");
    expect(report.victims).toHaveLength(1);
  });
});

describe("rolling back", () => {
  it("tries again until a daemon answers", async () => {
    const world = aWorld();
    world.faults.trouble.fail("revert", 1, 2, 3);
    const { finished, report } = await run(world);
    expect(finished.rollback).toBe("verified");
    expect(report.undoFailures).toHaveLength(3);
    expect(world.faults.holding()).toEqual([]);
  });

  it("is expired, and not verified, when the leases ended it and no daemon answers", async () => {
    const world = aWorld();
    underFault(world, 5_000, () => {
      world.faults.trouble.down = "no route";
    });
    const { finished, report } = await run(world);
    expect(finished).toMatchObject({ ending: { verdict: "inconclusive" }, rollback: "expired" });
    expect(report.silence?.state).toBe("expired");
    expect(world.faults.holding()).toEqual([]);
  });

  it("has failed when a daemon still sees something", async () => {
    const world = aWorld();
    world.faults.residue = async () => ["checkout-1: a qdisc that nobody removed"];
    const { finished, report } = await run(world);
    expect(finished.rollback).toBe("failed");
    expect(report.residue?.found).toHaveLength(1);
  });

  it("has failed when an objective does not come back", async () => {
    const world = aWorld();
    let broken = false;
    underFault(world, 2_000, () => {
      broken = true;
    });
    world.metrics.answers = (promql) => [promql === "errors" && broken ? 0.5 : promql === "age" ? 1 : 0];
    const { finished } = await run(world);
    expect(finished).toMatchObject({ ending: { verdict: "violated" }, rollback: "failed" });
  });
});
