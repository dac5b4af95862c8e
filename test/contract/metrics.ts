import { describe, expect, it } from "vitest";
import type { Metrics } from "../../src/run/ports.ts";

export type MetricsUnderTest = {
  readonly metrics: Metrics;
  readonly now: () => number;
  /** The same metrics when nobody is there to answer. */
  readonly gone: Metrics;
};

/** Queries that every store must answer alike, in PromQL. */
export const QUERIES = {
  one: "vector(1)",
  nothing: "vector(1) > 2",
  notANumber: "vector(0) / vector(0)",
  infinite: "vector(1) / vector(0)",
  scalar: "time()",
  broken: "sum(",
} as const;

/** What every metrics store must do: never turn what is not known into a number, and never throw. */
export function metricsContract(name: string, make: () => Promise<MetricsUnderTest>): void {
  describe(`${name} is a metrics store: it`, () => {
    const valuesOf = async (promql: string) => {
      const { metrics, now } = await make();
      const answer = await metrics.query(promql, now());
      return answer.ok ? answer.series.map(({ value }) => value) : answer.error;
    };

    it.each([
      { name: "a value", promql: QUERIES.one, values: [1] },
      { name: "nothing as no series", promql: QUERIES.nothing, values: [] },
      { name: "0/0 as NaN", promql: QUERIES.notANumber, values: [Number.NaN] },
      { name: "1/0 as infinity", promql: QUERIES.infinite, values: [Number.POSITIVE_INFINITY] },
    ])("answers $name", async ({ promql, values }) => {
      expect(await valuesOf(promql)).toEqual(values);
    });

    it("evaluates at the moment that is asked for", async () => {
      const { metrics, now } = await make();
      const at = now();
      const answer = await metrics.query(QUERIES.scalar, at);
      expect(answer).toMatchObject({ ok: true, series: [{ value: at / 1000 }] });
    });

    it("answers a broken query with the reason", async () => {
      expect(await valuesOf(QUERIES.broken)).toEqual(expect.any(String));
    });

    it("answers with an error when nobody is there", async () => {
      const { gone, now } = await make();
      expect(await gone.query(QUERIES.one, now())).toMatchObject({ ok: false });
    });
  });
}
