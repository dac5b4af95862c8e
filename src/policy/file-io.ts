import type { Experiment, FileFaultSpec } from "../manifest/experiment.ts";
import type { Caps } from "./policy.ts";
import type { Remark } from "./remark.ts";

/** Whether a fault leaves wrong bytes in the victims' files, which no rollback takes out again. */
export function altersData({ act, methods }: Pick<FileFaultSpec, "act" | "methods">): boolean {
  return act.kind === "mistake" && (methods.length === 0 || methods.includes("write"));
}

/** A mistake on writes needs the settings' consent, and is said even where it has it. */
export function judgeFileIo(experiment: Experiment, { alteredData }: Pick<Caps, "alteredData">): readonly Remark[] {
  if (experiment.kind !== "IOChaos" || !altersData(experiment.io)) return [];
  const path = "spec.action";
  const what = "a mistake on writes leaves wrong bytes in the files of the victims for good";
  if (alteredData !== true) {
    const message = `${what}, and these settings do not permit that.`;
    const fix = "Write methods: [read], or let the environment say caps.alteredData: true.";
    return [{ code: "data-altered-without-consent", severity: "error", path, message, fix }];
  }
  const message = `${what}: the run ends with \`rollback: failed\`, because nothing brings them back.`;
  const fix = "Nothing to do if the data may be lost; otherwise write methods: [read].";
  return [{ code: "data-altered", severity: "warning", path, message, fix }];
}
