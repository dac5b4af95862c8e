import type { RunReport, VictimReport } from "../../run/report.ts";
import type { Audience } from "../audience.ts";
import { code, prose } from "../escape.ts";
import { since } from "../figure.ts";
import { folded, table } from "../sections.ts";

const MOST_ROWS = 50;

/** Who was hit, by what, and whether it was felt; counts alone for readers who may not know names. */
export function victimsSection(report: RunReport, audience: Audience): string {
  const { victims, matchedPods } = report;
  if (victims.length === 0) return "";
  const nodes = new Set(victims.map(({ node }) => node)).size;
  const pods = new Set(victims.map(({ podUid }) => podUid)).size;
  const felt = victims.filter((victim) => victim.felt.felt).length;
  const summary = `<b>Victims</b>: ${pods} of ${matchedPods} matching pods on ${count(nodes, "node")}, felt by ${felt}`;
  if (audience === "public") return summary.replace(/<\/?b>/g, "**");
  const rows = victims.slice(0, MOST_ROWS).map((victim) => row(victim, report.requestedAt));
  const rest = victims.length > MOST_ROWS ? `\n\n_and ${victims.length - MOST_ROWS} more_` : "";
  return folded(summary, table(["Pod", "Node", "Effect", "Felt", "Injected:", "Restored:"], rows) + rest);
}

function row(victim: VictimReport, start: number): readonly string[] {
  const { namespace, pod, node, effect, backEnd, felt, injectedAt, revertedAt } = victim;
  return [
    code(`${namespace}/${pod}`),
    code(node),
    `${prose(effect)} by ${prose(backEnd)}`,
    `${felt.felt ? "✓" : felt.measured ? "✗" : "?"} ${prose(felt.how)}`,
    since(start, injectedAt),
    revertedAt === undefined ? "–" : since(start, revertedAt),
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
