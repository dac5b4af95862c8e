// The one pure call in the middle of everything the bot says: the files of a commit, the settings of the default branch and, where
// a runner has answered, a snapshot of the cluster enter; the review leaves. It reads no clock and asks nobody.

import type { Change } from "../impact/what-if.ts";
import type { ManifestDocument, ManifestFile } from "../manifest/document.ts";
import { withSuggestions } from "../manifest/fix.ts";
import { parseManifestFile } from "../manifest/parse.ts";
import { placesIn } from "../manifest/place-of.ts";
import { judgeReaches } from "../policy/boundary.ts";
import type { Snapshot } from "../selector/snapshot.ts";
import { approvalsNeeded } from "../settings/environment.ts";
import { policyOf, type Settings } from "../settings.ts";
import { changesSince, type ReadFile } from "./changes.ts";
import { ownersByService } from "./owners.ts";
import { type Digest, planId, RULES_VERSION } from "./plan.ts";
import type { Execution, Review, ReviewedExperiment, ReviewOutcome } from "./review.ts";
import { reviewExperiment } from "./review-experiment.ts";

export type ManifestText = {
  readonly path: string;
  readonly text: string;
  /** Of the exact bytes; without it, of the text. */
  readonly digest?: string;
};

export type Reviewable = {
  readonly files: readonly ManifestText[];
  /** The same files as the base of the pull request has them, and those that are gone; absent where nobody looked. */
  readonly base?: readonly Omit<ManifestText, "digest">[];
  /** Of the default branch. */
  readonly settings: Settings;
  readonly environment: string;
  /** Text of the default branch's CODEOWNERS, empty where it has none; absent where nobody looked. */
  readonly codeOwners?: string;
  readonly snapshot?: Snapshot;
  /** Why there is no snapshot, in words for a reader. */
  readonly selectionMissing?: string;
  /** Of the selection: hex, secret until the run. */
  readonly seed: string;
  readonly headSha: string;
  readonly baseSha?: string;
  readonly digest: Digest;
  /** Unix milliseconds; without it no next runs of a Schedule are shown. */
  readonly now?: number;
  /** What a person asks about instead of what is written. */
  readonly change?: Change;
};

/** Reviews the manifests of one commit. */
export function reviewManifests(commit: Reviewable): Review {
  const { files, settings, environment, headSha, baseSha, snapshot } = commit;
  const asked = { version: settings.chaosMesh };
  const read = files.map(({ path, text, digest = commit.digest(text) }) => {
    return { text, digest, file: withSuggestions(parseManifestFile(path, text, asked), text) };
  });
  const policy = policyOf(environment, settings);
  const owners = ownersByService(settings.services, commit.codeOwners);
  const experiments = read.flatMap(({ text, file }) => {
    const placeOf = placesIn(text);
    return file.documents.flatMap((document) =>
      reviewExperiment(file.path, document, {
        ...commit,
        policy,
        owners,
        placeOf: (path) => placeOf(document.index, path),
      }),
    );
  });
  const manifests = read.filter(({ file }) => file.documents.length > 0);
  const outcome = outcomeOf(
    manifests.map(({ file }) => file),
    read.map(({ file }) => file),
    experiments,
  );
  return {
    rulesVersion: RULES_VERSION,
    ...((outcome === "reviewed" || outcome === "refused") && { plan: planOf(manifests, commit) }),
    headSha,
    ...(baseSha !== undefined && { baseSha }),
    environment,
    outcome,
    execution: executionOf(settings, environment),
    files: read.map(({ file }) => file),
    experiments,
    otherFindings: read.flatMap(({ file }) => findingsOfRefused(file, policy)),
    ...(snapshot !== undefined && { clusterSeenAt: snapshot.takenAt }),
    ...changesOf(read, commit),
  };
}

function changesOf(now: readonly ReadFile[], { base, snapshot, seed, settings }: Reviewable): Pick<Review, "changes"> {
  if (base === undefined) return {};
  const asked = { version: settings.chaosMesh };
  const before = base.map(({ path, text }) => ({ text, file: parseManifestFile(path, text, asked) }));
  return { changes: changesSince(before, now, { seed, ...(snapshot !== undefined && { snapshot }) }) };
}

function outcomeOf(
  manifests: readonly ManifestFile[],
  all: readonly ManifestFile[],
  experiments: readonly ReviewedExperiment[],
): ReviewOutcome {
  const documents = manifests.flatMap((file) => file.documents);
  if (all.some(({ problems }) => problems.length > 0)) return "invalid";
  if (documents.length === 0) return "no-experiments";
  if (documents.some(({ answer }) => answer === "reject") || experiments.length < documents.length) return "invalid";
  const refused = experiments.some(({ findings }) => findings.some(({ severity }) => severity === "error"));
  return refused ? "refused" : "reviewed";
}

function planOf(manifests: readonly { readonly digest: string; readonly file: ManifestFile }[], commit: Reviewable) {
  const { settings, environment, digest } = commit;
  const digests = manifests.map(({ digest: bytes, file }) => ({ path: file.path, digest: bytes }));
  return planId({ manifests: digests, settings, policy: policyOf(environment, settings) }, digest);
}

function executionOf({ execution, environments, runOnMerge }: Settings, environment: string): Execution {
  const found = environments[environment];
  const pinned = found?.cluster !== undefined && found.runnerKey !== undefined;
  const state = execution === "disabled" ? "off" : pinned ? "on" : "nowhere";
  return { state, approvals: found === undefined ? 0 : approvalsNeeded(found), onMerge: runOnMerge };
}

function findingsOfRefused(
  { path, documents }: ManifestFile,
  policy: Parameters<typeof judgeReaches>[1],
): NonNullable<Review["otherFindings"]> {
  const refused = documents.filter(({ answer }: ManifestDocument) => answer === "reject");
  return refused.flatMap((document) => judgeReaches(document, policy).map((finding) => ({ path, finding })));
}
