import type { Report } from "../report.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";

/** Reports what a PodChaos says and does not do. */
export function reportPodChaos(spec: Located, report: Report): void {
  const action = textAt(spec, "action") ?? "";
  const grace = at(spec, "gracePeriod");
  const names = at(spec, "containerNames");
  if (grace !== undefined && action !== "pod-kill") reportIgnored(grace, action, "pod-kill", report);
  if (itemsOf(names).length > 0 && names !== undefined && action !== "container-kill")
    reportIgnored(names, action, "container-kill", report);
}

function reportIgnored({ path, key }: Located, action: string, onlyFor: string, report: Report): void {
  report.finding(
    { path, span: key },
    {
      code: "field-ignored",
      severity: "notice",
      message: `${path} has no effect with ${action}; only ${onlyFor} reads it.`,
      fix: "Remove it, or change the action.",
    },
  );
}
