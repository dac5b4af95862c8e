import type { RunReport, VictimReport } from "../../src/run/report.ts";
import type { Objective, Reading } from "../../src/slo/objective.ts";
import { aReport } from "../fakes/run-report.ts";
import { anObjective, OUTSIDE } from "../fakes/ticket.ts";

/** The moment the run was asked for. */
export const START = 1_764_000_000_000;

export const ERRORS = anObjective();

const P99 = anObjective({
  name: "checkout-p99",
  title: "checkout P99",
  bound: { kind: "below", value: 0.8 },
  baselineBound: { kind: "below", value: 0.2 },
  unit: "seconds",
});

type Told = RunReport["readings"][number];

/** Readings of one objective every two seconds from `fromSeconds`; undefined is a poll without an answer. */
export function readings(
  objective: Objective,
  during: Told["during"],
  fromSeconds: number,
  values: readonly (number | undefined)[],
): readonly Told[] {
  return values.map((value, index): Told => {
    const kind = kindOf(objective, value);
    const at = START + (fromSeconds + 2 * index) * 1000;
    const { name, scope, bound } = objective;
    const known = value === undefined ? {} : { value };
    return { objective: name, scope, at, kind, bound, detail: kind, during, ...known };
  });
}

function kindOf({ bound }: Objective, value: number | undefined): Reading["kind"] {
  if (value === undefined) return "no-data";
  return value < bound.value ? "ok" : "breach";
}

export function aVictim(over: Partial<VictimReport> = {}): VictimReport {
  return {
    faultId: "f0",
    namespace: "staging",
    pod: "checkout-2",
    podUid: "uid-checkout-2",
    container: "main",
    node: "node-1",
    effect: "delay",
    backEnd: "packet-queue",
    felt: { measured: true, felt: true, how: "TCP connect 502 ms beside 0.4 ms" },
    injectedAt: START + 13_100,
    revertedAt: START + 27_900,
    ...over,
  };
}

/** A run that ended in a breach after 14 seconds and is restored. */
export function aRun(over: Partial<RunReport> = {}): RunReport {
  return aReport({
    hypothesis: "Checkout answers from its cache while payment is slow.",
    sequence: 22,
    phase: "finished",
    requestedAt: START,
    updatedAt: START + 44_000,
    cappedFromMs: 300_000,
    victims: [aVictim()],
    matchedPods: 3,
    objectives: [ERRORS, P99, OUTSIDE],
    readings: [
      ...readings(ERRORS, "baseline", 2, [0, 0, 0.0004, 0, 0]),
      ...readings(P99, "baseline", 2, [0.012, 0.011, 0.013, 0.012, 0.012]),
      ...readings(OUTSIDE, "baseline", 2, [0, 0, 0, 0, 0]),
      ...readings(ERRORS, "watching", 14, [0, 0.004, 0.009, 0.013, 0.017, 0.019, 0.0234]),
      ...readings(P99, "watching", 14, [0.012, 0.31, 0.52, 0.54, undefined, 0.54, 0.55]),
      ...readings(OUTSIDE, "watching", 14, [0, 0, 0, 0, 0, 0, 0]),
      ...readings(ERRORS, "verifying", 30, [0.014, 0.006, 0.0008]),
      ...readings(P99, "verifying", 30, [0.4, 0.02, 0.012]),
      ...readings(OUTSIDE, "verifying", 30, [0, 0, 0]),
    ],
    timeline: [
      { at: START + 300, what: "1 of 3 matching pods selected" },
      { at: START + 900, what: "preflight passed; looking for a steady state" },
      { at: START + 11_000, what: "baseline met" },
      { at: START + 13_100, what: "delay by packet-queue on checkout-2: TCP connect 502 ms beside 0.4 ms" },
      { at: START + 13_200, what: "1 faults in place, watching for 30 s" },
      { at: START + 26_100, what: "violated: checkout error rate 0.0234 is not below 0.02; rolling back" },
      { at: START + 28_100, what: "every undo was tried; looking whether anything is left" },
      { at: START + 44_000, what: "finished: violated, rollback verified" },
    ],
    predictions: [
      {
        id: "connect-time",
        subject: "victims -> peers",
        title: "TCP connect",
        value: 500,
        baseline: 0,
        unit: "ms",
        interval: [450, 550],
        binding: "delay",
        formula: "d",
        source: "tc-netem(8)",
        inputs: [],
        sentence: "a new connection takes 500 ms longer",
      },
      {
        id: "threads",
        subject: "checkout -> payment",
        title: "Threads held by waiting calls",
        value: 500,
        unit: "threads",
        binding: "pool",
        formula: "lambda x S",
        source: "Little's law",
        inputs: [],
        sentence: "500 threads would be needed; the pool has 200",
      },
    ],
    measured: [
      {
        id: "connect-time",
        subject: "checkout-2 -> payment-1",
        title: "TCP connect under the fault",
        value: 502.3,
        unit: "ms",
        how: "median of 5 TCP connects by the victim's own clock",
      },
      {
        id: "objective-worst",
        subject: "checkout-errors",
        title: "checkout error rate, worst",
        value: 0.0234,
        unit: "ratio",
        how: "worst reading under the fault",
      },
    ],
    lease: { renewEverySeconds: 15, expiresAfterSeconds: 45 },
    silence: { id: "9a2f", state: "expired", endsAt: START + 73_000 },
    residue: { checkedAt: START + 28_400, found: [] },
    verdict: "violated",
    because: "checkout error rate 2.34 % is not below 2 %, 13.0 s after the fault",
    rollback: "verified",
    ...over,
  });
}

/** The same run while it is watched. */
export function aRunningRun(): RunReport {
  const { verdict: _, because: __, rollback: ___, residue: ____, ...report } = aRun();
  const { revertedAt: _____, ...victim } = aVictim();
  return {
    ...report,
    phase: "watching",
    updatedAt: START + 20_000,
    victims: [victim],
    readings: report.readings.filter(({ at }) => at <= START + 20_000),
    timeline: report.timeline.filter(({ at }) => at <= START + 20_000),
    silence: { id: "9a2f", state: "active", endsAt: START + 65_000 },
  };
}
