// The runner's HTTPS channel to the bot: who says what. The runner always dials; the bot only answers.
// Every request carries `authorization: Bearer <JWS>` (EdDSA, typ `chaosgate-runner+jwt`) over {iss: runner, sub: cluster id,
// aud: "chaosgate", iat, exp (<= 60 s), method, path, body_sha256}; the key is pinned in the default branch's settings.

import type { Claim, OpenClaims, Preview, RepositoryRef } from "../run/desk.ts";
import type { RunReport } from "../run/report.ts";

export const CLAIMS_PATH = "/chaosgate/v1/claims";
export const REPORTS_PATH = "/chaosgate/v1/reports";
/** Standing tickets that permit a run now; the same question as for claims. */
export const STANDING_PATH = "/chaosgate/v1/standing";
export const PREVIEWS_PATH = "/chaosgate/v1/previews";

/** Bodies above this are refused unread, in bytes. */
export const MAX_BODY_BYTES = 1_048_576;

export type ClaimsRequest = {
  readonly clusterId: string;
  readonly runner: string;
  /** Repositories this runner serves, from its own configuration. */
  readonly repositories: readonly RepositoryRef[];
};

export type ClaimsAnswer = OpenClaims;

export type StandingAnswer = { readonly claims: readonly Claim[] };

export type ReportsRequest = { readonly report: RunReport };
export type PreviewsRequest = Preview & { readonly clusterId: string };
