import type { Report } from "../report.ts";
import { at, type Located } from "../yaml/node.ts";

/** The webhook of a StatusCheck: the one type that there is needs its block. */
export function checkStatusCheck(spec: Located, report: Report): void {
  if (at(spec, "http") !== undefined) return;
  const path = `${spec.path}.http`;
  report.problem(
    { path, span: spec.key },
    {
      code: "field-missing",
      message: `${path} is missing; the cluster refuses a status check that names no request.`,
      fix: "Add http with a url and criteria.statusCode.",
    },
  );
}
