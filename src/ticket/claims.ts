import type { Prediction } from "../impact/prediction.ts";
import type { ChaosMeshVersion } from "../manifest/version-names.ts";
import type { Times } from "../policy/times.ts";
import type { ReviewedSelection } from "../selector/drift.ts";
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
  /** `standing`: one Schedule, run whenever its cron says so until the ticket ends or is no longer offered. */
  readonly kind: "once" | "standing";
  readonly repository: { readonly id: number; readonly owner: string; readonly name: string };
  readonly installation_id: number;
  readonly pull_request: number;
  readonly head_sha: string;
  /** Path -> sha256 (hex) of the file's exact bytes. */
  readonly manifests: Readonly<Record<string, string>>;
  /** What to run, in order: run n is `<jti>-<n>`. A standing ticket names one, and its runs the second they were due. */
  readonly documents: readonly { readonly path: string; readonly index: number }[];
  readonly plan: string;
  readonly rules_version: string;
  /** The version of Chaos Mesh whose answers the review gave; the newest where it is absent. */
  readonly chaos_mesh?: ChaosMeshVersion;
  readonly environment: string;
  readonly requester: Person;
  readonly approvers: readonly Person[];
  readonly limits: {
    readonly max_duration_seconds: number;
    readonly max_pods: number;
    readonly max_percent: number;
    /** Whether wrong bytes may stay in files for good; absent is no. */
    readonly altered_data?: boolean;
    /** Of a clock that counts from boot; absent where the settings say nothing. */
    readonly max_clock_shift_seconds?: number;
    /** Namespaces that may be hit. */
    readonly namespaces: readonly string[];
    readonly protected_namespaces: readonly string[];
    readonly pairings: readonly { readonly from: string; readonly to: string }[];
    /** Of a standing ticket: a cron's time outside of them is passed over. Absent: every hour is open. */
    readonly times?: Times;
  };
  /** Hex; selection by rendezvous hash of (seed, pod UID). */
  readonly seed: string;
  readonly objectives: readonly Objective[];
  /** Whom the review saw matching, per document (`<path>#<index>`); absent where no cluster had answered. */
  readonly selections?: Readonly<Record<string, ReviewedSelection>>;
  /** What the review predicted, per document (`<path>#<index>`), to be shown beside what is measured. */
  readonly predictions: Readonly<Record<string, readonly Prediction[]>>;
};
