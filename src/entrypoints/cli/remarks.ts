import type { ManifestDocument } from "../../manifest/document.ts";
import type { Finding, Problem } from "../../manifest/problem.ts";

export type Severity = "error" | "warning" | "notice";

/** What lint says about one place; a refusal of the cluster is an error whatever its rule. */
export type Remark = {
  readonly code: string;
  readonly severity: Severity;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly message: string;
  readonly fix: string;
  readonly isRefusal: boolean;
};

/** Everything that is said about a document, refusals first. */
export function remarksOn({ problems, findings }: Pick<ManifestDocument, "problems" | "findings">): readonly Remark[] {
  return [...problems, ...findings].map(remarkOf);
}

function remarkOf(said: Problem | Finding): Remark {
  const { code, path, place, message, fix } = said;
  const isRefusal = !("severity" in said);
  return { code, severity: isRefusal ? "error" : said.severity, path, ...place, message, fix, isRefusal };
}
