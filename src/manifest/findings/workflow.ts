import { chaosBlockOf } from "../kinds/chaos-blocks.ts";
import type { Report } from "../report.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";
import { isOneShot } from "./duration.ts";

type ReportFault = (kind: string, spec: Located, report: Report) => void;

/** Reports the traps of the faults in a Workflow's templates. */
export function reportWorkflow(spec: Located, report: Report, reportFault: ReportFault): void {
  for (const template of itemsOf(at(spec, "templates"))) {
    const type = textAt(template, "templateType") ?? "";
    const fault = at(template, chaosBlockOf(type)?.block ?? "");
    if (fault === undefined) continue;
    reportFault(type, fault, report);
    if ((textAt(template, "deadline") ?? "") === "" && !isOneShot(type, fault)) reportNoDeadline(template, report);
  }
}

function reportNoDeadline(template: Located, report: Report): void {
  report.finding(
    { path: `${template.path}.deadline`, span: at(template, "templateType")?.node.span ?? template.key },
    {
      code: "deadline-of-template-missing",
      severity: "error",
      message: `${template.path} has no deadline, so its fault stays until somebody deletes the Workflow.`,
      fix: "Add a deadline to the template, such as '5m'.",
    },
  );
}
