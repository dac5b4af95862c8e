import { bound, name, objective, prediction, scope, sentence } from "../ticket/domain-shapes.ts";
import { list, number, object, oneOf, optional, type Shape, text, whole } from "../ticket/shape.ts";
import { SNAPSHOT_SHAPE } from "../ticket/snapshot-shape.ts";
import type { ClaimsRequest, PreviewsRequest, ReportsRequest } from "./protocol.ts";

// A stolen runner key must not be able to fill a pull request or the bot's memory, so every list and text has an end.

const count = whole(0, Number.MAX_SAFE_INTEGER);
const flag: Shape = (value, path) => (typeof value === "boolean" ? [] : [`${path} must be true or false`]);

const repository = object({ owner: text(100), name: text(100) });

const claims = object({ clusterId: name, runner: name, repositories: list(50, repository) });

const victim = object({
  faultId: name,
  namespace: name,
  pod: name,
  podUid: name,
  container: name,
  node: name,
  effect: name,
  backEnd: name,
  felt: object({ measured: flag, felt: flag, how: sentence }),
  injectedAt: number,
  revertedAt: optional(number),
});

const reading = object({
  objective: name,
  scope,
  at: number,
  kind: oneOf("ok", "breach", "no-data", "stale", "query-error", "not-enough-traffic"),
  value: optional(number),
  bound,
  detail: sentence,
  during: oneOf("baseline", "watching", "verifying"),
});

const measured = object({ id: name, subject: name, title: sentence, value: number, unit: name, how: sentence });

const progress: Readonly<Record<string, Shape>> = {
  sequence: count,
  phase: oneOf("requested", "preflight", "baseline", "injecting", "watching", "rolling-back", "verifying", "finished"),
  requestedAt: number,
  updatedAt: number,
  durationMs: number,
  cappedFromMs: optional(number),
  verdict: optional(oneOf("resilient", "violated", "aborted", "inconclusive", "refused")),
  because: optional(sentence),
  rollback: optional(oneOf("not-needed", "verified", "expired", "failed")),
};

const report = object({
  ...progress,
  version: whole(1, 1),
  runId: text(64),
  ticketId: text(64),
  clusterId: name,
  runner: name,
  repository,
  pullRequest: count,
  headSha: text(64),
  environment: name,
  plan: text(128),
  manifest: object({ path: text(1024), index: count, sha256: text(64) }),
  experiment: object({ name, namespace: name, kind: name, action: name }),
  hypothesis: optional(sentence),
  requester: name,
  victims: list(1000, victim),
  matchedPods: count,
  objectives: list(50, objective),
  readings: list(5000, reading),
  timeline: list(1000, object({ at: number, what: sentence })),
  predictions: list(200, prediction),
  measured: list(200, measured),
  lease: optional(object({ renewEverySeconds: number, expiresAfterSeconds: number })),
  silence: optional(object({ id: name, state: oneOf("active", "lifted", "expired", "failed"), endsAt: number })),
  residue: optional(object({ checkedAt: number, found: list(1000, sentence) })),
  undoFailures: list(1000, sentence),
});

const reports = object({ report });
const previews = object({ clusterId: name, previewId: text(64), repository, snapshot: SNAPSHOT_SHAPE });

/** Whether a body is a well-formed question for tickets. */
export function isClaimsRequest(body: unknown): body is ClaimsRequest {
  return claims(body, "message").length === 0;
}

/** Whether a body is a well-formed report. */
export function isReportsRequest(body: unknown): body is ReportsRequest {
  return reports(body, "message").length === 0;
}

/** Whether a body is a well-formed answer to a preview. */
export function isPreviewsRequest(body: unknown): body is PreviewsRequest {
  return previews(body, "message").length === 0;
}
