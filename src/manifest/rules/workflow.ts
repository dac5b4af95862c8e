import { CHAOS_BLOCKS, chaosBlockOf } from "../kinds/chaos-blocks.ts";
import type { Mistake, Report } from "../report.ts";
import { shown } from "../text/quote.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";
import { checkTemplateName } from "./template-names.ts";

type CheckExperiment = (kind: string, spec: Located, report: Report) => void;

const CHAOS_FIELDS = Object.values(CHAOS_BLOCKS).map(({ block }) => block);

/** What each type of template refuses; a type that carries a fault refuses the first four. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  Suspend: ["task", "children", "conditionalBranches", "schedule", ...CHAOS_FIELDS],
  Serial: ["task", "conditionalBranches", "schedule", ...CHAOS_FIELDS],
  Parallel: ["task", "conditionalBranches", "schedule", ...CHAOS_FIELDS],
  Schedule: ["task", "children", "conditionalBranches", ...CHAOS_FIELDS],
  Task: ["children", "schedule", ...CHAOS_FIELDS],
  StatusCheck: ["task", "children", "conditionalBranches", "schedule", ...CHAOS_FIELDS],
};
const FOREIGN_TO_CHAOS = ["task", "children", "conditionalBranches", "schedule"];

/** The webhook of a Workflow: its entry, its templates one by one, and their references to each other. */
export function checkWorkflow(spec: Located, report: Report, checkExperiment: CheckExperiment): void {
  const templates = itemsOf(at(spec, "templates"));
  const names = templates.map((template) => textAt(template, "name") ?? "");
  if (at(spec, "templates")?.node.kind === "list" && templates.length === 0)
    report.problem({ path: `${spec.path}.templates`, span: at(spec, "templates")?.key ?? spec.key }, NO_TEMPLATES);
  const entry = at(spec, "entry");
  if (entry?.node.kind === "string" && templates.length > 0 && !names.includes(entry.node.value))
    report.problem({ path: entry.path, span: entry.node.span }, unknownTemplate("entry-unknown", entry));
  for (const [index, template] of templates.entries()) {
    checkTemplateName(template, names.slice(0, index), report);
    checkTemplate(template, names, report, checkExperiment);
  }
}

const NO_TEMPLATES: Mistake = {
  code: "templates-missing",
  message: "The Workflow has no templates.",
  fix: "Add at least the template that entry names.",
};

function unknownTemplate(code: "entry-unknown" | "template-unknown", { path, node }: Located): Mistake {
  const written = node.kind === "string" ? node.value : "";
  return {
    code,
    message: `${path} is ${shown(written)}, and no template of this Workflow has that name.`,
    fix: "Write the name of a template, or add a template with this name.",
  };
}

function checkTemplate(template: Located, names: readonly string[], report: Report, check: CheckExperiment): void {
  const type = textAt(template, "templateType") ?? "";
  const chaos = chaosBlockOf(type);
  const foreign = chaos === undefined ? (Object.hasOwn(FOREIGN, type) ? FOREIGN[type] : undefined) : FOREIGN_TO_CHAOS;
  for (const name of foreign ?? []) checkForeign(at(template, name), type, report);
  if (type === "Suspend" && (textAt(template, "deadline") ?? "") === "") reportNoDeadline(template, report);
  if (type === "Serial" || type === "Parallel") checkChildren(template, names, report);
  if (chaos !== undefined) checkChaos(template, type, chaos.block, report, check);
}

function checkForeign(found: Located | undefined, type: string, report: Report): void {
  if (found === undefined || (found.node.kind === "list" && found.node.items.length === 0)) return;
  report.problem(
    { path: found.path, span: found.key },
    {
      code: "template-block-foreign",
      message: `${found.path} does not belong into a template of type ${type}.`,
      fix: "Remove it, or move it into a template of its own.",
    },
  );
}

function reportNoDeadline(template: Located, report: Report): void {
  report.problem(
    { path: `${template.path}.deadline`, span: at(template, "templateType")?.node.span ?? template.key },
    {
      code: "deadline-missing",
      message: `${template.path} is a Suspend, and there is no deadline until which it waits.`,
      fix: "Add a deadline, such as '30s'.",
    },
  );
}

function checkChildren(template: Located, names: readonly string[], report: Report): void {
  for (const child of itemsOf(at(template, "children"))) {
    const name = child.node.kind === "null" ? "" : child.node.kind === "string" ? child.node.value : undefined;
    if (name !== undefined && !names.includes(name))
      report.problem({ path: child.path, span: child.node.span }, unknownTemplate("template-unknown", child));
  }
}

function checkChaos(template: Located, type: string, block: string, report: Report, check: CheckExperiment): void {
  const spec = at(template, block);
  const duration = at(spec, "duration");
  if (duration !== undefined)
    report.problem({ path: duration.path, span: duration.key }, durationInside(duration.path));
  if (spec !== undefined) check(type, spec, report);
  else reportNoBlock(template, type, block, report);
}

function reportNoBlock(template: Located, type: string, block: string, report: Report): void {
  report.problem(
    { path: `${template.path}.${block}`, span: at(template, "templateType")?.node.span ?? template.key },
    {
      code: "template-block-missing",
      message: `${template.path}.templateType is ${type}, and there is no ${block} beside it to run.`,
      fix: `Put the experiment's fields under ${block}.`,
    },
  );
}

function durationInside(path: string): Mistake {
  return {
    code: "duration-in-workflow",
    message: `${path} is refused: in a Workflow the deadline of the template ends the fault, and a second clock is not allowed.`,
    fix: "Remove duration, and write the same time as deadline of the template, beside its templateType.",
  };
}
