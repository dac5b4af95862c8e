import type { Report } from "../report.ts";
import { shown } from "../text/quote.ts";
import { at, entriesOf, itemsOf, type Located, textAt } from "../yaml/node.ts";

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/**
 * Reports selectors by label that Kubernetes' own parser refuses (metav1.LabelSelectorAsSelector). Chaos Mesh reads them when it
 * selects, which is after admission, and tells of the error by an event alone.
 */
export function reportLabels(selector: Located | undefined, report: Report): void {
  for (const name of ["labelSelectors", "nodeSelectors"])
    for (const label of entriesOf(at(selector, name))) reportLabel(label, report);
  for (const expression of itemsOf(at(selector, "expressionSelectors"))) reportExpression(expression, report);
}

function reportLabel({ name, path, node, key }: Located & { readonly name: string }, report: Report): void {
  if (!LABEL_KEY.test(name)) reportMalformed(path, key, `${shown(name)} cannot be the key of a label`, report);
  if (node.kind === "string" && !LABEL_VALUE.test(node.value))
    reportMalformed(path, node.span, `${shown(node.value)} cannot be the value of a label`, report);
}

function reportExpression(expression: Located, report: Report): void {
  const operator = textAt(expression, "operator") ?? "";
  const values = itemsOf(at(expression, "values"));
  const wantsValues = operator === "In" || operator === "NotIn";
  const wantsNone = operator === "Exists" || operator === "DoesNotExist";
  if (wantsValues && values.length === 0)
    reportMalformed(expression.path, expression.key, `${operator} needs values to compare with`, report);
  if (wantsNone && values.length > 0)
    reportMalformed(expression.path, expression.key, `${operator} takes no values`, report);
}

function reportMalformed(path: string, span: Located["key"], what: string, report: Report): void {
  report.finding(
    { path, span },
    {
      code: "label-selector-malformed",
      severity: "error",
      message: `${path}: ${what}; the cluster admits it, the selection fails, and nothing is injected.`,
      fix: "Write labels as pods carry them; there are no wildcards and no lists but in expressionSelectors.",
    },
  );
}
