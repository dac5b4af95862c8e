// What the bot holds for runners and takes from them, named by role: the channel asks after it has verified who is asking, and
// whoever keeps the tickets answers.

import type { Snapshot } from "../selector/snapshot.ts";
import type { Order, RunReport } from "./report.ts";

export type RepositoryRef = { readonly owner: string; readonly name: string };

/** What the settings of a repository's default branch say about who may speak for an environment. */
export type Pin = {
  readonly environment: string;
  readonly clusterId: string;
  /** Base64url `x` of an Ed25519 public key. */
  readonly runnerKey: string;
};

/** What a verified request may touch: the environments of one repository whose pinned key signed it. */
export type Grant = { readonly repository: RepositoryRef; readonly environments: readonly string[] };

/** One ticket addressed to a cluster, with the exact bytes that it names. */
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
  /** PromQL of the settings' service model, by the key under which the snapshot holds its answer. */
  readonly queries?: Readonly<Record<string, string>>;
};

/** What waits for a cluster. */
export type OpenClaims = { readonly claims: readonly Claim[]; readonly previews: readonly PreviewRequest[] };

/** A runner's answer to a preview's question. */
export type Preview = {
  readonly previewId: string;
  readonly repository: RepositoryRef;
  readonly snapshot: Snapshot;
};

/** The bot's side of a runner's request after its signature was checked. Implementations publish to GitHub. */
export interface Desk {
  /** Empty when the app is not installed there or the settings pin nobody. */
  pins(repository: RepositoryRef): Promise<readonly Pin[]>;
  /** Tickets and previews that wait for this cluster. Reading them changes nothing, so a replayed request is harmless. */
  openClaims(clusterId: string, grants: readonly Grant[]): Promise<OpenClaims>;
  /** Standing tickets that permit a run in this cluster at this moment: one that was revoked or is held up is not among them. */
  standingClaims(clusterId: string, grants: readonly Grant[]): Promise<readonly Claim[]>;
  /** Takes a report whose sequence is higher than what was taken before; an older one is answered and otherwise ignored. */
  acceptReport(report: RunReport): Promise<{ readonly orders: readonly Order[] }>;
  /** Completes the review that asked; a second answer to the same question publishes the same review. */
  acceptPreview(preview: Preview, grant: Grant): Promise<{ readonly accepted: true }>;
}
