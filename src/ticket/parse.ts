// The JSON of a verified signature enters; claims, or every place where they are not what a ticket says, leave. A signature proves
// who wrote it and not that it is well formed: an older or broken bot signs too.

import { VERSIONS } from "../manifest/version-names.ts";
import { WEEKDAYS } from "../policy/times.ts";
import type { TicketClaims } from "./claims.ts";
import { name, objective, prediction } from "./domain-shapes.ts";
import { atMost, list, map, matching, object, oneOf, optional, text, whole, yesOrNo } from "./shape.ts";

export type ParsedClaims =
  | { readonly kind: "claims"; readonly claims: TicketClaims }
  | { readonly kind: "malformed"; readonly problems: readonly string[] };

const path = text(1024);
const namespaces = list(500, name);
const DATE = matching(/^\d{4}-\d{2}-\d{2}$/, "a date");
const count = whole(0, 1_000_000);
const person = object({ login: name, role: name });

const times = object({
  windows: list(
    100,
    object({
      days: list(7, oneOf(...WEEKDAYS)),
      fromMinute: whole(0, 1440),
      toMinute: whole(0, 1440),
      zone: matching(/^[\w+/-]{1,64}$/, "a time zone"),
    }),
  ),
  blackouts: list(
    500,
    object({ from: DATE, to: DATE, zone: matching(/^[\w+/-]{1,64}$/, "a time zone"), why: optional(text(300)) }),
  ),
});

const limits = object({
  max_duration_seconds: whole(1, 86_400),
  max_pods: whole(0, 100_000),
  max_percent: atMost(100),
  altered_data: optional(yesOrNo),
  max_clock_shift_seconds: optional(atMost(3e9)),
  namespaces,
  protected_namespaces: namespaces,
  pairings: list(500, object({ from: name, to: name })),
  times: optional(times),
});

const claimsShape = object({
  iss: name,
  aud: name,
  // Short enough that `<jti>-<n>` fits wherever a run's id is a name.
  jti: matching(/^t[0-9a-f]{20}$/, "t and 20 hex digits"),
  iat: whole(0, 4e9),
  exp: whole(0, 4e9),
  kind: oneOf("once", "standing"),
  repository: object({ id: whole(0, 2 ** 53 - 1), owner: name, name }),
  installation_id: whole(0, 2 ** 53 - 1),
  pull_request: whole(0, 2 ** 31),
  head_sha: matching(/^[0-9a-f]{40,64}$/, "a commit's hex digits"),
  manifests: map(200, matching(/^[0-9a-f]{64}$/, "a sha256 in hex")),
  documents: list(100, object({ path, index: whole(0, 10_000) })),
  plan: text(128),
  rules_version: name,
  chaos_mesh: optional(oneOf(...VERSIONS)),
  environment: name,
  requester: person,
  approvers: list(100, person),
  limits,
  seed: matching(/^[0-9a-f]{32,128}$/, "at least 32 hex digits"),
  objectives: list(50, objective),
  selections: optional(map(100, object({ matched: count, workloads: map(50, count) }))),
  predictions: map(100, list(100, prediction)),
});

/** Reads claims, naming every field that is not what it must be. */
export function parseClaims(payload: unknown): ParsedClaims {
  const problems = claimsShape(payload, "ticket");
  if (problems.length > 0) return { kind: "malformed", problems: problems.slice(0, 20) };
  return { kind: "claims", claims: payload as TicketClaims };
}
