import type { Report } from "../report.ts";
import { type Template, templatesOf } from "../time/templates.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

/** Reports what is wrong with the times and the order of a Workflow's templates. */
export function reportWorkflowTime(spec: Located, report: Report): void {
  const templates = templatesOf(spec);
  const reached = reachedFrom(textAt(spec, "entry") ?? "", templates);
  for (const template of templates.values()) {
    if (!reached.has(template.name)) reportUnreachable(template, report);
    reportChildren(template, templates, report);
    if (template.type === "Parallel") reportSameVictims(template, templates, report);
  }
  reportCycles(templates, report);
}

function reachedFrom(entry: string, templates: ReadonlyMap<string, Template>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [entry];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const template = templates.get(name);
    waiting.push(...(template?.children ?? []), ...(template?.branches ?? []));
  }
  return reached;
}

function reportUnreachable({ name, located }: Template, report: Report): void {
  report.finding(spotOf(located, "name"), {
    code: "template-unreachable",
    severity: "warning",
    message: `No way leads from the entry to the template ${name}, so it never runs.`,
    fix: "Name it among the children of a template that runs, or remove it.",
  });
}

/** The controller compares nothing: it aborts what is still running when the deadline above comes. */
function reportChildren(parent: Template, templates: ReadonlyMap<string, Template>, report: Report): void {
  const { type, deadlineMs, children, name } = parent;
  if (deadlineMs === undefined || (type !== "Serial" && type !== "Parallel")) return;
  const deadlines = children.map((child) => templates.get(child)?.deadlineMs ?? 0);
  const needed = type === "Serial" ? deadlines.reduce((sum, each) => sum + each, 0) : Math.max(0, ...deadlines);
  if (needed <= deadlineMs) return;
  report.finding(spotOf(parent.located, "deadline"), {
    code: "children-outlive-parent",
    severity: "warning",
    message: `The children of ${name} take ${needed / 1000} s ${type === "Serial" ? "one after the other" : "at most"}, and its deadline ends them after ${deadlineMs / 1000} s.`,
    fix: "Make the deadline as long as the children need, or shorten theirs.",
  });
}

/** Two faults of one kind on the same pods: the second overwrites the first or fails, and the first to end may undo both. */
function reportSameVictims(parent: Template, templates: ReadonlyMap<string, Template>, report: Report): void {
  const seen = new Map<string, string>();
  for (const child of parent.children) {
    const template = templates.get(child);
    const selector = at(template?.fault, "selector");
    if (template === undefined || selector === undefined) continue;
    const victims = `${template.type} ${report.textOf(selector.node.span).replace(/\s+/g, " ")}`;
    const other = seen.get(victims);
    if (other === undefined) seen.set(victims, child);
    else reportPair(parent, other, template, report);
  }
}

function reportPair({ name }: Template, first: string, second: Template, report: Report): void {
  report.finding(spotOf(second.located, "name"), {
    code: "same-victims-in-parallel",
    severity: "warning",
    message: `${name} runs ${first} and ${second.name} at once, and both are ${second.type} of the same pods.`,
    fix: "Put both into one fault, select other pods, or run them in a Serial.",
  });
}

/** The webhook does not look for cycles, and the controller would create nodes without end. */
function reportCycles(templates: ReadonlyMap<string, Template>, report: Report): void {
  const done = new Set<string>();
  const visit = (name: string, above: readonly string[]): void => {
    const template = templates.get(name);
    if (template === undefined || done.has(name)) return;
    for (const child of [...template.children, ...template.branches]) {
      if (child === name || above.includes(child)) reportCycle(template, child, report);
      else visit(child, [...above, name]);
    }
    done.add(name);
  };
  for (const name of templates.keys()) visit(name, []);
}

function reportCycle({ name, located }: Template, child: string, report: Report): void {
  report.finding(spotOf(located, "name"), {
    code: "template-cycle",
    severity: "error",
    message: `The template ${name} starts ${child}, which leads to ${name} again: the Workflow would never end.`,
    fix: "Remove one of the children on the way around.",
  });
}

function spotOf(template: Located, field: string) {
  const found = at(template, field);
  return { path: found?.path ?? `${template.path}.${field}`, span: found?.node.span ?? template.key };
}
