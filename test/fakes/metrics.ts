import type { Metrics } from "../../src/run/ports.ts";
import { Trouble } from "./trouble.ts";

/** What a query answers at a time: the values of its series, or an error in words. */
export type Answers = (promql: string, at: number) => readonly number[] | string;

export type FakeMetrics = Metrics & { readonly trouble: Trouble; answers: Answers };

/** A metrics store that answers by a function; in trouble it answers with an error, as the port promises. */
export function createFakeMetrics(answers: Answers): FakeMetrics {
  const trouble = new Trouble("PROMETHEUS_UNREACHABLE");
  const fake: FakeMetrics = {
    trouble,
    answers,
    async query(promql, at) {
      try {
        trouble.meet("query");
      } catch {
        return { ok: false, error: "told to fail" };
      }
      const values = fake.answers(promql, at);
      if (typeof values === "string") return { ok: false, error: values };
      return { ok: true, series: values.map((value, series) => ({ labels: { series: String(series) }, value, at })) };
    },
  };
  return fake;
}
