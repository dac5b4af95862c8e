import type { TicketClaims } from "../ticket/claims.ts";
import { runId } from "../ticket/id.ts";
import type { RunReport } from "./report.ts";

type Refuser = { readonly clusterId: string; readonly runner: string; readonly now: number };

/** The only report of a run that was refused at the door: nothing was read of its experiment, and nothing was done. */
export function refusedReport(claims: TicketClaims, number: number, because: string, here: Refuser): RunReport {
  const { path = "", index = 0 } = claims.documents[number] ?? {};
  const { owner, name } = claims.repository;
  const { clusterId, runner, now } = here;
  return {
    version: 1,
    runId: runId(claims.jti, number),
    ticketId: claims.jti,
    clusterId,
    runner,
    repository: { owner, name },
    pullRequest: claims.pull_request,
    headSha: claims.head_sha,
    environment: claims.environment,
    plan: claims.plan,
    manifest: { path, index, sha256: claims.manifests[path] ?? "" },
    experiment: { name: path.slice(-253), namespace: "", kind: "", action: "" },
    requester: claims.requester.login,
    sequence: 1,
    phase: "finished",
    requestedAt: now,
    updatedAt: now,
    durationMs: 0,
    victims: [],
    matchedPods: 0,
    objectives: claims.objectives,
    readings: [],
    timeline: [{ at: now, what: `refused: ${because}`.slice(0, 500) }],
    predictions: [],
    measured: [],
    verdict: "refused",
    because: because.slice(0, 1_000),
    rollback: "not-needed",
    undoFailures: [],
  };
}
