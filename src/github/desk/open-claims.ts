import { queriesOf } from "../../impact/live-facts.ts";
import { whyClosed } from "../../policy/times.ts";
import type { Claim, OpenClaims, PreviewRequest } from "../../run/desk.ts";
import type { Settings } from "../../settings.ts";
import type { TicketClaims } from "../../ticket/claims.ts";
import type { Bot } from "../bot.ts";
import { readFile } from "../contents.ts";
import { HOLD_LABEL } from "../delivery.ts";
import { deploymentStatuses, isWaiting } from "../deployments.ts";
import { sha256 } from "../digest.ts";
import { TICKET_LIFETIME_SECONDS } from "../hand-off.ts";
import { lockOf } from "../locks.ts";
import { holds, standingOf } from "../people.ts";
import { openPreviews } from "../previews.ts";
import { readPullRequest } from "../pull-request.ts";
import type { Repository } from "../repository.ts";
import { type QueuedRun, queuedRuns, takeBack } from "../runs.ts";
import { standingTickets } from "../schedules.ts";
import { readSettings } from "../settings-file.ts";
import { ticketsUnderWay } from "./under-way.ts";

/** What waits for a cluster in one repository. Every condition of a run is asked again here: this is where it executes. */
export async function openClaims(
  repository: Repository,
  bot: Bot,
  clusterId: string,
  environments: readonly string[],
): Promise<OpenClaims> {
  const settings = await readSettings(repository);
  const parts = await Promise.all(
    environments.map(async (environment) => ({
      claims: await claimsOf(repository, bot, settings, clusterId, environment),
      previews: await previewsOf(repository, bot, settings, environment),
    })),
  );
  return { claims: parts.flatMap(({ claims }) => claims), previews: parts.flatMap(({ previews }) => previews) };
}

async function claimsOf(
  repository: Repository,
  bot: Bot,
  settings: Settings,
  clusterId: string,
  environment: string,
): Promise<readonly Claim[]> {
  if (settings.execution !== "enabled") return [];
  if ((await lockOf(repository, environment, bot.clock.now())) !== undefined) return [];
  const waiting = await waitingRuns(repository, environment, bot.clock.now());
  // Runners ask every few seconds, and mostly for nothing: what runs is counted only where something waits for it.
  if (waiting.length === 0) return [];
  const room = await roomIn(repository, bot, settings, environment);
  const claims: Claim[] = [];
  for (const run of waiting) {
    if (claims.length >= room) break;
    const ticket = await bot.tickets.open(run.payload.ticket);
    if (ticket === undefined || ticket.jti !== run.payload.ticketId || ticket.aud !== clusterId) continue;
    const claim = await claimOrCancel(repository, bot, settings, run, ticket);
    if (claim !== undefined) claims.push(claim);
  }
  return claims;
}

/** How many more runs may go on at once. */
async function roomIn(
  repository: Repository,
  bot: Bot,
  { environments }: Settings,
  environment: string,
): Promise<number> {
  const most = environments[environment]?.caps.runs;
  if (most === undefined) return Number.POSITIVE_INFINITY;
  const standing = await standingTickets(repository, environment);
  return most - (await ticketsUnderWay(repository, environment, standing, bot.clock.now())).length;
}

/** Twice the lifetime, so that an expired ticket is still seen once and its checks are ended. */
const WATCHED_MS = 2 * TICKET_LIFETIME_SECONDS * 1000;

/** The queued deployments of an environment; of two for one ticket only the older. */
async function waitingRuns(repository: Repository, environment: string, nowMs: number): Promise<readonly QueuedRun[]> {
  const young = (await queuedRuns(repository, environment)).filter(({ createdAt }) => createdAt > nowMs - WATCHED_MS);
  const oldest = new Map(young.map((run) => [run.payload.ticketId, run]));
  const waiting: QueuedRun[] = [];
  for (const run of oldest.values()) {
    const [newest] = await deploymentStatuses(repository, run.id);
    if (isWaiting(newest)) waiting.push(run);
  }
  return waiting.reverse();
}

async function claimOrCancel(
  repository: Repository,
  bot: Bot,
  settings: Settings,
  run: QueuedRun,
  ticket: TicketClaims,
): Promise<Claim | undefined> {
  const why =
    ticket.exp <= bot.clock.now() / 1000
      ? "no runner accepted the ticket in time"
      : await whyNotNow(repository, settings, ticket, bot.clock.now());
  if (why !== undefined) {
    await takeBack(repository, bot, run, why);
    return undefined;
  }
  const files = await filesOf(repository, ticket, run.sha);
  if (files === undefined) {
    await takeBack(repository, bot, run, "the bytes on GitHub are not those that were reviewed");
    return undefined;
  }
  const { owner, name } = repository;
  return { deploymentId: run.id, repository: { owner, name }, ticket: run.payload.ticket, files };
}

/** Roles, labels and heads change between a command and its execution. */
async function whyNotNow(
  repository: Repository,
  settings: Settings,
  ticket: TicketClaims,
  nowMs: number,
): Promise<string | undefined> {
  const environment = settings.environments[ticket.environment];
  if (environment === undefined) return "the environment is gone from the settings";
  const closed = environment.times && whyClosed(environment.times, nowMs);
  if (closed !== undefined) return closed;
  const [pr, requester] = await Promise.all([
    readPullRequest(repository, ticket.pull_request),
    standingOf(repository, ticket.requester.login, environment.run.teams),
  ]);
  if (pr.labels.includes(HOLD_LABEL)) return "the pull request is on hold";
  if (pr.headSha !== ticket.head_sha) return "the head has moved";
  if (!pr.open && !pr.merged) return "the pull request was closed";
  if (pr.baseBranch !== repository.defaultBranch) return "the pull request goes onto another branch";
  if (!holds(environment.run, requester)) return `${ticket.requester.login} may not run any more`;
  return undefined;
}

async function filesOf(repository: Repository, ticket: TicketClaims, sha: string): Promise<Claim["files"] | undefined> {
  const files = await Promise.all(
    Object.entries(ticket.manifests).map(async ([path, digest]) => {
      const bytes = await readFile(repository, path, sha);
      return bytes !== undefined && sha256(bytes) === digest ? { path, base64: bytes.toString("base64") } : undefined;
    }),
  );
  const exact = files.filter((file) => file !== undefined);
  return exact.length === files.length ? exact : undefined;
}

async function previewsOf(
  repository: Repository,
  bot: Bot,
  { services }: Settings,
  environment: string,
): Promise<readonly PreviewRequest[]> {
  const previews = await openPreviews(repository, environment, bot.clock.now());
  const { owner, name } = repository;
  return previews.map(({ id, payload }) => ({
    previewId: String(id),
    repository: { owner, name },
    environment,
    namespaces: payload.namespaces,
    queries: queriesOf(services),
  }));
}
