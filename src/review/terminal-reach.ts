import { short } from "../impact/units.ts";
import type { BlastRadius } from "../selector/blast-radius.ts";
import type { Hits } from "../selector/hits.ts";
import { visible } from "./escape.ts";
import { between, pods } from "./parts/words.ts";
import type { ReviewedExperiment } from "./review.ts";

const MOST_LINES = 10;

type Line = { readonly name: string; readonly says: string };

/** Whom the mode may hit, for a terminal: workloads with what is left of them, nodes and disruption budgets. */
export function reachLines({ reach }: ReviewedExperiment): readonly string[] {
  if (reach === undefined || reach.matched === 0) return [];
  return [...block("reaches", workloads(reach)), ...block("on", nodes(reach)), ...block("budget", budgets(reach))];
}

function workloads(reach: BlastRadius): readonly Line[] {
  return reach.workloads.map(({ workload, hits, pods: all, readyLeft, isSingle }) => {
    const left = isSingle ? "its only pod" : `at worst ${Math.max(0, readyLeft)} ready left`;
    return { name: workload, says: `${between(hits)} of ${pods(all)}, ${onAverage(hits)}${left}` };
  });
}

function nodes(reach: BlastRadius): readonly Line[] {
  return reach.nodes.map(({ node, hits }) => {
    return {
      name: node === "" ? "no node yet" : node,
      says: `${between(hits)} ${hits.most === 1 ? "pod" : "pods"}${chance(hits)}`,
    };
  });
}

function budgets(reach: BlastRadius): readonly Line[] {
  return reach.budgets.map(({ budget, hits, allowed }) => {
    return { name: budget, says: `${between(hits)} of its pods; it allows ${allowed} now` };
  });
}

/** Nothing where every draw hits as many. */
function onAverage(hits: Hits): string {
  return hits.least === hits.most ? "" : `${short(hits.mean)} on average${chance(hits)}, `;
}

function chance({ least, chance: share }: Hits): string {
  return least > 0 ? "" : `, ${short(100 * share)} % that any is hit`;
}

function block(title: string, all: readonly Line[]): readonly string[] {
  const shown = all.slice(0, MOST_LINES).map(({ name, says }) => ({ name: visible(name), says }));
  const widest = Math.max(0, ...shown.map(({ name }) => name.length));
  const more = all.length > MOST_LINES ? [`          and ${all.length - MOST_LINES} more`] : [];
  const lines = shown.map(({ name, says }, at) => {
    return `  ${(at === 0 ? title : "").padEnd(7)} ${name.padEnd(widest)}  ${says}`;
  });
  return [...lines, ...more];
}
