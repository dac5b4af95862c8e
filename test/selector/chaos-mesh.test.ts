import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Expression, Mode, Selector } from "../../src/manifest/experiment.ts";
import { matchPods } from "../../src/selector/match.ts";
import { countRange } from "../../src/selector/mode.ts";
import type { PodFact, Snapshot } from "../../src/selector/snapshot.ts";
import { aClusterWith, aPod, aSelector } from "../fakes/snapshot.ts";

// cases.json is ours; answers.json is what Chaos Mesh's own code says to it (answers.go says how it was made).
const FIXTURES = join(import.meta.dirname, "../fixtures/selector");

type Meta = {
  readonly namespace?: string;
  readonly name: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
};
type Case = {
  readonly name: string;
  readonly selector: Partial<Omit<Selector, "expressionSelectors">> & {
    readonly expressionSelectors?: readonly { key: string; operator: string; values?: readonly string[] }[];
  };
  readonly scope?: string;
  readonly filterNamespace?: boolean;
};
type Cases = {
  readonly pods: readonly {
    readonly metadata: Meta;
    readonly spec: { nodeName: string; restartPolicy: string; schedulerName: string; serviceAccountName: string };
    readonly status: { phase: string; podIPs: readonly { ip: string }[]; nominatedNodeName: string };
  }[];
  readonly nodes: readonly { readonly metadata: Meta }[];
  readonly namespaces: readonly { readonly metadata: Meta }[];
  readonly cases: readonly Case[];
};
type Answers = {
  readonly cases: Readonly<Record<string, "error" | readonly string[]>>;
  readonly modes: readonly { mode: string; value: string; of: number; least: number; most: number }[];
};

const { pods, nodes, namespaces, cases }: Cases = JSON.parse(readFileSync(join(FIXTURES, "cases.json"), "utf8"));
const answers: Answers = JSON.parse(readFileSync(join(FIXTURES, "answers.json"), "utf8"));

const facts: readonly PodFact[] = pods.map(({ metadata, spec, status }) =>
  aPod(metadata.name, {
    ...metadata,
    uid: `${metadata.namespace}/${metadata.name}`,
    node: spec.nodeName,
    restartPolicy: spec.restartPolicy,
    schedulerName: spec.schedulerName,
    serviceAccount: spec.serviceAccountName,
    phase: status.phase,
    ip: status.podIPs[0]?.ip ?? "",
    nominatedNode: status.nominatedNodeName,
  }),
);

function clusterFor({ scope, filterNamespace = false }: Case): Snapshot {
  return aClusterWith(facts, {
    nodes: nodes.map(({ metadata }) => ({ name: metadata.name, labels: metadata.labels ?? {} })),
    namespaces: namespaces.map(({ metadata }) => ({ labels: {}, ...metadata })),
    scope: { annotatedOnly: filterNamespace, ...(scope !== undefined && { targetNamespace: scope }) },
  });
}

/** As decoding does it: an operator that is none reads as `In` without values. */
function selectorFor({ selector }: Case): Selector {
  const operators = ["In", "NotIn", "Exists", "DoesNotExist"];
  const expressionSelectors = (selector.expressionSelectors ?? []).map(({ key, operator, values = [] }) =>
    operators.includes(operator) ? { key, operator, values } : { key, operator: "In", values: [] },
  ) as readonly Expression[];
  return aSelector({ namespaces: [], ...selector, expressionSelectors });
}

describe("a selector reads as Chaos Mesh reads it:", () => {
  it.each(cases)("$name", (one) => {
    const answer = answers.cases[one.name];
    const matched = matchPods(selectorFor(one), clusterFor(one)).map(({ uid }) => uid);
    expect(matched.sort()).toEqual(answer === "error" ? [] : answer);
  });

  it("has cases in which somebody is hit, nobody is, and Chaos Mesh fails", () => {
    const kinds = Object.values(answers.cases).map((answer) =>
      answer === "error" ? "error" : answer.length > 0 ? "somebody" : "nobody",
    );
    expect(new Set(kinds).size).toBe(3);
    expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(answers.cases).sort());
  });
});

describe("a mode counts as Chaos Mesh counts:", () => {
  it.each(answers.modes)("$mode $value of $of", ({ mode, value, of, least, most }) => {
    const kinds: Readonly<Record<string, Mode>> = {
      one: { kind: "one" },
      all: { kind: "all" },
      fixed: { kind: "fixed", count: Number(value) },
      "fixed-percent": { kind: "fixed-percent", percent: Number(value) },
      "random-max-percent": { kind: "random-max-percent", percent: Number(value) },
    };
    expect(countRange(kinds[mode] ?? { kind: "one" }, of)).toEqual({ least, most });
  });
});
