import type { Selection } from "../../selector/selection.ts";
import type { PodFact } from "../../selector/snapshot.ts";
import type { Audience } from "../audience.ts";
import { label } from "../escape.ts";
import type { ReviewedExperiment } from "../review.ts";
import { fault } from "./words.ts";

/** GitHub gives up on large diagrams, and readers long before: who is hit matters most, who is spared least. */
const MOST = { hit: 24, spared: 3, peers: 12 };

/** The blast radius as a flowchart: who is hit, who of the same selector is spared, and who is at the other end. */
export function radius(reviewed: ReviewedExperiment, audience: Audience): string {
  const { selection, experiment } = reviewed;
  if (selection === undefined || selection.matched.length === 0) return "";
  const nodes = audience === "members" ? named(selection) : counted(selection);
  const direction = experiment.kind === "NetworkChaos" ? experiment.network.direction : "to";
  const arrow = direction === "both" ? "<==>" : "==>";
  const what = label(
    fault(experiment)
      .replace(/ ± [^,]*/, "")
      .replaceAll("%", "percent"),
  );
  const edge = direction === "from" ? `peers ${arrow}|${what}| hit` : `hit ${arrow}|${what}| peers`;
  return [
    "```mermaid",
    "flowchart LR",
    ...group("hit", "hit", nodes.hit),
    ...(nodes.spared.length === 0 ? [] : group("spared", "spared", nodes.spared)),
    ...(nodes.peers.length === 0 ? [] : [...group("peers", "peers", nodes.peers), `  ${edge}`]),
    "  classDef struck fill:#f8d7da,stroke:#dc3545,color:#58151c",
    `  class ${nodes.hit.map((_, index) => `hit${index}`).join(",")} struck`,
    "```",
  ].join("\n");
}

type Nodes = { readonly hit: readonly string[]; readonly spared: readonly string[]; readonly peers: readonly string[] };

function named({ matched, selected, peers }: Selection): Nodes {
  const hit = new Set(selected.map(({ uid }) => uid));
  const spared = matched.filter(({ uid }) => !hit.has(uid));
  return {
    hit: selected.length === 0 ? ["nobody"] : namesOf(selected, MOST.hit),
    spared: namesOf(spared, MOST.spared),
    peers: namesOf(peers, MOST.peers),
  };
}

function counted({ matched, selected, peers }: Selection): Nodes {
  const spared = matched.length - selected.length;
  return {
    hit: [`${selected.length}-pods`],
    spared: spared === 0 ? [] : [`${spared}-pods`],
    peers: peers.length === 0 ? [] : [`${peers.length}-pods`],
  };
}

function namesOf(pods: readonly PodFact[], most: number): readonly string[] {
  const names = pods.slice(0, most).map(({ name }) => name);
  return pods.length > most ? [...names, `and-${pods.length - most}-more`] : names;
}

/** Nodes that no arrow joins stand across the direction of their group: LR puts them below each other. */
function group(id: string, title: string, nodes: readonly string[]): readonly string[] {
  const frame = [`  subgraph ${id}["${title}"]`, "    direction LR"];
  return [...frame, ...nodes.map((name, index) => `    ${id}${index}["${label(name)}"]`), "  end"];
}
