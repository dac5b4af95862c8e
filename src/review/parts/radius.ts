import { isDrawn, type Selection } from "../../selector/selection.ts";
import type { PodFact } from "../../selector/snapshot.ts";
import type { Audience } from "../audience.ts";
import { label } from "../escape.ts";
import type { ReviewedExperiment } from "../review.ts";
import { between, fault } from "./words.ts";

/** GitHub gives up on large diagrams, and readers long before: who may be hit matters most. */
const MOST = { victims: 24, peers: 12 };

/**
 * The blast radius as a flowchart: who is hit, or where chance decides, among whom; and who is at the other end. Only those whom
 * every draw hits are painted as hit.
 */
export function radius(reviewed: ReviewedExperiment, audience: Audience): string {
  const { selection, experiment } = reviewed;
  if (selection === undefined || selection.matched.length === 0) return "";
  const victims = victimsOf(selection, audience);
  const peers = peersOf(reviewed, selection, audience);
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
    ...group("hit", victims),
    ...(peers.nodes.length === 0 ? [] : [...group("peers", peers), `  ${edge}`]),
    isDrawn(selection)
      ? "  classDef struck stroke:#dc3545,stroke-dasharray:4 3"
      : "  classDef struck fill:#f8d7da,stroke:#dc3545,color:#58151c",
    `  class ${victims.nodes.map((_, index) => `hit${index}`).join(",")} struck`,
    "```",
  ].join("\n");
}

type Group = { readonly title: string; readonly nodes: readonly string[] };

function victimsOf(selection: Selection, audience: Audience): Group {
  const { matched, selected, count } = selection;
  if (isDrawn(selection)) {
    const title = `${between(count)} of ${matched.length}, drawn at the run`;
    return { title, nodes: shown(matched, MOST.victims, audience) };
  }
  return { title: "hit", nodes: selected.length === 0 ? ["nobody"] : shown(selected, MOST.victims, audience) };
}

function peersOf({ experiment }: ReviewedExperiment, { peers }: Selection, audience: Audience): Group {
  const mode = experiment.kind === "NetworkChaos" ? experiment.network.target?.mode.kind : undefined;
  if (mode === undefined || peers.length === 0) return { title: "peers", nodes: [] };
  if (mode === "all") return { title: "peers", nodes: shown(peers, MOST.peers, audience) };
  const number = mode === "random-max-percent" ? "some-pods" : `${peers.length}-pods`;
  return { title: "peers, drawn at the run", nodes: [number] };
}

/** In the order of their names: that of a draw would be another at each. */
function shown(pods: readonly PodFact[], most: number, audience: Audience): readonly string[] {
  if (audience === "public") return [`${pods.length}-pods`];
  const names = pods
    .map(({ name }) => name)
    .sort()
    .slice(0, most);
  return pods.length > most ? [...names, `and-${pods.length - most}-more`] : names;
}

/** Nodes that no arrow joins stand across the direction of their group: LR puts them below each other. */
function group(id: string, { title, nodes }: Group): readonly string[] {
  const frame = [`  subgraph ${id}["${title}"]`, "    direction LR"];
  return [...frame, ...nodes.map((name, index) => `    ${id}${index}["${label(name)}"]`), "  end"];
}
