import { describe, expect, it } from "vitest";
import { erlangC, meanWaitSeconds, type Servers } from "../../src/impact/erlang-c.ts";
import { anyFaulted, closedRateBound, parallelAdded, sequentialAdded } from "../../src/impact/exchanges.ts";
import { erlangB, heldSeconds, threadsNeeded } from "../../src/impact/queueing.ts";
import { expectedAttempts, retryFixedPoint } from "../../src/impact/retries.ts";
import {
  fullAfterSeconds,
  fullQueueWaitSeconds,
  queueFullAfterSeconds,
  type Saturation,
  type SaturationForm,
} from "../../src/impact/saturation.ts";
import { faulted, type Hold, play, playImpatient, playUsers } from "./discrete-event.ts";
import { chanceFrom, exponential, simulateSaturation } from "./simulation.ts";

// Every queueing formula beside a simulation that knows none of it, within the error that the row states; and, as a control, a
// formula with one mistake beside the same simulation, which must be outside of that error.

type Comparison = {
  readonly name: string;
  readonly simulated: () => number;
  readonly formula: () => unknown;
  /** The same with one mistake. */
  readonly mistaken: () => unknown;
  /** Relative. */
  readonly within: number;
};

function holdTogether(rows: readonly Comparison[]): void {
  it.each(rows)("$name", ({ simulated, formula, mistaken, within }) => {
    const found = simulated();
    expect(apart(found, formula())).toBeLessThan(within);
    expect(apart(found, mistaken())).toBeGreaterThan(within);
  });
}

function apart(found: number, figure: unknown): number {
  return Math.abs(found / Number(figure) - 1);
}

const S0 = 0.05;
const D = 0.45;
const fixed: Hold = () => S0;
const random: Hold = (chance) => exponential(chance, S0);
const FRACTIONS = [1, 0.5, 0.2] as const;

/** A rate at which 20 slots see 26 erlangs. */
function rateFor(fraction: number): number {
  return 26 / (S0 + fraction * D);
}

describe("Erlang's loss formula agrees with a simulation", () => {
  holdTogether(
    FRACTIONS.flatMap((fraction) =>
      [
        { kind: "fixed", hold: fixed },
        { kind: "random", hold: random },
      ].map(({ kind, hold }) => ({
        name: `of ${kind} times with a share of ${fraction} faulted, within 2 percent`,
        within: 0.02,
        simulated: () =>
          play(
            { slots: 20, places: 0, ratePerSecond: rateFor(fraction), hold: faulted(hold, fraction, D), arrivals: 2e5 },
            chanceFrom(101),
          ).refused,
        formula: () => erlangB(20, rateFor(fraction) * (S0 + fraction * D)),
        // One slot too few; the fraction forgotten would be further away.
        mistaken: () => erlangB(19, rateFor(fraction) * (S0 + fraction * D)),
      })),
    ),
  );
});

describe("Little's law agrees with a simulation", () => {
  holdTogether(
    FRACTIONS.map((fraction) => {
      const pool = { size: 400, ratePerSecond: 200, serviceSeconds: S0, addedSeconds: D, fraction };
      return {
        name: `of a pool that is never full with a share of ${fraction} faulted, within 1 percent`,
        within: 0.01,
        simulated: () =>
          play(
            { slots: 400, places: 0, ratePerSecond: 200, hold: faulted(random, fraction, D), arrivals: 2e5 },
            chanceFrom(103),
          ).busy,
        formula: () => threadsNeeded(pool),
        // The fraction forgotten, or where there is none to forget, the time without the fault.
        mistaken: () => 200 * (fraction === 1 ? D : S0 + D),
      };
    }),
  );

  it("and holds of what a full pool lets in", () => {
    const hold = faulted(random, 0.5, D);
    const full = play({ slots: 20, places: 0, ratePerSecond: 150, hold, arrivals: 2e5 }, chanceFrom(104));
    const held = Number(
      heldSeconds({ size: 20, ratePerSecond: 150, serviceSeconds: S0, addedSeconds: D, fraction: 0.5 }),
    );
    expect(apart(full.busy, full.attemptsPerSecond * (1 - full.refused) * held)).toBeLessThan(0.01);
  });
});

describe("Erlang's waiting formula agrees with a simulation", () => {
  const servers: Servers = { servers: 10, ratePerSecond: 16, serviceSeconds: 0.5 };
  const waits = (hold: Hold, seed: number): readonly number[] =>
    play({ slots: 10, places: 1e9, ratePerSecond: 16, hold, arrivals: 4e5 }, chanceFrom(seed)).waits;
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

  holdTogether([
    {
      name: "of how many wait, within 3 percent",
      within: 0.03,
      simulated: () => {
        const all = waits((chance) => exponential(chance, 0.5), 107);
        return all.filter((wait) => wait > 0).length / all.length;
      },
      formula: () => erlangC(servers),
      mistaken: () => erlangC({ ...servers, servers: 11 }),
    },
    {
      name: "of how long they wait, within 4 percent",
      within: 0.04,
      simulated: () => mean(waits((chance) => exponential(chance, 0.5), 107)),
      formula: () => meanWaitSeconds(servers),
      mistaken: () => meanWaitSeconds({ ...servers, ratePerSecond: 16.5 }),
    },
  ]);

  // The formula is for exponential times alone, as it says. What a share f < 1 of slow calls makes of it is known beforehand:
  // (1 + cv^2) / 2 of the figure (Lee and Longton, Operational Research Quarterly 10, 1959), an approximation itself.
  it.each([
    { name: "all calls alike", fraction: 1, service: 0.05, added: 0.45 },
    { name: "a fifth of the calls slow", fraction: 0.2, service: 0.1, added: 2 },
  ])("and misses by the factor of the times' variance for $name, within 10 percent", ({ fraction, service, added }) => {
    const average = service + fraction * added;
    const variance = fraction * (1 - fraction) * added ** 2;
    const simulated = mean(
      waits(
        faulted(() => service, fraction, added),
        109,
      ),
    );
    expect(average).toBe(0.5);
    expect(apart(simulated, (Number(meanWaitSeconds(servers)) * (1 + variance / average ** 2)) / 2)).toBeLessThan(0.1);
    expect(apart(simulated, meanWaitSeconds(servers))).toBeGreaterThan(0.1);
  });
});

describe("the time until a pool is full agrees with a simulation", () => {
  const POOL: Saturation = { size: 200, ratePerSecond: 400, serviceSeconds: 0.05, fraction: 1, addedSeconds: 5 };
  const forms: readonly SaturationForm[] = ["network", "new-requests", "exponential"];
  holdTogether(
    forms.flatMap((form) =>
      [1, 0.6, 0.3].map((fraction) => {
        const pool = { ...POOL, fraction };
        return {
          name: `in the ${form} form with a share of ${fraction} faulted, within 4 percent`,
          within: 0.04,
          simulated: () => simulateSaturation(form, pool, 300),
          formula: () => fullAfterSeconds(form, pool),
          mistaken: () => fullAfterSeconds(form, { ...pool, size: 180 }),
        };
      }),
    ),
  );

  const hold: Hold = () => 0.5;
  const queued = { slots: 50, places: 200, ratePerSecond: 150, hold, arrivals: 20_000 };
  holdTogether([
    {
      name: "of a full queue's wait, within 3 percent",
      within: 0.03,
      simulated: () => play(queued, chanceFrom(113)).waits.reduce((longest, each) => Math.max(longest, each), 0),
      formula: () => fullQueueWaitSeconds(200, 50, 0.5),
      mistaken: () => fullQueueWaitSeconds(200, 50, 0.6),
    },
    {
      name: "of a queue behind a full pool, within 10 percent",
      within: 0.1,
      simulated: () => meanQueueFullAfter(),
      formula: () => queueFullAfterSeconds(200, 50, 150, 0.5),
      mistaken: () => queueFullAfterSeconds(200, 50, 170, 0.5),
    },
  ]);

  /** From the first arrival that waits to the first that is refused, mean of some runs. */
  function meanQueueFullAfter(): number {
    const runs = 40;
    let sum = 0;
    for (let run = 0; run < runs; run++) {
      const chance = chanceFrom(211 + run);
      const freeAt = Array.from({ length: 50 }, (_, slot) => (0.5 * (slot + 1)) / 50);
      for (let now = 0; ; now += exponential(chance, 1 / 150)) {
        freeAt.sort((a, b) => a - b);
        const starts = Math.max(now, freeAt[0] ?? 0);
        // So many places are taken as calls start between now and then.
        if ((starts - now) * 100 >= 200) {
          sum += now;
          break;
        }
        freeAt[0] = starts + 0.5;
      }
    }
    return sum / runs;
  }
});

describe("retries settle where a simulation does", () => {
  holdTogether(
    FRACTIONS.map((fraction) => {
      const ratePerSecond = 18 / (S0 + fraction * D);
      const settled = (slots: number): number => {
        const failureAt = (rate: number): number => Number(erlangB(slots, rate * (S0 + fraction * D)));
        const found = retryFixedPoint(ratePerSecond, 3, failureAt);
        if (found.kind !== "fixed-point" || found.settlings.length !== 1)
          throw new Error("one fixed point is expected");
        return found.settlings[0]?.ratePerSecond ?? Number.NaN;
      };
      return {
        name: `at a pool with a share of ${fraction} faulted, within 1.5 percent`,
        within: 0.015,
        simulated: () =>
          play(
            {
              slots: 20,
              places: 0,
              ratePerSecond,
              hold: faulted(random, fraction, D),
              arrivals: 2e5,
              retries: { most: 3, backoffSeconds: 5 },
            },
            chanceFrom(127),
          ).attemptsPerSecond,
        formula: () => settled(20),
        // Without the feedback: failures as they were before the retries.
        mistaken: () => ratePerSecond * Number(expectedAttempts(Number(erlangB(20, 18)), 3)),
      };
    }),
  );

  it("at two rates, of which the past decides, where impatient clients let a server work for nobody", () => {
    const clients = {
      ratePerSecond: 80,
      capacityPerSecond: 100,
      places: 200,
      timeoutSeconds: 1,
      retries: 3,
      seconds: 400,
    };
    // Below its capacity this server answers in time, above it never: the queue alone takes two seconds.
    const found = retryFixedPoint(80, 3, (rate) => (rate < 100 ? 0 : 1));
    if (found.kind !== "fixed-point") throw new Error(found.why);
    const stable = found.settlings.filter((each) => each.stable).map(({ ratePerSecond }) => ratePerSecond);
    const calm = playImpatient({ ...clients, backlog: 0 }, chanceFrom(131));
    const afterwards = playImpatient({ ...clients, backlog: 200 }, chanceFrom(131));
    expect(found.mayNotRecover).toBe(true);
    expect(apart(calm, stable[0])).toBeLessThan(0.03);
    expect(apart(afterwards, stable[1])).toBeLessThan(0.03);
    const patient = playImpatient({ ...clients, retries: 0, backlog: 200 }, chanceFrom(131));
    expect(apart(patient, 80), "without retries it recovers").toBeLessThan(0.03);
  });
});

describe("fan-out agrees with a simulation", () => {
  const CALLS = 8;
  const FRACTION = 0.15;
  const requests = (): readonly (readonly boolean[])[] => {
    const chance = chanceFrom(137);
    return Array.from({ length: 1e5 }, () => Array.from({ length: CALLS }, () => chance() < FRACTION));
  };
  const meanOf = (added: (calls: readonly boolean[]) => number): number =>
    requests().reduce((sum, calls) => sum + added(calls), 0) / 1e5;

  holdTogether([
    {
      name: "of the share of requests that meet the fault, within 1 percent",
      within: 0.01,
      simulated: () => meanOf((calls) => Number(calls.some(Boolean))),
      formula: () => anyFaulted(CALLS, FRACTION),
      mistaken: () => CALLS * FRACTION,
    },
    {
      name: "of what calls one after the other add, within 1 percent",
      within: 0.01,
      simulated: () => meanOf((calls) => calls.filter(Boolean).length * D),
      formula: () => FRACTION * Number(sequentialAdded(CALLS, D)),
      mistaken: () => Number(anyFaulted(CALLS, FRACTION)) * D,
    },
    {
      name: "of what calls side by side add, within 1 percent",
      within: 0.01,
      simulated: () => meanOf((calls) => Math.max(...calls.map((isFaulted) => (isFaulted ? D : 0)))),
      formula: () => Number(anyFaulted(CALLS, FRACTION)) * Number(parallelAdded(Array(CALLS).fill(D))),
      mistaken: () => FRACTION * Number(sequentialAdded(CALLS, D)),
    },
  ]);
});

describe("a closed system stays below its bound, and near it at either end", () => {
  it.each([
    { name: "few users who mostly think", users: 5, nearest: 0.93 },
    { name: "as many as the knee", users: 51, nearest: 0.8 },
    { name: "far more than the server can take", users: 120, nearest: 0.97 },
  ])("$name", ({ users, nearest }) => {
    const simulated = playUsers({ count: users, thinkSeconds: 1, demandSeconds: 0.02, seconds: 4000 }, chanceFrom(139));
    const share = simulated / Number(closedRateBound(users, 1, 0.02, 0.02));
    expect(share).toBeLessThan(1.01);
    expect(share).toBeGreaterThan(nearest);
    // The bound without the server's own limit is no bound where the server limits.
    const mistaken = simulated / Number(closedRateBound(users, 1, 0.02, 1e-9));
    expect(mistaken > nearest).toBe(users < 120 && share > nearest);
  });
});
