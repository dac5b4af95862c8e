import type { Report } from "../report.ts";
import { at, type Located } from "../yaml/node.ts";
import { actionWithoutBlock } from "./remarks.ts";

const FAULTS = ["delay", "replace", "patch"];

/** Reports an HTTPChaos that matches requests and does nothing to them. */
export function reportHttpChaos(spec: Located, report: Report): void {
  const abort = at(spec, "abort")?.node;
  const isAborted = abort?.kind === "boolean" && abort.value;
  if (isAborted || FAULTS.some((name) => at(spec, name) !== undefined)) return;
  report.finding(
    { path: spec.path, span: spec.key },
    actionWithoutBlock("to match requests", "abort, delay, replace or patch", "nothing happens to what matches"),
  );
}
