import type { Report } from "../report.ts";
import { at, type Located } from "../yaml/node.ts";

/** The webhook of an IOChaos: `percent` is a percentage. */
export function checkIoChaos(spec: Located, report: Report): void {
  const percent = at(spec, "percent");
  if (percent?.node.kind !== "number" || (percent.node.value >= 0 && percent.node.value <= 100)) return;
  report.problem(
    { path: percent.path, span: percent.node.span },
    {
      code: "number-out-of-range",
      message: `${percent.path} is ${percent.node.value}; it must be a percentage.`,
      fix: "Write a number from 0 to 100.",
    },
  );
}
