import { textsOf } from "../decode/texts.ts";
import { chaosBlockOf } from "../kinds/chaos-blocks.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";

/** A template of a Workflow, as far as time is concerned. */
export type Template = {
  readonly name: string;
  readonly type: string;
  readonly located: Located;
  readonly deadlineMs?: number;
  readonly children: readonly string[];
  /** Targets of a Task's conditional branches. */
  readonly branches: readonly string[];
  /** The block of the fault that it injects. */
  readonly fault?: Located;
};

/** The templates of a Workflow's spec by their names, the first of a name. */
export function templatesOf(spec: Located | undefined): ReadonlyMap<string, Template> {
  const templates = new Map<string, Template>();
  for (const located of itemsOf(at(spec, "templates"))) {
    const template = templateOf(located);
    if (!templates.has(template.name)) templates.set(template.name, template);
  }
  return templates;
}

function templateOf(located: Located): Template {
  const type = textAt(located, "templateType") ?? "";
  const deadlineMs = parseGoDuration(textAt(located, "deadline") ?? "");
  const fault = at(located, chaosBlockOf(type)?.block ?? "");
  return {
    name: textAt(located, "name") ?? "",
    type,
    located,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    children: textsOf(at(located, "children")),
    branches: itemsOf(at(located, "conditionalBranches")).flatMap((branch) => textAt(branch, "target") ?? []),
    ...(fault === undefined ? {} : { fault }),
  };
}
