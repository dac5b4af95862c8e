import type { ExperimentChange } from "../changes.ts";
import { code, prose } from "../escape.ts";
import type { Review } from "../review.ts";
import { table } from "../sections.ts";

const MOST_ROWS = 20;

/** What differs from the base, one difference a row; a sentence where everything is new or nothing differs. */
export function changesTable({ changes, experiments }: Review): string {
  if (changes === undefined) return "";
  if (changes.length === 0)
    return experiments.length === 0 ? "" : "_Against the base, no experiment is added, removed or changed._";
  if (changes.every(({ change }) => change === "added")) return "_Against the base, every experiment here is new._";
  const rows = changes.flatMap(rowsOf);
  const more = rows.length > MOST_ROWS ? `\n\n_and ${rows.length - MOST_ROWS} more_` : "";
  const body = table(["Experiment", "Against the base", "Before", "Now"], rows.slice(0, MOST_ROWS));
  return `#### What changes\n\n${body}${more}`;
}

function rowsOf(change: ExperimentChange): readonly (readonly string[])[] {
  const name = `${code(change.name)}<br>${prose(change.kind)}`;
  if (change.change !== "changed") return [[name, `**${change.change}**`, "", ""]];
  return change.differences.map(({ what, before, now }, at) => [at === 0 ? name : "", what, prose(before), prose(now)]);
}
