// Runs as they stand on GitHub: handing one to the queue, finding those of a pull request, stopping them. What was done is always
// looked for before it is done, so that a repeated delivery changes nothing.

import type { TicketClaims } from "../ticket/claims.ts";
import { runId } from "../ticket/id.ts";
import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import { ownChecks, putCheck, runCheckName } from "./checks.ts";
import {
  createDeployment,
  type Deployment,
  deploymentStatuses,
  isWaiting,
  listDeployments,
  RUN_TASK,
  type RunPayload,
  runPayloadOf,
  setDeploymentStatus,
} from "./deployments.ts";
import { TICKET_LIFETIME_SECONDS } from "./hand-off.ts";
import { documentMark, writeProgressMark, writeStopMark } from "./marks.ts";
import type { Repository } from "./repository.ts";
import { runUnderWay } from "./scheduled-runs.ts";
import { liveSchedules } from "./schedules.ts";

export type QueuedRun = Deployment & { readonly payload: RunPayload };

/**
 * Puts a ticket into the queue and returns its deployment. Two deliveries that race may both create one: the older wins, and the
 * newer is taken out again; a runner that saw both still runs once, because its own claim is keyed by the run's id.
 */
export async function handOff(repository: Repository, bot: Bot, claims: TicketClaims, ref: string): Promise<number> {
  const known = await findTicket(repository, claims.environment, claims.jti);
  const deployment = known?.id ?? (await enqueue(repository, bot, claims, ref));
  await announceRuns(repository, claims, deployment, bot.clock.now());
  return deployment;
}

async function enqueue(repository: Repository, bot: Bot, claims: TicketClaims, ref: string): Promise<number> {
  const created = await createDeployment(repository, {
    task: RUN_TASK,
    environment: claims.environment,
    ref,
    description: `waits for a runner: ${claims.documents.length} experiment(s), plan ${claims.plan}`,
    payload: {
      ticketId: claims.jti,
      pullRequest: claims.pull_request,
      headSha: claims.head_sha,
      ticket: await bot.tickets.sign(claims),
    },
  });
  const winner = await findTicket(repository, claims.environment, claims.jti);
  if (winner === undefined || winner.id === created) return created;
  await setDeploymentStatus(repository, created, "inactive", `the same ticket was queued already by ${winner.id}`);
  return winner.id;
}

/** The oldest deployment of a ticket. */
export async function findTicket(
  repository: Repository,
  environment: string,
  ticketId: string,
): Promise<QueuedRun | undefined> {
  const queued = await queuedRuns(repository, environment);
  return queued.filter(({ payload }) => payload.ticketId === ticketId).at(-1);
}

/** The newest hundred runs that were ever handed over, newest first, finished or not. */
export async function queuedRuns(repository: Repository, environment?: string): Promise<readonly QueuedRun[]> {
  const filter = { task: RUN_TASK, ...(environment !== undefined && { environment }) } as const;
  const deployments = await listDeployments(repository, filter);
  return deployments.flatMap((deployment) => {
    const payload = runPayloadOf(deployment.payload);
    return payload === undefined ? [] : [{ ...deployment, payload }];
  });
}

/** One pending check per run, so that a queued run is visible before any runner has seen it. */
async function announceRuns(
  repository: Repository,
  claims: TicketClaims,
  deployment: number,
  nowMs: number,
): Promise<void> {
  const name = runCheckName(claims.environment);
  const known = await ownChecks(repository, claims.head_sha, name);
  for (const [n, { path, index }] of claims.documents.entries()) {
    const externalId = runId(claims.jti, n);
    if (known.some((check) => check.externalId === externalId)) continue;
    await putCheck(repository, {
      name,
      headSha: claims.head_sha,
      externalId,
      state: "queued",
      title: "Waits for a runner",
      summary: `Run \`${externalId}\` of document ${index + 1} in \`${path.replaceAll("`", "'")}\` waits for a runner.`,
      text: writeProgressMark({
        deployment,
        plan: claims.plan,
        document: documentMark({ path, index }),
        sequence: -1,
        phase: "queued",
        publishedAt: nowMs,
      }),
    });
  }
}

export type Stop = {
  readonly kind: "abort" | "hold";
  readonly by: string;
  /** One run; all of the pull request without it. */
  readonly runId?: string;
};

export type Stopped = {
  readonly ticketId: string;
  /** `idle`: a schedule of which nothing runs; it goes on standing. */
  readonly how: "cancelled" | "asked" | "idle";
};

/** Stops what a pull request has under way: a queued ticket is taken back, a running one is asked to abort and roll back. */
export async function stopRuns(repository: Repository, pullRequest: number, stop: Stop): Promise<readonly Stopped[]> {
  const runs = await queuedRuns(repository);
  const meant = runs.filter(({ payload }) => payload.pullRequest === pullRequest && isMeant(payload, stop.runId));
  const stopped: Stopped[] = [];
  for (const run of meant) {
    const how = await stopOne(repository, run, stop);
    if (how !== undefined) stopped.push({ ticketId: run.payload.ticketId, how });
  }
  for (const schedule of await liveSchedules(repository)) {
    if (schedule.payload.pullRequest !== pullRequest || !isMeant(schedule.payload, stop.runId)) continue;
    const mark = writeStopMark({ kind: stop.kind, runId: stop.runId?.includes("-") ? stop.runId : "*", by: stop.by });
    // Also where nothing seems to run: a run whose report was late may go on all the same.
    await setDeploymentStatus(repository, schedule.id, "in_progress", mark);
    const how = runUnderWay(schedule.statuses) === undefined ? "idle" : "asked";
    stopped.push({ ticketId: schedule.payload.ticketId, how });
  }
  return stopped;
}

function isMeant({ ticketId }: RunPayload, runId: string | undefined): boolean {
  return runId === undefined || runId === ticketId || runId.startsWith(`${ticketId}-`);
}

async function stopOne(repository: Repository, run: QueuedRun, stop: Stop): Promise<Stopped["how"] | undefined> {
  const [newest] = await deploymentStatuses(repository, run.id);
  const named = stop.runId?.startsWith(`${run.payload.ticketId}-`) ? stop.runId : "*";
  const mark = writeStopMark({ kind: stop.kind, runId: named, by: stop.by });
  if (isWaiting(newest)) {
    await cancel(repository, run, mark);
    return "cancelled";
  }
  if (newest?.state !== "in_progress") return undefined;
  await setDeploymentStatus(repository, run.id, "in_progress", mark);
  return "asked";
}

/** Takes a queued ticket back: no runner will be given it, and its checks end. */
export async function cancel(repository: Repository, run: QueuedRun, why: string): Promise<void> {
  await setDeploymentStatus(repository, run.id, "inactive", why);
  const checks = await ownChecks(repository, run.payload.headSha, runCheckName(run.environment));
  for (const check of checks) {
    if (check.completed || !check.externalId.startsWith(`${run.payload.ticketId}-`)) continue;
    await putCheck(
      repository,
      { ...check, state: "cancelled", title: "Cancelled", summary: `Cancelled: ${why}.` },
      check,
    );
  }
}

/** A ticket that the state of things took back, and nobody's word. */
export async function takeBack(repository: Repository, bot: Bot, run: QueuedRun, why: string): Promise<void> {
  const { pullRequest, ticketId: ticket } = run.payload;
  audit(bot, repository, { on: "ticket", pullRequest, ticket, environment: run.environment, allowed: false, why });
  await cancel(repository, run, why);
}

/** A push supersedes what was queued for an older head; what runs already goes on and is reported as of an older commit. */
export async function cancelOlderThan(
  repository: Repository,
  bot: Bot,
  pullRequest: number,
  headSha: string,
): Promise<void> {
  const isOlder = ({ payload }: QueuedRun) => payload.headSha !== headSha;
  await cancelThose(repository, bot, pullRequest, "a push has superseded the plan", isOlder);
}

/** Takes back everything of a pull request that no runner has taken yet. */
export async function cancelQueued(repository: Repository, bot: Bot, pullRequest: number, why: string): Promise<void> {
  await cancelThose(repository, bot, pullRequest, why, () => true);
}

async function cancelThose(
  repository: Repository,
  bot: Bot,
  pullRequest: number,
  why: string,
  isMeant: (run: QueuedRun) => boolean,
): Promise<void> {
  for (const run of await queuedRuns(repository)) {
    if (run.payload.pullRequest !== pullRequest || !isMeant(run)) continue;
    if (run.createdAt < bot.clock.now() - 2 * TICKET_LIFETIME_SECONDS * 1000) continue;
    const [newest] = await deploymentStatuses(repository, run.id);
    if (isWaiting(newest)) await takeBack(repository, bot, run, why);
  }
}
