import type { RunReport } from "../../run/report.ts";
import type { Audience } from "../audience.ts";
import { code, prose } from "../escape.ts";
import { since } from "../figure.ts";

/** Why a reader can believe that nothing is left, line by line; and what to do where something is. */
export function rollbackProof(report: RunReport, audience: Audience): string {
  if (report.victims.length === 0 && report.undoFailures.length === 0) return "";
  const lines = [reverted(report), residue(report), silence(report)].flatMap((line) => line ?? []);
  const heading = report.rollback === undefined ? "#### Safety net" : `#### Rollback: ${report.rollback}`;
  return [heading, "", ...lines.map((line) => `- ${line}`), ...remedy(report, audience)].join("\n");
}

function reverted({ victims, requestedAt, phase, lease }: RunReport): string | undefined {
  if (victims.length === 0) return undefined;
  const times = victims.flatMap(({ revertedAt }) => revertedAt ?? []);
  const done = times.length === victims.length;
  if (!done && phase !== "finished" && times.length === 0) {
    const byMesh = victims.some(({ backEnd }) => backEnd === CHAOS_MESH);
    return byMesh
      ? "Chaos Mesh has no lease: without the runner only its own duration ends the fault"
      : leaseLine(lease);
  }
  const when = times.length === 0 ? "" : `, the last at ${since(requestedAt, Math.max(...times))}`;
  return `${done ? "✓" : "✗"} ${times.length} of ${victims.length} faults removed${when}`;
}

/** The back end that the chaos-mesh engine reports. */
const CHAOS_MESH = "Chaos Mesh";

function leaseLine(lease: RunReport["lease"]): string | undefined {
  if (lease === undefined) return undefined;
  const { renewEverySeconds, expiresAfterSeconds } = lease;
  return `the lease is renewed every ${renewEverySeconds} s at the latest; ${expiresAfterSeconds} s without it, and the nodes restore themselves`;
}

function residue({ residue: seen, requestedAt }: RunReport): string | undefined {
  if (seen === undefined) return undefined;
  const count = seen.found.length;
  return count === 0
    ? `✓ nothing of ours is left on any node, looked at ${since(requestedAt, seen.checkedAt)}`
    : `✗ still there of ours: ${count}, looked at ${since(requestedAt, seen.checkedAt)}`;
}

function silence({ silence: kept, phase }: RunReport): string | undefined {
  if (kept === undefined) return undefined;
  const over = kept.state === "expired" || kept.state === "lifted";
  if (kept.state === "failed") return `✗ the silence ${code(kept.id)} could not be ended; it ends by itself`;
  if (!over && phase !== "finished") return `alerts of the target are silenced (${code(kept.id)}), poll by poll`;
  return `${over ? "✓" : "✗"} the silence ${code(kept.id)} is ${kept.state}`;
}

function remedy({ rollback, undoFailures, residue: seen }: RunReport, audience: Audience): readonly string[] {
  if (rollback !== "failed" && rollback !== "expired" && undoFailures.length === 0) return [];
  const left = [...undoFailures, ...(seen?.found ?? [])].slice(0, 20);
  const shown =
    audience === "members"
      ? left.map((line) => `> - ${prose(line)}`)
      : [`> ${left.length} lines are in the runner's log.`];
  const advice = "> Run `chaosgated panic` on the nodes concerned: it reverts everything on record.";
  return ["", "> [!CAUTION]", ...(left.length === 0 ? [] : shown), ">", advice];
}
