// A delivered ticket enters; the terms of each of its runs leave, or the report that says why one is refused. Nothing is looked
// up and nothing is done.

import type { ManifestFile } from "../manifest/document.ts";
import type { Experiment } from "../manifest/experiment.ts";
import { parseManifestFile } from "../manifest/parse.ts";
import { writtenSpec } from "../manifest/written.ts";
import type { Objective } from "../slo/objective.ts";
import { checkTicket } from "../ticket/check.ts";
import type { TicketClaims } from "../ticket/claims.ts";
import { runId } from "../ticket/id.ts";
import { parseClaims } from "../ticket/parse.ts";
import type { Delivery } from "./ports.ts";
import { refusedReport } from "./refused-report.ts";
import type { RunReport } from "./report.ts";
import type { Guard, Terms } from "./terms.ts";
import type { Timetable } from "./timetable.ts";

/** The runner to which a ticket is presented. */
export type Here = {
  readonly clusterId: string;
  readonly runner: string;
  /** Environments that are served; empty means every one. */
  readonly environments: readonly string[];
  readonly guard: Guard;
  readonly now: number;
  /** Whether an installation of Chaos Mesh may be used. */
  readonly chaosMesh?: boolean;
};

export type AcceptedRun = {
  readonly runId: string;
  /** Compact JWS, whose signature was verified. */
  readonly ticket: string;
  /** When its ticket ends, in Unix milliseconds. */
  readonly expiresAt: number;
} & ({ readonly kind: "accepted"; readonly terms: Terms } | { readonly kind: "refused"; readonly report: RunReport });

export type Acceptance =
  | { readonly kind: "runs"; readonly runs: readonly AcceptedRun[] }
  /** Signed, and not a ticket: there is nobody to report to. */
  | { readonly kind: "malformed"; readonly problems: readonly string[] };

/** Accepts or refuses every run of a ticket. */
export function accept(delivery: Delivery, here: Here): Acceptance {
  const parsed = parseClaims(delivery.payload);
  if (parsed.kind === "malformed") return parsed;
  const { claims } = parsed;
  const refusals = checkTicket(claims, {
    clusterId: here.clusterId,
    nowSeconds: Math.floor(here.now / 1000),
    environments: here.environments,
    repository: delivery.repository,
    digests: digestsOf(delivery),
    kind: "once",
  });
  const reasons = refusals.map(({ message }) => message);
  return { kind: "runs", runs: claims.documents.map((_, index) => acceptRun(claims, index, reasons, delivery, here)) };
}

function digestsOf({ files }: Delivery): Readonly<Record<string, string>> {
  return Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]));
}

/** A schedule that stands here, or why it does not. */
export type Standing =
  | {
      readonly kind: "standing";
      readonly ticketId: string;
      readonly timetable: Timetable;
      /** The run that is due at `at`, in Unix milliseconds. */
      readonly runAt: (at: number, now: number) => AcceptedRun;
    }
  | { readonly kind: "refused"; readonly problems: readonly string[] };

/** How long the name of a scheduled run must not be forgotten: none begins later than this after it was due. */
const REMEMBERED_MS = 3_600_000;

/** Accepts or refuses a standing ticket. */
export function acceptStanding(delivery: Delivery, here: Here): Standing {
  const parsed = parseClaims(delivery.payload);
  if (parsed.kind === "malformed") return { kind: "refused", problems: parsed.problems };
  const { claims } = parsed;
  const { clusterId, environments, now } = here;
  const presented = { clusterId, environments, nowSeconds: Math.floor(now / 1000), kind: "standing" } as const;
  const refusals = checkTicket(claims, { ...presented, repository: delivery.repository, digests: digestsOf(delivery) });
  if (refusals.length > 0) return { kind: "refused", problems: refusals.map(({ message }) => message) };
  const runAt = (at: number, begun: number): AcceptedRun => {
    const run = acceptRun(claims, 0, [], delivery, { ...here, now: begun }, Math.floor(at / 1000));
    return { ...run, expiresAt: at + REMEMBERED_MS };
  };
  const first = runAt(0, now);
  if (first.kind === "refused") return { kind: "refused", problems: [first.report.because ?? "it was refused"] };
  const timetable = timetableOf(claims, first.terms.experiment);
  if (timetable === undefined) return { kind: "refused", problems: ["the document it names is no Schedule"] };
  return { kind: "standing", ticketId: claims.jti, timetable, runAt };
}

function timetableOf({ iat, exp, limits }: TicketClaims, { schedule, durationMs }: Experiment): Timetable | undefined {
  if (schedule === undefined) return undefined;
  const capMs = limits.max_duration_seconds * 1000;
  return {
    cron: schedule.cron,
    ...(schedule.startingDeadlineSeconds !== undefined && {
      startingDeadlineSeconds: schedule.startingDeadlineSeconds,
    }),
    standsSince: iat * 1000,
    standsUntil: exp * 1000,
    durationMs: Math.min(durationMs ?? capMs, capMs),
    ...(limits.times !== undefined && { times: limits.times }),
  };
}

/** `number` names the run; `index` is the document among those of the ticket. */
function acceptRun(
  claims: TicketClaims,
  index: number,
  reasons: readonly string[],
  delivery: Delivery,
  here: Here,
  number: number = index,
): AcceptedRun {
  const id = runId(claims.jti, number);
  const expiresAt = claims.exp * 1000;
  const refuse = (because: string): AcceptedRun => ({
    kind: "refused",
    runId: id,
    ticket: delivery.ticket,
    expiresAt,
    report: { ...refusedReport(claims, index, because, here), runId: id },
  });
  if (reasons.length > 0) return refuse(reasons.join("; "));
  const document = claims.documents[index];
  const file = delivery.files.find(({ path }) => path === document?.path);
  if (document === undefined || file === undefined) return refuse("its file did not come with the ticket");
  const experiment = experimentOf(
    parseManifestFile(file.path, file.text, { version: claims.chaos_mesh }),
    document.index,
  );
  if (typeof experiment === "string") return refuse(experiment);
  const objectives = objectivesOf(claims.objectives, experiment);
  if (objectives.length === 0) return refuse("none of the objectives it names is in the ticket");
  const { clusterId, runner, guard, now } = here;
  const manifest = { ...document, sha256: file.sha256 };
  const written = here.chaosMesh === true ? writtenSpec(file.text, document.index) : undefined;
  const terms = {
    ...(written !== undefined && { written }),
    runId: id,
    ticket: delivery.ticket,
    claims,
    manifest,
    experiment,
    objectives,
  };
  const whole = { ...terms, clusterId, runner, guard, requestedAt: now };
  return { kind: "accepted", runId: id, ticket: delivery.ticket, expiresAt, terms: whole };
}

function experimentOf({ problems, documents }: ManifestFile, index: number): Experiment | string {
  const document = documents.find((one) => one.index === index);
  if (document === undefined)
    return [...problems.map(({ message }) => message), `it has no chaos document ${index}`].join("; ");
  return document.experiment ?? document.problems.map(({ message }) => message).join("; ");
}

/** What the experiment names, and always what watches outside the blast radius: an author cannot leave that out. */
function objectivesOf(objectives: readonly Objective[], experiment: Experiment): readonly Objective[] {
  const named = experiment.objectives;
  if (named === undefined) return objectives;
  const wanted = objectives.filter(({ name }) => named.includes(name));
  if (wanted.length < named.length) return [];
  return objectives.filter(({ name, scope }) => named.includes(name) || scope === "outside");
}
