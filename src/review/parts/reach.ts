import { short } from "../../impact/units.ts";
import type { BlastRadius } from "../../selector/blast-radius.ts";
import type { Hits } from "../../selector/hits.ts";
import type { Audience } from "../audience.ts";
import { code, codeInHtml } from "../escape.ts";
import type { ReviewedExperiment } from "../review.ts";
import { folded, table } from "../sections.ts";
import { between, pods } from "./words.ts";

const MOST_ROWS = 20;

/** What the mode may hit, whoever is drawn: workloads, nodes and disruption budgets; for the public their numbers alone. */
export function reachTables({ reach, experiment }: ReviewedExperiment, audience: Audience): string {
  if (reach === undefined || reach.matched === 0) return "";
  const tables = audience === "public" ? [] : [workloads(reach), nodes(reach), budgets(reach)];
  const body = [summary(reach), ...tables].filter((part) => part !== "").join("\n\n");
  const title = reach.hits.least < reach.matched ? "Whom the draw may hit" : "Whom it hits";
  return folded(`<b>${title}</b>: ${codeInHtml(experiment.name)}`, body);
}

function summary({ matched, hits, workloads, nodes, budgets }: BlastRadius): string {
  const parts = [
    pods(workloads.length, "workload"),
    pods(nodes.length, "node"),
    pods(budgets.length, "disruption budget"),
  ];
  const singles = workloads.filter(({ isSingle }) => isSingle).length;
  const single = singles === 0 ? "" : `; ${pods(singles, "workload")} of a single pod`;
  return `${between(hits)} of ${pods(matched, "matching pod")}, on ${parts.join(", ")}${single}.`;
}

function workloads({ workloads: reached }: BlastRadius): string {
  const rows = reached.map(({ workload, hits, pods: all, readyLeft }) => [
    code(workload),
    `${between(hits)} of ${all}`,
    average(hits),
    chance(hits),
    String(Math.max(0, readyLeft)),
  ]);
  return cut(["Workload", "May be hit", "On average", "Any at all", "Ready left, at worst"], rows);
}

function nodes({ nodes: reached }: BlastRadius): string {
  const rows = reached.map(({ node, hits }) => [node === "" ? "no node yet" : code(node), between(hits), chance(hits)]);
  return cut(["Node", "Pods that may be hit", "Any at all"], rows);
}

function budgets({ budgets: reached }: BlastRadius): string {
  const rows = reached.map(({ budget, hits, allowed }) => [code(budget), between(hits), String(allowed)]);
  return cut(["Disruption budget", "Pods that may be hit", "It allows now"], rows);
}

function cut(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const more = rows.length > MOST_ROWS ? `\n\n_and ${rows.length - MOST_ROWS} more_` : "";
  const body = table(head, rows.slice(0, MOST_ROWS));
  return body === "" ? "" : `${body}${more}`;
}

function average({ mean }: Hits): string {
  return short(mean);
}

function chance({ chance: share }: Hits): string {
  return `${short(100 * share)} %`;
}
