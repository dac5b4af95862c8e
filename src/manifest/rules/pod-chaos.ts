import type { Report } from "../report.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";

/** The webhook of a PodChaos: container-kill needs names. */
export function checkPodChaos(spec: Located, report: Report): void {
  if (textAt(spec, "action") !== "container-kill" || itemsOf(at(spec, "containerNames")).length > 0) return;
  report.problem(
    { path: `${spec.path}.containerNames`, span: at(spec, "action")?.node.span ?? spec.key },
    {
      code: "container-names-missing",
      message: `${spec.path}.containerNames is missing or empty, and the action container-kill needs the names of the containers to kill.`,
      fix: "Add containerNames with at least one name, such as containerNames: [app].",
    },
  );
}
