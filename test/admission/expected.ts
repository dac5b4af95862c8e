import { hitsPods } from "../../src/manifest/kinds/kinds.ts";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { judgeBoundaries, judgeReaches } from "../../src/policy/boundary.ts";
import { judgeCaps } from "../../src/policy/caps.ts";
import { type ClusterPolicy, clusterRefusals } from "../../src/policy/cluster-policy.ts";
import { select } from "../../src/selector/select.ts";
import type { Snapshot } from "../../src/selector/snapshot.ts";
import { RULES } from "./cases.ts";

// What a pull request with this text would be told: by the reader of texts, with lines, which admission never uses.

/** The linter's errors; none for a manifest that it takes. */
export function linterErrors(text: string): readonly string[] {
  const { problems, documents } = parseManifestFile("m.yaml", text);
  if (problems.length > 0) return problems.map(({ message }) => message);
  return documents.flatMap(({ answer, problems }) =>
    answer === "accept" ? [] : ["the linter refuses it", ...problems.map(({ message }) => message)],
  );
}

/** What the chart's rules say of what the server takes, and then the cluster's own policies of whom it would hit. */
export function policyErrors(
  text: string,
  view?: { readonly snapshot: Snapshot; readonly policies: readonly ClusterPolicy[] },
): readonly string[] {
  const policy = { environment: "here", namespaces: [], caps: {}, ...RULES };
  const [document] = parseManifestFile("m.yaml", text).documents;
  const { experiment } = document ?? {};
  const hits = experiment !== undefined && (experiment.kind !== "Other" || hitsPods(experiment.chaosKind));
  const remarks = [
    ...(document === undefined ? [] : judgeReaches(document, policy)),
    ...(hits ? [...judgeBoundaries(experiment, policy), ...judgeCaps(experiment, undefined, policy)] : []),
  ];
  const errors = remarks.flatMap(({ severity, message }) => (severity === "error" ? [message] : []));
  if (errors.length > 0 || view === undefined || !hits) return errors;
  const selection = select(experiment, view.snapshot, "0".repeat(32));
  const { snapshot, policies } = view;
  return clusterRefusals(policies, { experiment, selection, snapshot, engine: "chaos-mesh", at: Date.now() });
}
