import type { Prediction } from "../impact/prediction.ts";
import type { Objective } from "../slo/objective.ts";

export type Person = { readonly login: string; readonly role: string };

/** The claims of a ticket as signed (JWS, EdDSA, typ `chaosgate-ticket+jwt`); snake_case because the daemon reads them too. */
export type TicketClaims = {
  /** `chaosgate/<app id>`. */
  readonly iss: string;
  /** Cluster id: UID of kube-system, or of the local cluster. */
  readonly aud: string;
  /** Ticket id: `t` + 20 hex digits of sha256(command node id, plan, environment). */
  readonly jti: string;
  /** Unix seconds. */
  readonly iat: number;
  readonly exp: number;
  readonly kind: "once";
  readonly repository: { readonly id: number; readonly owner: string; readonly name: string };
  readonly installation_id: number;
  readonly pull_request: number;
  readonly head_sha: string;
  /** Path -> sha256 (hex) of the file's exact bytes. */
  readonly manifests: Readonly<Record<string, string>>;
  /** What to run, in order: run n is `<jti>-<n>`. */
  readonly documents: readonly { readonly path: string; readonly index: number }[];
  readonly plan: string;
  readonly rules_version: string;
  readonly environment: string;
  readonly requester: Person;
  readonly approvers: readonly Person[];
  readonly limits: {
    readonly max_duration_seconds: number;
    readonly max_pods: number;
    readonly max_percent: number;
    /** Namespaces that may be hit. */
    readonly namespaces: readonly string[];
    readonly protected_namespaces: readonly string[];
    readonly pairings: readonly { readonly from: string; readonly to: string }[];
  };
  /** Hex; selection by rendezvous hash of (seed, pod UID). */
  readonly seed: string;
  readonly objectives: readonly Objective[];
  /** What the review predicted, per document (`<path>#<index>`), to be shown beside what is measured. */
  readonly predictions: Readonly<Record<string, readonly Prediction[]>>;
};
