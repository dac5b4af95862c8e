// Deployments are the durable queue between bot and runner: what is to be run, and what is to be previewed. Whoever may write to
// the repository can create one too, so a payload is only ever trusted for the signature of the ticket inside it.

import { isOwn, type Repository, where } from "./repository.ts";

export const RUN_TASK = "chaosgate:run";
export const PREVIEW_TASK = "chaosgate:preview";
export const SCHEDULE_TASK = "chaosgate:schedule";
export const LOCK_TASK = "chaosgate:lock";

type Task = typeof RUN_TASK | typeof SCHEDULE_TASK | typeof PREVIEW_TASK | typeof LOCK_TASK;

/** The GitHub environment under which an environment of the settings appears. */
export function deploymentEnvironment(environment: string): string {
  return `chaos/${environment}`;
}

export type RunPayload = {
  readonly ticketId: string;
  readonly pullRequest: number;
  readonly headSha: string;
  /** The signed ticket, compact. */
  readonly ticket: string;
};

export type PreviewPayload = {
  readonly pullRequest: number;
  readonly namespaces: readonly string[];
  /** The comment whose answer this completes; absent: the review of the pull request. */
  readonly comment?: number;
};

export type LockPayload = {
  readonly reason: string;
  readonly by: string;
  readonly until: number;
  readonly comment: number;
};

export type Deployment = {
  readonly id: number;
  readonly sha: string;
  readonly environment: string;
  readonly createdAt: number;
  readonly payload: unknown;
};

export type DeploymentState = "queued" | "in_progress" | "success" | "failure" | "inactive" | "error";

export type DeploymentStatus = { readonly state: string; readonly description: string };

type Draft = {
  readonly task: Task;
  readonly environment: string;
  readonly ref: string;
  readonly description: string;
  readonly payload: RunPayload | PreviewPayload | LockPayload;
};

/** Creates a deployment that waits for a runner. */
export async function createDeployment(repository: Repository, draft: Draft): Promise<number> {
  const { data } = await repository.octokit.rest.repos.createDeployment({
    ...where(repository),
    ref: draft.ref,
    task: draft.task,
    environment: deploymentEnvironment(draft.environment),
    description: draft.description.slice(0, 140),
    payload: { ...draft.payload },
    auto_merge: false,
    required_contexts: [],
    transient_environment: draft.task !== RUN_TASK,
    production_environment: false,
  });
  if (!("id" in data)) throw new Error("GitHub merged instead of deploying although auto_merge is off");
  // What has no status waits as well; only a run is looked at by people on GitHub's own page, and writes are counted there.
  if (draft.task === RUN_TASK) await setDeploymentStatus(repository, data.id, "queued", draft.description);
  return data.id;
}

type Filter = { readonly task: Task; readonly environment?: string };

/** The newest hundred of this app's deployments of one task, newest first. */
export async function listDeployments(repository: Repository, filter: Filter): Promise<readonly Deployment[]> {
  const { data } = await repository.octokit.rest.repos.listDeployments({
    ...where(repository),
    task: filter.task,
    per_page: 100,
    ...(filter.environment !== undefined && { environment: deploymentEnvironment(filter.environment) }),
  });
  return data
    .filter((deployment) => isOwn(repository, deployment))
    .map(({ id, sha, environment, created_at, payload }) => ({
      id,
      sha,
      environment: environment.replace(/^chaos\//, ""),
      createdAt: Date.parse(created_at),
      payload: typeof payload === "string" ? parsed(payload) : payload,
    }));
}

/** This app's statuses of a deployment, newest first: whoever may push may add others, which decide nothing. */
export async function deploymentStatuses(repository: Repository, id: number): Promise<readonly DeploymentStatus[]> {
  const { data } = await repository.octokit.rest.repos.listDeploymentStatuses({
    ...where(repository),
    deployment_id: id,
    per_page: 100,
  });
  return data.filter((status) => isOwn(repository, status)).map(({ state, description }) => ({ state, description }));
}

/**
 * Whether a deployment waits, by its newest status. One without any was created by a request whose answer was lost, and waits: what
 * cannot be seen waiting can be neither handed out nor taken back.
 */
export function isWaiting(newest: DeploymentStatus | undefined): boolean {
  return newest === undefined || newest.state === "queued";
}

/** Appends a status. Statuses are never changed, so two writers cannot lose each other's. */
export async function setDeploymentStatus(
  repository: Repository,
  id: number,
  state: DeploymentState,
  description: string,
): Promise<void> {
  await repository.octokit.rest.repos.createDeploymentStatus({
    ...where(repository),
    deployment_id: id,
    state,
    description: description.slice(0, 140),
    auto_inactive: false,
  });
}

/** A payload that this app wrote for a run; undefined for anything else. */
export function runPayloadOf(payload: unknown): RunPayload | undefined {
  const { ticketId, pullRequest, headSha, ticket } = (payload ?? {}) as Partial<RunPayload>;
  if (typeof ticketId !== "string" || typeof ticket !== "string") return undefined;
  if (typeof pullRequest !== "number" || typeof headSha !== "string") return undefined;
  return { ticketId, pullRequest, headSha, ticket };
}

/** A payload that this app wrote for a preview; undefined for anything else. */
export function previewPayloadOf(payload: unknown): PreviewPayload | undefined {
  const { pullRequest, namespaces, comment } = (payload ?? {}) as Partial<PreviewPayload>;
  if (typeof pullRequest !== "number" || !Array.isArray(namespaces)) return undefined;
  const named = namespaces.filter((name) => typeof name === "string");
  return { pullRequest, namespaces: named, ...(typeof comment === "number" && { comment }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Somebody else's payload may be any string.
    return undefined;
  }
}
