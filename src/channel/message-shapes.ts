import type { ClaimsRequest, PreviewsRequest, ReportsRequest } from "./protocol.ts";
import { count, fields, flag, list, map, maybe, number, oneOf, type Shape, text } from "./shape.ts";

const name = text(253);
const sentence = text(2000);

const repository = fields({ owner: text(100), name: text(100) });

const claims = fields({ clusterId: name, runner: name, repositories: list(50, repository) });

const bound = fields({ kind: oneOf("below", "above"), value: number });

const victim = fields({
  faultId: name,
  namespace: name,
  pod: name,
  podUid: name,
  container: name,
  node: name,
  effect: name,
  backEnd: name,
  felt: fields({ measured: flag, felt: flag, how: sentence }),
  injectedAt: number,
  revertedAt: maybe(number),
});

const objective = fields({
  name,
  title: sentence,
  query: text(10_000),
  freshness: text(10_000),
  maxAgeSeconds: number,
  bound,
  baselineBound: bound,
  scope: oneOf("inside", "outside"),
  unit: oneOf("ratio", "seconds", "per-second", "count"),
});

const reading = fields({
  objective: name,
  scope: oneOf("inside", "outside"),
  at: number,
  kind: oneOf("ok", "breach", "no-data", "stale", "query-error", "not-enough-traffic"),
  value: maybe(number),
  bound,
  detail: sentence,
  during: oneOf("baseline", "watching", "verifying"),
});

const prediction = fields({
  id: name,
  subject: name,
  title: sentence,
  value: number,
  baseline: maybe(number),
  unit: name,
  interval: maybe(list(2, number)),
  binding: name,
  formula: sentence,
  source: sentence,
  inputs: list(50, fields({ name, value: number, unit: name, from: name })),
  sentence,
});

const measured = fields({ id: name, subject: name, title: sentence, value: number, unit: name, how: sentence });

const progress: Readonly<Record<string, Shape>> = {
  sequence: count,
  phase: oneOf("requested", "preflight", "baseline", "injecting", "watching", "rolling-back", "verifying", "finished"),
  requestedAt: number,
  updatedAt: number,
  durationMs: number,
  cappedFromMs: maybe(number),
  verdict: maybe(oneOf("resilient", "violated", "aborted", "inconclusive", "refused")),
  because: maybe(sentence),
  rollback: maybe(oneOf("not-needed", "verified", "expired", "failed")),
};

const report = fields({
  ...progress,
  version: oneOf(1),
  runId: text(64),
  ticketId: text(64),
  clusterId: name,
  runner: name,
  repository,
  pullRequest: count,
  headSha: text(64),
  environment: name,
  plan: text(128),
  manifest: fields({ path: text(1024), index: count, sha256: text(64) }),
  experiment: fields({ name, namespace: name, kind: name, action: name }),
  hypothesis: maybe(sentence),
  requester: name,
  victims: list(1000, victim),
  matchedPods: count,
  objectives: list(50, objective),
  readings: list(5000, reading),
  timeline: list(1000, fields({ at: number, what: sentence })),
  predictions: list(200, prediction),
  measured: list(200, measured),
  lease: maybe(fields({ renewEverySeconds: number, expiresAfterSeconds: number })),
  silence: maybe(fields({ id: name, state: oneOf("active", "lifted", "expired", "failed"), endsAt: number })),
  residue: maybe(fields({ checkedAt: number, found: list(1000, sentence) })),
  undoFailures: list(1000, sentence),
});

const labels = map(200, text(1024));

const pod = fields({
  namespace: name,
  name,
  uid: name,
  labels,
  annotations: map(500, text(300_000)),
  node: name,
  phase: name,
  ready: flag,
  ip: name,
  hostNetwork: flag,
  workload: maybe(text(600)),
  serviceAccount: maybe(name),
  containers: list(100, fields({ name })),
});

const snapshot = fields({
  clusterId: name,
  takenAt: number,
  namespaces: list(5000, fields({ name, labels })),
  pods: list(20_000, pod),
  nodes: list(5000, fields({ name, labels })),
  budgets: list(5000, fields({ namespace: name, name, matchLabels: labels, disruptionsAllowed: number })),
});

const reports = fields({ report });
const previews = fields({ clusterId: name, previewId: text(64), repository, snapshot });

/** Whether a body is a well-formed question for tickets. */
export function isClaimsRequest(body: unknown): body is ClaimsRequest {
  return claims(body);
}

/** Whether a body is a well-formed report. */
export function isReportsRequest(body: unknown): body is ReportsRequest {
  return reports(body);
}

/** Whether a body is a well-formed answer to a preview. */
export function isPreviewsRequest(body: unknown): body is PreviewsRequest {
  return previews(body);
}
