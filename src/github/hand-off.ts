// An accepted run enters; the claims of its ticket leave. The ticket is all a runner will ever know of the pull request, so
// everything that it must hold to is in here, and nothing that changes later.

import type { Experiment } from "../manifest/experiment.ts";
import type { Review, ReviewedExperiment } from "../review/review.ts";
import type { EnvironmentSettings } from "../settings/environment.ts";
import type { Settings } from "../settings.ts";
import type { Objective } from "../slo/objective.ts";
import { LONGEST_STANDING_SECONDS } from "../ticket/check.ts";
import type { Person, TicketClaims } from "../ticket/claims.ts";
import { sha256 } from "./digest.ts";
import type { NamedEnvironment } from "./environment.ts";
import type { Standing } from "./people.ts";
import type { PullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import type { Shown } from "./shown.ts";

/** A ticket that no runner has accepted by then is void. */
export const TICKET_LIFETIME_SECONDS = 900;
/** Where no cap is set; the daemon's own flags and the cluster's policy still bind. */
const NO_CAP = { pods: 10_000, percent: 100, durationSeconds: 3600 };

/** A ticket cannot say more than a day. */
const LONGEST_SECONDS = 86_400;

export type Accepted = {
  readonly repository: Pick<Repository, "id" | "owner" | "name" | "installationId" | "self">;
  readonly pr: PullRequest;
  readonly review: Review;
  /** Path -> sha256 of the exact bytes that were reviewed. */
  readonly digests: Readonly<Record<string, string>>;
  readonly settings: Settings;
  readonly environment: NamedEnvironment;
  readonly manifest: string | undefined;
  /** Of the experiments only these. */
  readonly only?: (experiment: ReviewedExperiment) => boolean;
  /** For a Schedule that is to stand; otherwise what is handed over runs once. */
  readonly kind?: TicketClaims["kind"];
  /** Node id of what asked: a comment, or the merged pull request. */
  readonly commandNodeId: string;
  readonly requester: Standing;
  readonly approvers: readonly Standing[];
  readonly seed: string;
  readonly shown: Shown;
  readonly nowMs: number;
};

/** The same command, plan and environment always give the same ticket, however often its delivery is repeated. */
export function ticketIdOf(commandNodeId: string, plan: string, environment: string): string {
  return `t${sha256(JSON.stringify([commandNodeId, plan, environment])).slice(0, 20)}`;
}

/** The claims of the ticket for an accepted run. */
export function ticketClaims(accepted: Accepted): TicketClaims {
  const { repository, pr, review, environment, nowMs, kind = "once" } = accepted;
  const chosen = chosenExperiments(accepted);
  const plan = planOf(review);
  const issuedAt = Math.floor(nowMs / 1000);
  return {
    iss: `chaosgate/${repository.self.appId}`,
    aud: clusterOf(environment),
    jti: ticketIdOf(accepted.commandNodeId, plan, environment.name),
    iat: issuedAt,
    exp: issuedAt + (kind === "once" ? TICKET_LIFETIME_SECONDS : LONGEST_STANDING_SECONDS),
    kind,
    repository: { id: repository.id, owner: repository.owner, name: repository.name },
    installation_id: repository.installationId,
    pull_request: pr.number,
    head_sha: pr.headSha,
    manifests: digestsOf(chosen, accepted.digests),
    documents: chosen.map(({ path, index }) => ({ path, index })),
    plan,
    rules_version: review.rulesVersion,
    ...(accepted.settings.chaosMesh !== undefined && { chaos_mesh: accepted.settings.chaosMesh }),
    environment: environment.name,
    requester: person(accepted.requester),
    approvers: accepted.approvers.map(person),
    limits: limitsOf(environment.settings, kind),
    seed: accepted.seed,
    objectives: objectivesOf(
      chosen.map(({ experiment }) => experiment),
      accepted.settings,
      environment.settings,
    ),
    ...selectionsOf(chosen, accepted.shown),
    predictions: predictionsOf(chosen, accepted.shown),
  };
}

function chosenExperiments({ review, manifest, only = () => true }: Accepted): readonly ReviewedExperiment[] {
  return review.experiments.filter((one) => (manifest === undefined || one.path === manifest) && only(one));
}

function planOf(review: Review): string {
  if (review.plan === undefined) throw new Error("a run was accepted without a plan");
  return review.plan;
}

function clusterOf({ name, settings }: NamedEnvironment): string {
  if (settings.cluster === undefined) throw new Error(`a run was accepted for ${name}, which has no cluster`);
  return settings.cluster;
}

function digestsOf(chosen: readonly ReviewedExperiment[], digests: Readonly<Record<string, string>>) {
  const paths = [...new Set(chosen.map(({ path }) => path))];
  return Object.fromEntries(
    paths.map((path) => {
      const digest = digests[path];
      if (digest === undefined) throw new Error(`${path} was reviewed and has no digest`);
      return [path, digest];
    }),
  );
}

/** The limits of a ticket, in one order: a standing one is compared with what the settings say later. */
export function limitsOf(
  { caps, namespaces, protected: kept, pairings, times }: EnvironmentSettings,
  kind: TicketClaims["kind"],
): TicketClaims["limits"] {
  return {
    max_duration_seconds: secondsOf(caps.durationMs),
    max_pods: caps.pods ?? NO_CAP.pods,
    max_percent: caps.percent ?? NO_CAP.percent,
    ...(caps.alteredData !== undefined && { altered_data: caps.alteredData }),
    ...(caps.clockShiftMs !== undefined && { max_clock_shift_seconds: caps.clockShiftMs / 1000 }),
    namespaces,
    protected_namespaces: kept,
    pairings,
    ...(kind === "standing" && times !== undefined && { times }),
  };
}

function secondsOf(durationMs: number | undefined): number {
  if (durationMs === undefined) return NO_CAP.durationSeconds;
  return Math.min(LONGEST_SECONDS, Math.max(1, Math.floor(durationMs / 1000)));
}

/** Every objective that one of the experiments names, or the environment's defaults for those that name none. */
export function objectivesOf(
  experiments: readonly Pick<Experiment, "objectives">[],
  settings: Settings,
  environment: EnvironmentSettings,
): readonly Objective[] {
  const names = new Set(experiments.flatMap(({ objectives }) => objectives ?? environment.objectives));
  return [...names].flatMap((name) => settings.objectives[name] ?? []);
}

function predictionsOf(chosen: readonly ReviewedExperiment[], shown: Shown): TicketClaims["predictions"] {
  return Object.fromEntries(
    chosen.map(({ path, index, impact }) => {
      const key = `${path}#${index}`;
      return [key, shown[key]?.predictions ?? impact.predictions];
    }),
  );
}

function selectionsOf(chosen: readonly ReviewedExperiment[], shown: Shown): Pick<TicketClaims, "selections"> {
  const seen = chosen.flatMap(({ path, index, reviewedSelection }) => {
    const key = `${path}#${index}`;
    const selection = shown[key]?.selection ?? reviewedSelection;
    return selection === undefined ? [] : [[key, selection] as const];
  });
  return seen.length === 0 ? {} : { selections: Object.fromEntries(seen) };
}

function person({ login, role }: Standing): Person {
  return { login, role };
}
