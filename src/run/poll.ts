import { messageOf } from "../errors.ts";
import { judge, type ObjectiveAnswers, type QueryAnswer } from "../slo/judge.ts";
import type { Objective } from "../slo/objective.ts";
import type { AnswerEvent } from "./event.ts";
import type { Hands } from "./hands.ts";
import type { Metrics } from "./ports.ts";

/** One guard poll: every query of every objective at one moment, judged, and kept word for word in the journal. */
export async function pollObjectives(by: "baseline" | "run", hands: Hands): Promise<AnswerEvent> {
  const { terms, metrics, clock, scribe, heardAt } = hands;
  const at = clock.now();
  const polled = await Promise.all(
    terms.objectives.map(async (objective) => ({ objective, answers: await answersOf(objective, metrics, at) })),
  );
  scribe.keep(
    "answers",
    polled.map(({ objective, answers }) => ({ objective: objective.name, ...asText(answers) })),
    at,
  );
  const readings = polled.map(({ objective, answers }) =>
    judge(objective, answers, at, by === "baseline" ? objective.baselineBound : objective.bound),
  );
  return { kind: "polled", readings, heardAt: heardAt(), at };
}

async function answersOf(objective: Objective, metrics: Metrics, at: number): Promise<ObjectiveAnswers> {
  const { query, freshness, traffic } = objective;
  const [value, age, rate] = await Promise.all([
    answerOf(query, metrics, at),
    answerOf(freshness, metrics, at),
    traffic === undefined ? undefined : answerOf(traffic.query, metrics, at),
  ]);
  return { value, freshness: age, ...(rate === undefined ? {} : { traffic: rate }) };
}

async function answerOf(promql: string, metrics: Metrics, at: number): Promise<QueryAnswer> {
  try {
    return await metrics.query(promql, at);
  } catch (thrown) {
    // The port answers with values; should one throw all the same, the guard is blind and must decide on that.
    return { ok: false, error: messageOf(thrown) };
  }
}

/** JSON turns NaN into null, which the next reader would take for a number: values are kept as Prometheus writes them. */
function asText(answers: ObjectiveAnswers) {
  return Object.fromEntries(
    Object.entries(answers).map(([which, answer]) => [
      which,
      answer.ok ? answer.series.map(({ labels, value }) => ({ labels, value: String(value) })) : answer.error,
    ]),
  );
}
