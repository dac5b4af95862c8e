import type { Review, ReviewedExperiment } from "../review.ts";
import { remarksOf } from "./remarks.ts";
import { fault, hits, hitsTogether, length, pods } from "./words.ts";

export type Saying = { readonly icon: string; readonly sentence: string };

/** What the review comes to, in one plain sentence. */
export function verdictOf(review: Review): Saying {
  switch (review.outcome) {
    case "no-experiments":
      return { icon: "⚪", sentence: whatIsGone(review) };
    case "invalid":
      return { icon: "❌", sentence: `The cluster would refuse this: ${counted(review, "problem")}` };
    case "refused":
      return { icon: "⛔", sentence: `Not to be run as it is: ${counted(review, "error")}` };
    case "reviewed":
      return { icon: "✅", sentence: whatItHits(review.experiments) };
  }
}

function whatIsGone({ changes = [] }: Review): string {
  const gone = changes.filter(({ change }) => change === "removed").length;
  if (gone === 0) return "No chaos experiment is changed";
  return `${pods(gone, "chaos experiment")} ${gone === 1 ? "is" : "are"} removed, and none is changed`;
}

function counted(review: Review, severity: "problem" | "error"): string {
  const found = remarksOf(review).filter((remark) => remark.severity === severity);
  const files = new Set(found.map(({ path }) => path)).size;
  const where = files > 1 ? ` in ${pods(files, "file")}` : "";
  const reason = severity === "problem" ? "problem" : "finding";
  return `${pods(found.length, reason)}${where}${severity === "error" ? (found.length === 1 ? " stands in the way" : " stand in the way") : ""}`;
}

function whatItHits(experiments: readonly ReviewedExperiment[]): string {
  const [only, second] = experiments;
  if (only === undefined) return "Nothing was analysed";
  if (second === undefined) {
    return `Hits ${hits(only)}: ${fault(only.experiment)}, ${length(only)}`;
  }
  const selections = experiments.flatMap(({ selection }) => selection ?? []);
  const seen = selections.length === experiments.length;
  return `${experiments.length} experiments ${seen ? `hit ${hitsTogether(selections)}` : "are valid"}`;
}
