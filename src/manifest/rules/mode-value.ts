import type { Mistake, Report } from "../report.ts";
import { atoi } from "../text/go-number.ts";
import { shown, yamlString } from "../text/quote.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

/** Reports a `value` that does not suit the `mode` beside it (the webhook of Chaos Mesh's PodSelector). */
export function checkModeValue(holder: Located | undefined, report: Report): void {
  if (holder === undefined) return;
  const mode = textAt(holder, "mode");
  const value = at(holder, "value");
  if (value !== undefined && value.node.kind !== "string") return;
  const mistake = mistakeOf(holder.path, mode, textAt(holder, "value"));
  const span = value?.node.span ?? at(holder, "mode")?.node.span ?? holder.key;
  if (mistake !== undefined) report.problem({ path: `${holder.path}.value`, span }, mistake);
}

/** In 2.7 `value` of a JVMChaos is what a method returns, and the mode's own is always empty (3619eb494, #4525). */
export function checkModeOfJvm(spec: Located, report: Report): void {
  const mode = textAt(spec, "mode");
  const mistake = mistakeOf(spec.path, mode, "");
  if (mistake === undefined) return;
  report.problem(
    { path: `${spec.path}.mode`, span: at(spec, "mode")?.node.span ?? spec.key },
    {
      code: mistake.code,
      message: `${spec.path}.mode is ${mode}, and Chaos Mesh 2.7 reads ${spec.path}.value of a JVMChaos as what a method returns, so a mode never finds its own.`,
      fix: "Write mode: one or mode: all, or use Chaos Mesh 2.8.",
    },
  );
}

function mistakeOf(path: string, mode: string | undefined, value: string | undefined): Mistake | undefined {
  if (mode === "fixed") return countMistake(path, value);
  if (mode === "fixed-percent" || mode === "random-max-percent") return percentMistake(path, mode, value);
  return undefined;
}

function countMistake(path: string, value: string | undefined): Mistake | undefined {
  const count = atoi(value ?? "");
  if (count !== undefined && count > 0) return undefined;
  const percent = percentOf(value);
  return {
    code: "value-not-a-count",
    message: `${path}.value is ${value === undefined ? "missing" : shown(value)}, and ${path}.mode fixed needs a whole number of pods, 1 or more.`,
    fix:
      percent === undefined
        ? "Write the number of pods in quotes, such as '3'."
        : `For ${percent} percent of the pods write mode: fixed-percent and value: '${percent}'; for a number of pods keep fixed and write the number.`,
    choices: around(value, Number.MAX_SAFE_INTEGER),
  };
}

function percentMistake(path: string, mode: string, value: string | undefined): Mistake | undefined {
  const percent = atoi(value ?? "");
  if (percent !== undefined && percent > 0 && percent <= 100) return undefined;
  const bare = percentOf(value);
  return {
    code: "value-not-a-percentage",
    message: `${path}.value is ${value === undefined ? "missing" : shown(value)}, and ${path}.mode ${mode} needs a whole number from 1 to 100.`,
    fix:
      bare === undefined
        ? "Write the percentage in quotes and without a % sign, such as '30'."
        : `Write ${yamlString(bare)}.`,
    ...(bare === undefined ? { choices: around(value, 100) } : { replacement: yamlString(bare) }),
  };
}

/** The whole numbers next to what is written that would do; 1 where nothing says how many. */
function around(value: string | undefined, most: number): readonly string[] {
  const written = value !== undefined && /^[+-]?[0-9]{1,9}(\.[0-9]{1,9})?$/.test(value) ? Number(value) : 1;
  const counts = [Math.floor(written), Math.ceil(written)].map((count) => Math.min(most, Math.max(1, count)));
  return [...new Set(counts)].map((count) => yamlString(String(count)));
}

/** "30%" -> "30" where that is a valid percentage. */
export function percentOf(value: string | undefined): string | undefined {
  const bare = /^\s*([0-9]{1,3})\s*%\s*$/.exec(value ?? "")?.[1];
  const percent = Number(bare);
  return percent >= 1 && percent <= 100 ? String(percent) : undefined;
}
