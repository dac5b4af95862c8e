import { describe, expect, it } from "vitest";
import { modelFigures } from "../../src/run/model-figures.ts";
import { emptyStory, type Story } from "../../src/run/story.ts";
import type { Objective } from "../../src/slo/objective.ts";

const INJECTED = 100_000;

const ERRORS: Objective = {
  name: "checkout-errors",
  title: "checkout error rate",
  query: "sum(rate(errors[15s])) / sum(rate(requests[15s]))",
  freshness: "1",
  maxAgeSeconds: 5,
  bound: { kind: "below", value: 0.02 },
  baselineBound: { kind: "below", value: 0.001 },
  scope: "inside",
  unit: "ratio",
};

const PREDICTIONS = [
  { id: "error-share", subject: "checkout -> payment", title: "Requests of checkout that fail" },
  { id: "time-to-saturation", subject: "checkout -> payment", title: "Time until the pool is full" },
] as const;

/** Readings of one objective by second after injection: negative ones are the baseline, those after the revert verify. */
function story(objective: string, values: Readonly<Record<string, number>>, lastedMs = 60_000): Story {
  const victim = {
    faultId: "f",
    namespace: "staging",
    pod: "checkout-0",
    podUid: "u",
    container: "main",
    node: "local",
    effect: "delay",
    backEnd: "fake",
    felt: { measured: true, felt: true, how: "" },
    injectedAt: INJECTED,
    revertedAt: INJECTED + lastedMs,
  };
  const readings = Object.entries(values).map(([second, value]) => {
    const at = INJECTED + 1000 * Number(second);
    const during = at < INJECTED ? "baseline" : at <= victim.revertedAt ? "watching" : "verifying";
    const { bound } = ERRORS;
    return { objective, scope: "inside", at, kind: "ok", value, bound, detail: "", during } as const;
  });
  return { ...emptyStory(INJECTED), victims: [victim], readings };
}

function figures(objective: Objective, told: Story) {
  return modelFigures([objective], told, PREDICTIONS);
}

describe("the figures of the model that a run measures", () => {
  it("take the errors as they were read where the fault outlasted the window", () => {
    const [share] = figures(ERRORS, story(ERRORS.name, { "-5": 0, 5: 0.03, 20: 0.1, 40: 0.09 }));
    expect(share).toMatchObject({ id: "error-share", subject: "checkout -> payment", value: 0.1, unit: "ratio" });
  });

  it("reckon the errors of a short fault back from the part of the window that it filled", () => {
    const told = story(ERRORS.name, { 1: 0.005, 2: 0.01, 4: 0.02 }, 3000);
    const [share] = figures(ERRORS, told);
    expect(share?.value).toBeCloseTo(0.1, 12);
    expect(share?.how).toContain("20 % of the query's window");
  });

  it("say when the pool was first full, and how far apart the polls were", () => {
    const pool = { ...ERRORS, name: "pool", measures: "time-to-saturation" } as const;
    const found = figures(pool, story("pool", { "-5": 0.1, 1: 0.6, 2: 0.9, 3: 1, 4: 1 }));
    expect(found.find(({ id }) => id === "time-to-saturation")).toMatchObject({ value: 3, unit: "s" });
    expect(figures(pool, story("pool", { 1: 0.6, 2: 0.9 })).map(({ id }) => id)).not.toContain("time-to-saturation");
  });

  it.each([
    { measures: "threads", values: { "-5": 1, 1: 40, 2: 120 }, value: 120, unit: "threads" },
    { measures: "window-throughput", values: { "-5": 9e6, 1: 1000, 2: 3000 }, value: 2000, unit: "B/s" },
    { measures: "added-latency", values: { "-5": 0.01, 1: 0.5, 2: 0.52 }, value: 500, unit: "ms" },
    { measures: "arrival-rate", values: { "-6": 180, "-5": 220, 1: 90 }, value: 200, unit: "1/s" },
    { measures: "service-time", values: { "-6": 0.004, "-5": 0.006, 1: 0.5 }, value: 5, unit: "ms" },
  ] as const)("take $measures from the right part of the run", ({ measures, values, value, unit }) => {
    const found = figures({ ...ERRORS, name: "it", measures }, story("it", values));
    expect(found.find(({ id }) => id === measures)?.value).toBeCloseTo(value, 9);
    expect(found.find(({ id }) => id === measures)).toMatchObject({ unit });
  });

  it("are none without a fault, and none for a query without a window", () => {
    expect(figures(ERRORS, { ...story(ERRORS.name, { 5: 0.1 }), victims: [] })).toEqual([]);
    expect(figures({ ...ERRORS, query: "recorded:errors" }, story(ERRORS.name, { 5: 0.1 }))).toEqual([]);
  });
});
