import type { Remark, Report } from "../report.ts";
import { nearest } from "../text/nearest.ts";
import { shown } from "../text/quote.ts";
import { at, entriesOf, itemsOf, type Located, sizeOf, textAt } from "../yaml/node.ts";
import { reportLabels } from "./labels.ts";

const FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.schedulerName",
  "spec.serviceAccountName",
  "status.phase",
  "status.podIP",
  "status.nominatedNodeName",
];
const PHASES = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];
const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];
const NARROWING = [
  "labelSelectors",
  "expressionSelectors",
  "annotationSelectors",
  "fieldSelectors",
  "podPhaseSelectors",
  "nodes",
  "nodeSelectors",
  "pods",
];

/** Reports selectors and modes that hit more, fewer or other pods than they seem to. */
export function reportSelection(holder: Located, report: Report): void {
  reportMode(holder, report);
  const selector = at(holder, "selector");
  reportBreadth(holder, selector, report);
  reportPods(selector, report);
  reportLabels(selector, report);
  for (const field of entriesOf(at(selector, "fieldSelectors"))) reportField(field, report);
  for (const phase of itemsOf(at(selector, "podPhaseSelectors"))) reportPhase(phase, report);
  for (const expression of itemsOf(at(selector, "expressionSelectors"))) reportOperator(expression, report);
}

function reportMode(holder: Located, report: Report): void {
  const mode = textAt(holder, "mode");
  const value = at(holder, "value");
  const spot = { path: `${holder.path}.mode`, span: at(holder, "mode")?.node.span ?? holder.key };
  if (mode === "random-max-percent") report.finding(spot, MAY_SELECT_NOTHING);
  if ((mode === "one" || mode === "all") && textAt(holder, "value"))
    report.finding({ path: `${holder.path}.value`, span: value?.node.span ?? spot.span }, valueIgnored(mode));
}

const MAY_SELECT_NOTHING: Remark = {
  code: "may-select-nothing",
  severity: "warning",
  message: "random-max-percent draws a percentage from 0 up to the value, so a run can select no pod and do nothing.",
  fix: "Use fixed-percent, which rounds up and always selects at least one pod.",
};

function valueIgnored(mode: string): Remark {
  return {
    code: "value-ignored",
    severity: "notice",
    message: `mode ${mode} ignores value.`,
    fix: "Remove value, or choose the mode that uses it.",
  };
}

function reportBreadth(holder: Located, selector: Located | undefined, report: Report): void {
  const path = `${holder.path}.selector`;
  const span = selector?.key ?? holder.key;
  const narrowed = NARROWING.some((name) => sizeOf(at(selector, name)) > 0);
  if (!narrowed) report.finding({ path, span }, wholeNamespace(path));
  if (sizeOf(at(selector, "namespaces")) === 0 && sizeOf(at(selector, "pods")) === 0)
    report.finding({ path: `${path}.namespaces`, span }, namespacesOmitted(path));
}

function wholeNamespace(path: string): Remark {
  return {
    code: "selects-whole-namespace",
    severity: "warning",
    message: `${path} names no label, field, node or pod, so it takes every pod of its namespaces.`,
    fix: "Add labelSelectors for the workload that is meant.",
  };
}

function namespacesOmitted(path: string): Remark {
  return {
    code: "namespaces-omitted",
    severity: "warning",
    message: `${path}.namespaces is missing; Chaos Mesh fills in the namespace of the experiment itself.`,
    fix: "Name the namespaces, so that moving the object does not move the target.",
  };
}

function reportPods(selector: Located | undefined, report: Report): void {
  const pods = at(selector, "pods");
  if (pods === undefined || sizeOf(pods) === 0) return;
  const ignored = NARROWING.filter((name) => name !== "pods" && sizeOf(at(selector, name)) > 0);
  if (ignored.length === 0) return;
  report.finding(
    { path: pods.path, span: pods.key },
    {
      code: "pods-override-selectors",
      severity: "warning",
      message: `${pods.path} lists pods by name, so ${ignored.join(", ")} beside it ${ignored.length === 1 ? "is" : "are"} ignored.`,
      fix: "Keep either the list of pods or the selectors.",
    },
  );
}

function reportField({ name, path, key }: Located & { readonly name: string }, report: Report): void {
  if (FIELDS.includes(name)) return;
  report.finding(
    { path, span: key },
    {
      code: "field-selector-unsupported",
      severity: "error",
      message: `Kubernetes cannot select pods by the field ${shown(name)}; the experiment would hit nothing.`,
      fix: `Use one of ${FIELDS.join(", ")}.`,
    },
  );
}

function reportPhase({ node, path }: Located, report: Report): void {
  const written = node.kind === "string" ? node.value : "";
  const phase = written.replace(/^!/, "");
  if (PHASES.includes(phase)) return;
  const meant = nearest(phase, PHASES);
  report.finding(
    { path, span: node.span },
    {
      code: "pod-phase-unknown",
      severity: "error",
      message: `${shown(written)} is no phase of a pod; the cluster admits it and the selection fails or finds nothing.`,
      fix: meant === undefined ? `Use one of ${PHASES.join(", ")}.` : `Write ${meant}.`,
    },
  );
}

function reportOperator(expression: Located, report: Report): void {
  const written = textAt(expression, "operator") ?? "";
  if (OPERATORS.includes(written)) return;
  report.finding(
    { path: `${expression.path}.operator`, span: at(expression, "operator")?.node.span ?? expression.key },
    {
      code: "operator-unknown",
      severity: "error",
      message: `${shown(written)} is no operator of a label expression; the cluster admits it and the selection fails.`,
      fix: `Use one of ${OPERATORS.join(", ")}.`,
    },
  );
}
