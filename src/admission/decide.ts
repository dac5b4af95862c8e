// An object of Chaos Mesh that somebody creates past chaosgate enters, whether the cluster takes it leaves: the answer that its text
// would get from the linter, then the boundaries that the chart's ValidatingAdmissionPolicy holds too, then what no CEL can know: whom
// it would hit now, beside the cluster's own policies. Nothing is looked up here.

import type { Experiment } from "../manifest/experiment.ts";
import { hitsPods } from "../manifest/kinds/kinds.ts";
import { judgeObject } from "../manifest/object/judge-object.ts";
import type { JsonValue } from "../manifest/object/object-node.ts";
import { parseManifestFile } from "../manifest/parse.ts";
import { judgeBoundaries, judgeReaches } from "../policy/boundary.ts";
import { judgeCaps } from "../policy/caps.ts";
import { type ClusterPolicy, clusterRefusals } from "../policy/cluster-policy.ts";
import type { Policy } from "../policy/policy.ts";
import type { Remark } from "../policy/remark.ts";
import { select } from "../selector/select.ts";
import type { Snapshot } from "../selector/snapshot.ts";

/** What the chart's `admission` values say. */
export type AdmissionRules = Pick<Policy, "pairings" | "protectedNamespaces">;

/** The cluster as it is now, for rules that need it. */
export type AdmissionView = {
  readonly snapshot: Snapshot;
  readonly policies: readonly ClusterPolicy[];
  /** Unix milliseconds. */
  readonly at: number;
};

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly why: readonly string[] };

type ChaosObject = { readonly [key: string]: JsonValue | undefined };

/** What injects an object that nobody gave to chaosgate. */
const ENGINE = "chaos-mesh";
/** Counting needs no draw: any seed counts alike. */
const ANY_SEED = "0".repeat(32);

/** Decides about the creation of an object in a namespace; without a view of the cluster, by the object alone. */
export function decide(object: ChaosObject, namespace: string, rules: AdmissionRules, view?: AdmissionView): Decision {
  const judgement = judgeObject(object);
  const why =
    judgement.answer === "reject"
      ? judgement.problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
      : refusals(object, namespace, rules, view);
  return why.length === 0 ? { allowed: true } : { allowed: false, why: [...new Set(why)] };
}

function refusals(
  object: ChaosObject,
  namespace: string,
  rules: AdmissionRules,
  view: AdmissionView | undefined,
): readonly string[] {
  const { metadata } = object;
  const placed = namespace === "" ? object : { ...object, metadata: { ...(metadata as object), namespace } };
  // JSON is YAML: the reader of manifests tells what the object means, as it does of a file.
  const { documents, problems } = parseManifestFile("object", JSON.stringify(placed));
  const [document] = documents;
  if (document === undefined || document.answer === "reject") return unreadable(document?.problems ?? problems);
  const policy: Policy = { environment: "this cluster", namespaces: [], caps: {}, ...rules };
  const remarks = [...judgeReaches(document, policy), ...judgeAlone(document.experiment, policy)];
  const errors = remarks.flatMap(({ severity, message }) => (severity === "error" ? [message] : []));
  if (errors.length > 0 || view === undefined || document.experiment === undefined) return errors;
  return hitsSomebody(document.experiment) ? judgeNow(document.experiment, view) : [];
}

/** An API server takes characters in annotations that no manifest may have. Whom such an object hits is not known, so it is refused. */
function unreadable(problems: readonly { readonly message: string }[]): readonly string[] {
  const [first] = problems;
  return [
    `its text could not be read, so whom it hits is not known: ${first?.message ?? "it has no document"}; take that out`,
  ];
}

function judgeAlone(experiment: Experiment | undefined, policy: Policy): readonly Remark[] {
  if (experiment === undefined || !hitsSomebody(experiment)) return [];
  return [...judgeBoundaries(experiment, policy), ...judgeCaps(experiment, undefined, policy)];
}

function judgeNow(experiment: Experiment, { snapshot, policies, at }: AdmissionView): readonly string[] {
  const selection = select(experiment, snapshot, ANY_SEED);
  return clusterRefusals(policies, { experiment, selection, snapshot, engine: ENGINE, at });
}

/** A workflow has deadlines of its own, and machines of a cloud have no namespace. */
function hitsSomebody(experiment: Experiment): boolean {
  return experiment.kind !== "Other" || hitsPods(experiment.chaosKind);
}
