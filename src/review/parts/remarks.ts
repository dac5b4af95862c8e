import type { Place, Suggestion } from "../../manifest/problem.ts";
import type { Review } from "../review.ts";

/** A problem or a finding, with the file it stands in. */
export type FileRemark = {
  readonly path: string;
  readonly code: string;
  readonly severity: "problem" | "error" | "warning" | "notice";
  readonly place: Place;
  readonly message: string;
  readonly fix: string;
  readonly suggestion?: Suggestion;
};

const ORDER: readonly FileRemark["severity"][] = ["problem", "error", "warning", "notice"];

/** Everything that a review says about lines: the worst first, then in the order of the files. */
export function remarksOf({ files, experiments, otherFindings = [] }: Review): readonly FileRemark[] {
  const problems = files.flatMap(({ path, problems: own, documents }) =>
    [...own, ...documents.flatMap((document) => document.problems)].map(
      (problem): FileRemark => ({ ...problem, path, severity: "problem" }),
    ),
  );
  const findings = experiments.flatMap(({ path, findings: own }) => own.map((finding) => ({ ...finding, path })));
  const others = otherFindings.map(({ path, finding }) => ({ ...finding, path }));
  return [...problems, ...findings, ...others].sort(
    (one, other) =>
      ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity) ||
      (one.path === other.path ? one.place.line - other.place.line : one.path < other.path ? -1 : 1),
  );
}
