// "Which pods would this hit?" is asked through the same queue as runs: a deployment that a runner answers with a snapshot.

import type { Review } from "../review/review.ts";
import {
  createDeployment,
  type Deployment,
  deploymentStatuses,
  isWaiting,
  listDeployments,
  PREVIEW_TASK,
  type PreviewPayload,
  previewPayloadOf,
} from "./deployments.ts";
import type { Reviewed } from "./gather-review.ts";
import type { PullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";

export type QueuedPreview = Deployment & { readonly payload: PreviewPayload };

/** Nobody answers a question of yesterday. */
const PREVIEW_LIFETIME_MS = 3_600_000;

/** Asks the environment's runner for the live pods, for the review or for the answer to `comment`, unless it is being asked; never for a fork, whose readers may be anybody. */
export async function requestPreview(
  repository: Repository,
  pr: PullRequest,
  reviewed: Reviewed,
  nowMs: number,
  comment?: number,
): Promise<void> {
  const { review, settings } = reviewed;
  const environment = settings.environments[review.environment];
  if (environment?.cluster === undefined || pr.fromFork || review.experiments.length === 0) return;
  const isSame = ({ sha, payload }: QueuedPreview) =>
    sha === pr.headSha && payload.pullRequest === pr.number && payload.comment === comment;
  // Chosen before they are looked at one by one: every pull request that waits has one of its own.
  if ((await openPreviews(repository, review.environment, nowMs, isSame)).length > 0) return;
  await createDeployment(repository, {
    task: PREVIEW_TASK,
    environment: review.environment,
    ref: pr.headSha,
    description: "asks the runner which pods would be hit",
    payload: { pullRequest: pr.number, namespaces: namespacesOf(review), ...(comment !== undefined && { comment }) },
  });
}

/** Previews of one environment, newest first. */
export async function queuedPreviews(repository: Repository, environment: string): Promise<readonly QueuedPreview[]> {
  const deployments = await listDeployments(repository, { task: PREVIEW_TASK, environment });
  return deployments.flatMap((deployment) => {
    const payload = previewPayloadOf(deployment.payload);
    return payload === undefined ? [] : [{ ...deployment, payload }];
  });
}

/** Previews that wait for an answer now, among those that are meant. */
export async function openPreviews(
  repository: Repository,
  environment: string,
  nowMs: number,
  isMeant: (preview: QueuedPreview) => boolean = () => true,
): Promise<readonly QueuedPreview[]> {
  const young = (await queuedPreviews(repository, environment)).filter(
    (preview) => preview.createdAt > nowMs - PREVIEW_LIFETIME_MS && isMeant(preview),
  );
  const open: QueuedPreview[] = [];
  for (const preview of young) {
    const [newest] = await deploymentStatuses(repository, preview.id);
    if (isWaiting(newest)) open.push(preview);
  }
  return open;
}

function namespacesOf(review: Review): readonly string[] {
  const named = review.experiments.flatMap(({ experiment }) => {
    const target = experiment.kind === "NetworkChaos" ? experiment.network.target?.selector : undefined;
    return [experiment.selector, ...(target === undefined ? [] : [target])].flatMap(({ namespaces, pods }) => [
      ...namespaces,
      ...Object.keys(pods ?? {}),
    ]);
  });
  return [...new Set(named)].sort();
}
