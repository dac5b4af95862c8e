// Standing tickets as they stand on GitHub: one deployment for each merged Schedule, which lives until one of its statuses is
// `inactive`. That is never taken back, so no writer can bring a revoked one to life again; a new merge makes a new ticket.

import type { Experiment } from "../manifest/experiment.ts";
import { parseManifestBytes } from "../manifest/parse-bytes.ts";
import { abreast } from "../run/abreast.ts";
import type { EnvironmentSettings } from "../settings/environment.ts";
import type { Settings } from "../settings.ts";
import type { TicketClaims } from "../ticket/claims.ts";
import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import { putComment } from "./comments.ts";
import { readFile } from "./contents.ts";
import {
  createDeployment,
  type DeploymentStatus,
  deploymentStatuses,
  listDeployments,
  runPayloadOf,
  SCHEDULE_TASK,
  setDeploymentStatus,
} from "./deployments.ts";
import { sha256 } from "./digest.ts";
import { limitsOf, objectivesOf } from "./hand-off.ts";
import type { Repository } from "./repository.ts";
import type { QueuedRun } from "./runs.ts";
import { readSettings } from "./settings-file.ts";

/** A hundred may stand, and GitHub takes no hundred requests at once from one app. */
const MOST_QUESTIONS = 10;

/** A standing ticket with what was said of it, newest first. */
export type StandingTicket = QueuedRun & { readonly statuses: readonly DeploymentStatus[] };

/** Whether a standing ticket was never revoked. */
export function isLive(statuses: readonly DeploymentStatus[]): boolean {
  return statuses.every(({ state }) => state !== "inactive");
}

/** Lets a schedule stand; says so on its pull request. The same merge always makes the same ticket. */
export async function issueStanding(
  repository: Repository,
  bot: Bot,
  claims: TicketClaims,
  ref: string,
  text: string,
): Promise<void> {
  const known = await standingDeployments(repository, claims.environment);
  if (!known.some(({ payload }) => payload.ticketId === claims.jti)) {
    const id = await createDeployment(repository, {
      task: SCHEDULE_TASK,
      environment: claims.environment,
      ref,
      description: `a schedule stands, plan ${claims.plan}`,
      payload: {
        ticketId: claims.jti,
        pullRequest: claims.pull_request,
        headSha: claims.head_sha,
        ticket: await bot.tickets.sign(claims),
      },
    });
    await setDeploymentStatus(repository, id, "in_progress", "stands");
  }
  await putComment(repository, claims.pull_request, scheduleMarker(claims.jti), text);
}

/** Every standing ticket of an environment, revoked or not, oldest first; of two with one name only the older. */
export async function standingTickets(
  repository: Repository,
  environment?: string,
): Promise<readonly StandingTicket[]> {
  const all = await standingDeployments(repository, environment);
  const oldest = new Map(all.map((one) => [one.payload.ticketId, one]));
  const tickets = [...oldest.values()].reverse();
  return abreast(
    tickets,
    async (one) => ({ ...one, statuses: await deploymentStatuses(repository, one.id) }),
    MOST_QUESTIONS,
  );
}

/** Those of them that were not revoked. */
export async function liveSchedules(repository: Repository, environment?: string): Promise<readonly StandingTicket[]> {
  return (await standingTickets(repository, environment)).filter(({ statuses }) => isLive(statuses));
}

/** A standing ticket by its id, revoked or not. */
export async function findSchedule(
  repository: Repository,
  environment: string,
  ticketId: string,
): Promise<StandingTicket | undefined> {
  const named = (await standingDeployments(repository, environment)).filter(
    ({ payload }) => payload.ticketId === ticketId,
  );
  const oldest = named.at(-1);
  return oldest && { ...oldest, statuses: await deploymentStatuses(repository, oldest.id) };
}

/** Revokes every schedule that the default branch no longer has as it was approved. */
export async function revokeChanged(repository: Repository, bot: Bot): Promise<void> {
  const live = await liveSchedules(repository);
  if (live.length === 0) return;
  const settings = await readSettings(repository);
  for (const schedule of live) await claimsUnlessRevoked(repository, bot, settings, schedule);
}

export type Stands = {
  readonly claims: TicketClaims;
  readonly files: readonly { readonly path: string; readonly base64: string }[];
};

/** What a schedule permits, if the default branch still has its very bytes and the same limits; otherwise it is revoked here. */
export async function claimsUnlessRevoked(
  repository: Repository,
  bot: Bot,
  settings: Settings,
  schedule: StandingTicket,
): Promise<Stands | undefined> {
  const claims = await bot.tickets.open(schedule.payload.ticket);
  if (claims === undefined || claims.jti !== schedule.payload.ticketId || claims.kind !== "standing") return undefined;
  const files: { path: string; base64: string }[] = [];
  for (const [path, digest] of Object.entries(claims.manifests)) {
    const bytes = await readFile(repository, path, repository.defaultBranch);
    if (bytes === undefined)
      return revoke(repository, bot, schedule, `${path} is gone from ${repository.defaultBranch}`);
    if (sha256(bytes) !== digest) return revoke(repository, bot, schedule, `${path} was changed since it was approved`);
    files.push({ path, base64: bytes.toString("base64") });
  }
  if (claims.exp * 1000 <= bot.clock.now()) return revoke(repository, bot, schedule, "its ticket has ended");
  const why = whyOutdated(claims, settings, files);
  return why === undefined ? { claims, files } : revoke(repository, bot, schedule, why);
}

/** Takes a schedule away for good, and says so where it was announced. */
async function revoke(
  repository: Repository,
  bot: Bot,
  { id, environment, payload }: QueuedRun,
  why: string,
): Promise<undefined> {
  const { pullRequest, ticketId: ticket } = payload;
  audit(bot, repository, { on: "schedule", pullRequest, environment, ticket, allowed: false, why });
  await setDeploymentStatus(repository, id, "inactive", `revoked: ${why}`);
  const text = `**This schedule does not run any more:** ${plain(why)}. What it ran is in the checks of this pull request.`;
  await putComment(repository, payload.pullRequest, scheduleMarker(payload.ticketId), text);
  return undefined;
}

/** A ticket carries the limits and objectives it was approved under; with others it would be another approval. */
function whyOutdated(claims: TicketClaims, settings: Settings, files: Stands["files"]): string | undefined {
  const environment: EnvironmentSettings | undefined = settings.environments[claims.environment];
  if (environment === undefined) return `${claims.environment} is gone from the settings`;
  if (environment.cluster !== claims.aud) return "the settings pin another cluster";
  const experiments = experimentsIn(claims, files);
  // Approved bytes that a later version of ours reads otherwise: nobody has changed a limit.
  if (experiments.length < claims.documents.length)
    return "its manifest is not read as an experiment any more; a pull request that changes it says why";
  const now = [limitsOf(environment, "standing"), objectivesOf(experiments, settings, environment)];
  const approved = [claims.limits, claims.objectives];
  return JSON.stringify(now) === JSON.stringify(approved)
    ? undefined
    : "limits or objectives of the environment were changed since it was approved; merge it again";
}

/** What the ticket runs, read again from its very bytes: an experiment that names no objectives is judged by the environment's. */
function experimentsIn({ documents, chaos_mesh }: TicketClaims, files: Stands["files"]): readonly Experiment[] {
  return files.flatMap(({ path, base64 }) => {
    const file = parseManifestBytes(path, Buffer.from(base64, "base64"), { version: chaos_mesh });
    const isMeant = ({ index }: { readonly index: number }) =>
      documents.some((one) => one.path === path && one.index === index);
    return file.documents.filter(isMeant).flatMap(({ experiment }) => experiment ?? []);
  });
}

/** Every standing ticket that was ever issued, revoked or not. */
export async function standingDeployments(repository: Repository, environment?: string): Promise<readonly QueuedRun[]> {
  const filter = { task: SCHEDULE_TASK, ...(environment !== undefined && { environment }) } as const;
  return (await listDeployments(repository, filter)).flatMap((deployment) => {
    const payload = runPayloadOf(deployment.payload);
    return payload === undefined ? [] : [{ ...deployment, payload }];
  });
}

function scheduleMarker(ticketId: string): string {
  return `<!-- chaosgate:schedule ${ticketId} -->`;
}

function plain(text: string): string {
  return text.replace(/[`<>@#|*_[\]]/g, "'");
}
