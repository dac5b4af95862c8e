import type { RunReport } from "../run/report.ts";
import type { ClaimsAnswer, PreviewsAnswer, PreviewsRequest, ReportsAnswer, RepositoryRef } from "./protocol.ts";

/** What the settings of a repository's default branch say about who may speak for an environment. */
export type Pin = {
  readonly environment: string;
  readonly clusterId: string;
  /** Base64url `x` of an Ed25519 public key. */
  readonly runnerKey: string;
};

/** What a verified request may touch: the environments of one repository whose pinned key signed it. */
export type Grant = { readonly repository: RepositoryRef; readonly environments: readonly string[] };

/** The bot's side of the channel after the signature was checked. Implementations publish to GitHub. */
export interface Desk {
  /** Empty when the app is not installed there or the settings pin nobody. */
  pins(repository: RepositoryRef): Promise<readonly Pin[]>;
  /** Tickets and previews that wait for this cluster. Reading them changes nothing, so a replayed request is harmless. */
  openClaims(clusterId: string, grants: readonly Grant[]): Promise<ClaimsAnswer>;
  /** Takes a report whose sequence is higher than what was taken before; an older one is answered and otherwise ignored. */
  acceptReport(report: RunReport): Promise<ReportsAnswer>;
  /** Completes the review that asked; a second answer to the same question publishes the same review. */
  acceptPreview(preview: PreviewsRequest, grant: Grant): Promise<PreviewsAnswer>;
}
