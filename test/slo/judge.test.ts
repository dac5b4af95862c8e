import { describe, expect, it } from "vitest";
import { judge, type QueryAnswer } from "../../src/slo/judge.ts";
import { anObjective } from "../fakes/ticket.ts";

function series(...values: readonly number[]): QueryAnswer {
  return { ok: true, series: values.map((value) => ({ labels: {}, value, at: 0 })) };
}

const BROKEN: QueryAnswer = { ok: false, error: "connection refused" };
const NOTHING = series();

describe("a reading", () => {
  it.each([
    { name: "ok within the bound", value: series(0.01), kind: "ok", worst: 0.01 },
    { name: "breach beyond it", value: series(0.03), kind: "breach", worst: 0.03 },
    {
      name: "breach at the bound itself, which was promised to be below",
      value: series(0.02),
      kind: "breach",
      worst: 0.02,
    },
    { name: "breach when only one of many series is beyond", value: series(0, 0.03, 0), kind: "breach", worst: 0.03 },
    { name: "breach whatever else is NaN", value: series(Number.NaN, 0.03), kind: "breach", worst: 0.03 },
    {
      name: "breach at infinity, which no JSON can carry",
      value: series(Number.POSITIVE_INFINITY),
      kind: "breach",
      worst: undefined,
    },
    { name: "not-enough-traffic for 0/0", value: series(Number.NaN), kind: "not-enough-traffic", worst: undefined },
    {
      name: "not-enough-traffic when one series is 0/0",
      value: series(0, Number.NaN),
      kind: "not-enough-traffic",
      worst: undefined,
    },
    { name: "no-data without a series", value: NOTHING, kind: "no-data", worst: undefined },
    { name: "query-error when the query failed", value: BROKEN, kind: "query-error", worst: undefined },
  ])("is $name", ({ value, kind, worst }) => {
    const reading = judge(anObjective(), { value, freshness: series(1) }, 5);
    expect(reading).toMatchObject({ kind, at: 5, objective: "checkout-errors" });
    expect(reading.value).toBe(worst);
  });

  it.each([
    { name: "stale when the newest sample is too old", freshness: series(11), kind: "stale" },
    { name: "stale when one exporter of many is", freshness: series(1, 11), kind: "stale" },
    { name: "stale when samples come from the future", freshness: series(-11), kind: "stale" },
    { name: "no-data when there is no sample to be fresh", freshness: NOTHING, kind: "no-data" },
    { name: "no-data when the age is NaN", freshness: series(Number.NaN), kind: "no-data" },
    { name: "query-error when the age cannot be asked for", freshness: BROKEN, kind: "query-error" },
  ])("is $name, however good its value looks", ({ freshness, kind }) => {
    expect(judge(anObjective(), { value: series(0), freshness }, 0).kind).toBe(kind);
  });

  it.each([
    { name: "ok", traffic: series(5), kind: "ok" },
    { name: "not-enough-traffic", traffic: series(4.9), kind: "not-enough-traffic" },
    { name: "not-enough-traffic", traffic: series(Number.NaN), kind: "not-enough-traffic" },
    { name: "no-data", traffic: NOTHING, kind: "no-data" },
  ])("is $name when at least 5 requests/s are asked for", ({ traffic, kind }) => {
    const objective = anObjective({ traffic: { query: "rate", atLeast: 5 } });
    expect(judge(objective, { value: series(0), freshness: series(1), traffic }, 0).kind).toBe(kind);
  });

  it("holds an `above` promise from the other side", () => {
    const objective = anObjective({ bound: { kind: "above", value: 100 } });
    const of = (value: QueryAnswer) => judge(objective, { value, freshness: series(1) }, 0);
    expect(of(series(120, 101))).toMatchObject({ kind: "ok", value: 101 });
    expect(of(series(120, 99))).toMatchObject({ kind: "breach", value: 99 });
  });

  it("is judged by the stricter bound while the baseline is taken", () => {
    const objective = anObjective();
    const answers = { value: series(0.01), freshness: series(1) };
    expect(judge(objective, answers, 0, objective.baselineBound).kind).toBe("breach");
  });
});
