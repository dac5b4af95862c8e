import type { Report } from "../report.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

/** The webhook of a StressChaos: there must be a stressor. */
export function checkStressChaos(spec: Located, report: Report): void {
  const stressors = at(spec, "stressors");
  const isEmpty = at(stressors, "memory") === undefined && at(stressors, "cpu") === undefined;
  const isMissing = stressors === undefined ? (textAt(spec, "stressngStressors") ?? "") === "" : isEmpty;
  if (!isMissing) return;
  const path = `${spec.path}.stressors`;
  report.problem(
    { path, span: stressors?.key ?? spec.key },
    {
      code: "stressors-missing",
      message: `${path} has neither cpu nor memory, so there is nothing to stress.`,
      fix: "Add stressors.cpu or stressors.memory, each with workers.",
    },
  );
}
