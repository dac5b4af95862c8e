// A delivered ticket enters; the terms of each of its runs leave, or the report that says why one is refused. Nothing is looked
// up and nothing is done.

import type { ManifestFile } from "../manifest/document.ts";
import type { Experiment } from "../manifest/experiment.ts";
import { parseManifestFile } from "../manifest/parse.ts";
import type { Objective } from "../slo/objective.ts";
import { checkTicket } from "../ticket/check.ts";
import type { TicketClaims } from "../ticket/claims.ts";
import { runId } from "../ticket/id.ts";
import { parseClaims } from "../ticket/parse.ts";
import type { Delivery } from "./ports.ts";
import { refusedReport } from "./refused-report.ts";
import type { RunReport } from "./report.ts";
import type { Guard, Terms } from "./terms.ts";

/** The runner to which a ticket is presented. */
export type Here = {
  readonly clusterId: string;
  readonly runner: string;
  /** Environments that are served; empty means every one. */
  readonly environments: readonly string[];
  readonly guard: Guard;
  readonly now: number;
};

export type AcceptedRun =
  | { readonly kind: "accepted"; readonly runId: string; readonly terms: Terms }
  | { readonly kind: "refused"; readonly runId: string; readonly report: RunReport };

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
    digests: Object.fromEntries(delivery.files.map(({ path, sha256 }) => [path, sha256])),
  });
  const reasons = refusals.map(({ message }) => message);
  return { kind: "runs", runs: claims.documents.map((_, index) => acceptRun(claims, index, reasons, delivery, here)) };
}

function acceptRun(
  claims: TicketClaims,
  number: number,
  reasons: readonly string[],
  delivery: Delivery,
  here: Here,
): AcceptedRun {
  const id = runId(claims.jti, number);
  const refuse = (because: string): AcceptedRun => ({
    kind: "refused",
    runId: id,
    report: refusedReport(claims, number, because, here),
  });
  if (reasons.length > 0) return refuse(reasons.join("; "));
  const document = claims.documents[number];
  const file = delivery.files.find(({ path }) => path === document?.path);
  if (document === undefined || file === undefined) return refuse("its file did not come with the ticket");
  const experiment = experimentOf(parseManifestFile(file.path, file.text), document.index);
  if (typeof experiment === "string") return refuse(experiment);
  const objectives = objectivesOf(claims.objectives, experiment);
  if (objectives.length === 0) return refuse("none of the objectives it names is in the ticket");
  const { clusterId, runner, guard, now } = here;
  const manifest = { ...document, sha256: file.sha256 };
  const terms = { runId: id, ticket: delivery.ticket, claims, manifest, experiment, objectives };
  return { kind: "accepted", runId: id, terms: { ...terms, clusterId, runner, guard, requestedAt: now } };
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
