import { type Guarded, type GuardVerdict, predictGuard } from "../impact/predict-guard.ts";
import type { Impact } from "../impact/prediction.ts";
import type { Settings } from "../settings.ts";
import type { Objective } from "../slo/objective.ts";
import { longestRangeSeconds } from "../slo/range.ts";

const NOTHING: GuardVerdict = { predictions: [], remarks: [] };

/** What the objectives inside the blast radius make of the errors that are predicted; the most failing caller counts. */
export function judgeGuard(
  names: readonly string[],
  { predictions }: Impact,
  settings: Settings,
  durationMs: number | undefined,
): GuardVerdict {
  const [worst] = predictions
    .filter(({ id }) => id === "error-share")
    .toSorted((one, other) => other.value - one.value);
  const rate = worst?.inputs.find(({ name }) => name === "arrival rate");
  if (worst === undefined || rate === undefined) return NOTHING;
  const failing = { subject: worst.subject, share: worst.value, rate };
  const seconds = durationMs === undefined ? undefined : durationMs / 1000;
  const verdicts = names.flatMap((name) => {
    const guarded = guardedBy(settings.objectives[name]);
    return guarded === undefined ? [] : [predictGuard(guarded, failing, seconds)];
  });
  return {
    predictions: verdicts.flatMap((verdict) => verdict.predictions),
    remarks: verdicts.flatMap((verdict) => verdict.remarks),
  };
}

/** Only a share of errors that must stay below something can be compared with a predicted one. */
function guardedBy(objective: Objective | undefined): Guarded | undefined {
  if (objective?.unit !== "ratio" || objective.scope !== "inside" || objective.bound.kind !== "below") return undefined;
  const windowSeconds = longestRangeSeconds(objective.query);
  if (windowSeconds === undefined) return undefined;
  const { name, bound, baselineBound, maxAgeSeconds, budget } = objective;
  const usual = baselineBound.kind === "below" ? Math.min(baselineBound.value, bound.value) : 0;
  return {
    objective: name,
    threshold: bound.value,
    usual,
    windowSeconds,
    maxAgeSeconds,
    ...(budget !== undefined && { budget }),
  };
}
