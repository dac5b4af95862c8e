import type { Expression, Mode, Selector } from "../experiment.ts";
import { atoi } from "../text/go-number.ts";
import { at, entriesOf, itemsOf, type Located, textAt } from "../yaml/node.ts";
import { textsOf } from "./texts.ts";

const EMPTY: Omit<Selector, "namespaces"> = {
  labelSelectors: {},
  expressionSelectors: [],
  annotationSelectors: {},
  fieldSelectors: {},
  podPhaseSelectors: [],
  nodes: [],
  nodeSelectors: {},
};

/** The selector of a kind that hits no pods: an empty list of names, which selects nothing. */
export const NO_PODS: Selector = { ...EMPTY, namespaces: [], pods: {} };

/** A pod selector after the webhook's defaulting: without namespaces it means the object's own. */
export function selectorOf(selector: Located | undefined, namespace: string): Selector {
  const namespaces = textsOf(at(selector, "namespaces"));
  const pods = at(selector, "pods");
  const named = entriesOf(pods).map((entry) => [entry.name, textsOf(entry)] as const);
  return {
    namespaces: namespaces.length > 0 ? namespaces : [namespace],
    labelSelectors: textMapOf(at(selector, "labelSelectors")),
    expressionSelectors: itemsOf(at(selector, "expressionSelectors")).map(expressionOf),
    annotationSelectors: textMapOf(at(selector, "annotationSelectors")),
    fieldSelectors: textMapOf(at(selector, "fieldSelectors")),
    podPhaseSelectors: textsOf(at(selector, "podPhaseSelectors")),
    nodes: textsOf(at(selector, "nodes")),
    nodeSelectors: textMapOf(at(selector, "nodeSelectors")),
    ...(named.length === 0 ? {} : { pods: Object.fromEntries(named) }),
  };
}

/** `mode` and `value` of an accepted holder of a selector. */
export function modeOf(holder: Located | undefined): Mode {
  const value = atoi(textAt(holder, "value") ?? "") ?? 0;
  const mode = textAt(holder, "mode");
  switch (mode) {
    case "all":
      return { kind: mode };
    case "fixed":
      return { kind: mode, count: value };
    case "fixed-percent":
    case "random-max-percent":
      return { kind: mode, percent: value };
    default:
      return { kind: "one" };
  }
}

/** A map of texts; other values were refused before. */
export function textMapOf(map: Located | undefined): Readonly<Record<string, string>> {
  const pairs = entriesOf(map).flatMap(({ name, node }) =>
    node.kind === "string" ? [[name, node.value] as const] : [],
  );
  return Object.fromEntries(pairs);
}

const OPERATORS: readonly Expression["operator"][] = ["In", "NotIn", "Exists", "DoesNotExist"];

function expressionOf(expression: Located): Expression {
  const written = textAt(expression, "operator");
  // Nothing checks operators at admission; an unknown one matches no pod, like In without values.
  const operator = OPERATORS.find((known) => known === written);
  const values = operator === undefined ? [] : textsOf(at(expression, "values"));
  return { key: textAt(expression, "key") ?? "", operator: operator ?? "In", values };
}
