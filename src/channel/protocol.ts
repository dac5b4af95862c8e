// The runner's HTTPS channel to the bot: who says what. The runner always dials; the bot only answers.
// Every request carries `authorization: Bearer <JWS>` (EdDSA, typ `chaosgate-runner+jwt`) over {iss: runner, sub: cluster id,
// aud: "chaosgate", iat, exp (<= 60 s), method, path, body_sha256}; the key is pinned in the default branch's settings.

import type { Order, RunReport } from "../run/report.ts";
import type { Snapshot } from "../selector/snapshot.ts";

export const CLAIMS_PATH = "/chaosgate/v1/claims";
export const REPORTS_PATH = "/chaosgate/v1/reports";
export const PREVIEWS_PATH = "/chaosgate/v1/previews";

/** Bodies above this are refused unread, in bytes. */
export const MAX_BODY_BYTES = 1_048_576;

export type RepositoryRef = { readonly owner: string; readonly name: string };

export type ClaimsRequest = {
  readonly clusterId: string;
  readonly runner: string;
  /** Repositories this runner serves, from its own configuration. */
  readonly repositories: readonly RepositoryRef[];
};

/** One ticket addressed to the cluster, with the exact bytes that it names. */
export type Claim = {
  readonly deploymentId: number;
  readonly repository: RepositoryRef;
  /** Compact JWS. */
  readonly ticket: string;
  readonly files: readonly { readonly path: string; readonly base64: string }[];
};

/** "Which pods would this hit?": the runner answers with what it sees of these namespaces. */
export type PreviewRequest = {
  readonly previewId: string;
  readonly repository: RepositoryRef;
  readonly environment: string;
  readonly namespaces: readonly string[];
};

export type ClaimsAnswer = { readonly claims: readonly Claim[]; readonly previews: readonly PreviewRequest[] };

export type ReportsRequest = { readonly report: RunReport };
export type ReportsAnswer = { readonly orders: readonly Order[] };

export type PreviewsRequest = {
  readonly clusterId: string;
  readonly previewId: string;
  readonly repository: RepositoryRef;
  readonly snapshot: Snapshot;
};
export type PreviewsAnswer = { readonly accepted: true };
