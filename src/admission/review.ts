// An AdmissionReview as the API server sends it enters, its answer leaves. Only the creation of a chaos-mesh.org object or a ChaosRun is judged:
// whatever else arrives is let through, so that nothing here stands before a recovery.

import type { JsonValue } from "../manifest/object/object-node.ts";
import type { Decision } from "./decide.ts";

export type ReviewRequest = {
  readonly uid: string;
  /** An experiment of Chaos Mesh, or a run of ours. */
  readonly of: "experiment" | "run";
  readonly kind: string;
  /** Who asks. */
  readonly user: string;
  /** Nothing is to be written, also no event. */
  readonly dryRun: boolean;
  readonly namespace: string;
  readonly object: { readonly [key: string]: JsonValue | undefined };
};

/** What a review asks; undefined where it is none of ours to judge, or no review at all. */
export type ReadReview =
  | { readonly kind: "malformed" }
  | { readonly kind: "not-ours"; readonly uid: string }
  | { readonly kind: "creation"; readonly request: ReviewRequest };

type Fields = { readonly [key: string]: JsonValue | undefined };

/** Reads the body of a webhook's call. */
export function readReview(text: string): ReadReview {
  const request = fieldsOf(fieldsOf(parsed(text)).request);
  // A cluster-scoped object, such as a RemoteCluster, comes without a namespace.
  const { uid, namespace = "", operation } = request;
  if (typeof uid !== "string" || uid === "") return { kind: "malformed" };
  const object = fieldsOf(request.object);
  const { group, kind } = fieldsOf(request.kind);
  const of = whatIs(group, kind);
  if (operation !== "CREATE" || of === undefined || typeof namespace !== "string") return { kind: "not-ours", uid };
  const user = String(fieldsOf(request.userInfo).username ?? "somebody");
  const asked = { uid, of, kind: String(kind), user, dryRun: request.dryRun === true, namespace, object };
  return { kind: "creation", request: asked };
}

function whatIs(group: JsonValue | undefined, kind: JsonValue | undefined): ReviewRequest["of"] | undefined {
  if (group === "chaos-mesh.org") return "experiment";
  return group === "chaosgate.dev" && kind === "ChaosRun" ? "run" : undefined;
}

/** A sentence that people read in a terminal must not fill it. */
const MOST_REASONS = 10;
const LONGEST_MESSAGE = 4_000;

/** The answer, as the API server wants it. */
export function answerOf(uid: string, decision: Decision): object {
  const status = decision.allowed
    ? {}
    : { status: { code: 403, reason: "Forbidden", message: messageOf(decision.why) } };
  const response = { uid, allowed: decision.allowed, ...status };
  return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response };
}

function messageOf(why: readonly string[]): string {
  const more = why.length > MOST_REASONS ? [`and ${why.length - MOST_REASONS} more`] : [];
  return `chaosgate: ${[...why.slice(0, MOST_REASONS), ...more].join("; ")}`.slice(0, LONGEST_MESSAGE);
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Not JSON is no review.
    return null;
  }
}

function fieldsOf(value: JsonValue | undefined): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
