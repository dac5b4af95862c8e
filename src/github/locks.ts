// A lock keeps every run out of one environment until it ends by itself or is taken off. It stands on GitHub as a deployment of
// this app, whose payload nobody else can write; its newest status says whether it was taken off.

import {
  createDeployment,
  deploymentStatuses,
  LOCK_TASK,
  listDeployments,
  setDeploymentStatus,
} from "./deployments.ts";
import type { Repository } from "./repository.ts";

export type Lock = {
  readonly reason: string;
  readonly by: string;
  /** Unix milliseconds. */
  readonly until: number;
};

type Standing = Lock & { readonly id: number };

/** The lock that lasts longest; undefined where the environment is open. */
export async function lockOf(repository: Repository, environment: string, nowMs: number): Promise<Lock | undefined> {
  const standing = await standingLocks(repository, environment, nowMs);
  return standing.toSorted((a, b) => b.until - a.until)[0];
}

/** Locks an environment; a second lock does not shorten the first. */
export async function lock(
  repository: Repository,
  environment: string,
  { reason, by, until }: Lock,
  comment: number,
): Promise<void> {
  const known = await listDeployments(repository, { task: LOCK_TASK, environment });
  if (known.some(({ payload }) => (payload as { comment?: unknown } | null)?.comment === comment)) return;
  await createDeployment(repository, {
    task: LOCK_TASK,
    environment,
    ref: repository.defaultBranch,
    description: `locked by ${by} until ${new Date(until).toISOString()}`,
    payload: { reason, by, until, comment },
  });
}

/** Takes every lock off; says how many there were. */
export async function unlock(repository: Repository, environment: string, by: string, nowMs: number): Promise<number> {
  const standing = await standingLocks(repository, environment, nowMs);
  for (const { id } of standing) await setDeploymentStatus(repository, id, "inactive", `unlocked by ${by}`);
  return standing.length;
}

async function standingLocks(repository: Repository, environment: string, nowMs: number): Promise<readonly Standing[]> {
  const deployments = await listDeployments(repository, { task: LOCK_TASK, environment });
  const standing: Standing[] = [];
  for (const { id, payload } of deployments) {
    const found = lockIn(payload);
    if (found === undefined || found.until <= nowMs) continue;
    const [newest] = await deploymentStatuses(repository, id);
    // Without a status its creation was cut short: a lock that may have been meant is a lock.
    if (newest?.state !== "inactive") standing.push({ id, ...found });
  }
  return standing;
}

function lockIn(payload: unknown): Lock | undefined {
  const { reason, by, until } = (payload ?? {}) as Partial<Lock>;
  if (typeof reason !== "string" || typeof by !== "string" || typeof until !== "number") return undefined;
  return { reason, by, until };
}
