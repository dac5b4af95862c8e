import type { Change } from "../impact/what-if.ts";
import type { Problem } from "../manifest/problem.ts";
import type { Review } from "../review/review.ts";
import { reviewManifests } from "../review/review-manifests.ts";
import type { ChangedFile } from "../review/suggestions.ts";
import type { Snapshot } from "../selector/snapshot.ts";
import { matchesPaths, type Settings } from "../settings.ts";
import type { Bot } from "./bot.ts";
import { readCodeOwners } from "./code-owners.ts";
import { readFile, textOf } from "./contents.ts";
import { SETTINGS_PATH } from "./delivery.ts";
import { sha256 } from "./digest.ts";
import { reviewedEnvironment } from "./environment.ts";
import { changedFiles, type PullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { proposedSettingsProblems } from "./settings-file.ts";

/** A review with what it was made of. */
export type Reviewed = {
  readonly review: Review;
  readonly changed: readonly ChangedFile[];
  /** Whether GitHub listed every changed file. */
  readonly complete: boolean;
  readonly settings: Settings;
  /** Of the settings file that the pull request proposes, where it does. */
  readonly settingsProblems: readonly Problem[];
  /** Path -> sha256 of the exact bytes. */
  readonly digests: Readonly<Record<string, string>>;
  /** What the selection was and will be drawn by. */
  readonly seed: string;
};

export type Wanted = {
  readonly settings: Settings;
  readonly environment?: string;
  readonly snapshot?: Snapshot;
  /** Reads the manifests here instead of at the head: a merge commit. */
  readonly ref?: string;
  /** What a person asks about instead of what is written. */
  readonly change?: Change;
};

/** Gathers the changed manifests and has them reviewed: the one pure call in the middle of everything that the bot says. */
export async function gatherReview(
  repository: Repository,
  bot: Bot,
  pr: PullRequest,
  { settings, environment = reviewedEnvironment(settings), snapshot, ref = pr.headSha, change }: Wanted,
): Promise<Reviewed> {
  const { files: changed, basePaths, added, complete } = await changedFiles(repository, pr);
  const paths = changed.map(({ path }) => path);
  const matching = (among: readonly string[]) => among.filter((path) => matchesPaths(settings, path));
  const files = await readAll(repository, matching(paths), ref, ref === pr.headSha ? added : undefined);
  const base = await readAll(repository, matching(basePaths), pr.baseSha);
  const codeOwners = await readCodeOwners(repository, settings);
  const digests = Object.fromEntries(files.map(({ path, digest }) => [path, digest]));
  const seed = bot.tickets.seed(sha256(JSON.stringify(Object.entries(digests).sort())), environment);
  const review = reviewManifests({
    files,
    base,
    settings,
    environment,
    seed,
    headSha: pr.headSha,
    baseSha: pr.baseSha,
    digest: sha256,
    now: bot.clock.now(),
    ...(change !== undefined && { change }),
    ...(codeOwners !== undefined && { codeOwners }),
    ...(snapshot === undefined ? { selectionMissing: whyNoSelection(settings, environment, pr) } : { snapshot }),
  });
  const proposes = paths.includes(SETTINGS_PATH);
  const settingsProblems = proposes ? await proposedSettingsProblems(repository, ref) : [];
  return { review, changed, complete, settings, settingsProblems, digests, seed };
}

async function readAll(
  repository: Repository,
  paths: readonly string[],
  ref: string,
  known?: ReadonlyMap<string, Buffer>,
) {
  const files = [];
  for (const path of paths) {
    const bytes = known?.get(path) ?? (await readFile(repository, path, ref));
    if (bytes !== undefined) files.push({ path, text: textOf(bytes), digest: sha256(bytes) });
  }
  return files;
}

function whyNoSelection(settings: Settings, environment: string, { fromFork }: PullRequest): string {
  if (fromFork) return "the live pods of a cluster are not shown on a fork's pull request";
  const pinned = settings.environments[environment]?.cluster !== undefined;
  return pinned ? `the runner of ${environment} has not answered yet` : "no cluster is configured to look at";
}
