import type { ReviewAnnotation } from "../review/check.ts";
import { type Repository, where } from "./repository.ts";

export const GATE = "chaos / gate";
export const REVIEW = "chaos / review";

/** The name of a run's check; it also says to which environment a run belongs. */
export function runCheckName(environment: string): string {
  return `chaos / run (${environment})`;
}

/** The name of the checks of one schedule's runs. */
export function scheduleCheckName(environment: string, { path, index }: { path: string; index: number }): string {
  return `chaos / schedule (${environment}) ${path}#${index + 1}`;
}

/** The name of the check that records one person's approval of a commit. */
export function approvalCheckName(login: string): string {
  return `chaos / approval (${login})`;
}

export type Conclusion = "success" | "failure" | "neutral" | "cancelled" | "skipped" | "action_required";

/** A check run as it shall be: what is not said stays as it is. */
export type CheckDraft = {
  readonly name: string;
  readonly headSha: string;
  readonly externalId?: string;
  readonly state: "queued" | "in_progress" | Conclusion;
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
  readonly annotations?: readonly ReviewAnnotation[];
  readonly buttons?: readonly { readonly label: string; readonly description: string; readonly identifier: string }[];
};

export type Check = {
  readonly id: number;
  readonly name: string;
  readonly headSha: string;
  readonly externalId: string;
  readonly completed: boolean;
  readonly conclusion?: string;
  readonly title: string;
  readonly text: string;
  readonly annotationCount: number;
};

/** GitHub's limits. */
const ANNOTATIONS_PER_REQUEST = 50;
export const LONGEST_TEXT = 65_535;

/** This app's own check runs at a commit, newest first; those of other apps are never looked at. */
export async function ownChecks(repository: Repository, headSha: string, name?: string): Promise<readonly Check[]> {
  const { octokit, self } = repository;
  const found = await octokit.paginate(octokit.rest.checks.listForRef, {
    ...where(repository),
    ref: headSha,
    app_id: self.appId,
    filter: "all",
    per_page: 100,
    ...(name !== undefined && { check_name: name }),
  });
  return found
    .filter(({ app }) => app?.id === self.appId)
    .map(checkOf)
    .sort((a, b) => b.id - a.id);
}

/** This app's newest check run of a name at a commit: one request, however many there were. */
export async function newestOwnCheck(
  repository: Repository,
  headSha: string,
  name: string,
): Promise<Check | undefined> {
  const { octokit, self } = repository;
  const { data } = await octokit.rest.checks.listForRef({
    ...where(repository),
    ref: headSha,
    app_id: self.appId,
    filter: "latest",
    per_page: 100,
    check_name: name,
  });
  const own = data.check_runs.filter(({ app }) => app?.id === self.appId).map(checkOf);
  return own.toSorted((a, b) => b.id - a.id)[0];
}

/** A check run as it is at this moment. */
export async function readCheck(repository: Repository, id: number): Promise<Check> {
  const { data } = await repository.octokit.rest.checks.get({ ...where(repository), check_run_id: id });
  return checkOf(data);
}

type ListedCheck = {
  readonly id: number;
  readonly name: string;
  readonly head_sha: string;
  readonly external_id: string | null;
  readonly status: string;
  readonly conclusion: string | null;
  readonly output: { readonly title: string | null; readonly text: string | null; readonly annotations_count: number };
};

function checkOf(run: ListedCheck): Check {
  return {
    id: run.id,
    name: run.name,
    headSha: run.head_sha,
    externalId: run.external_id ?? "",
    completed: run.status === "completed",
    ...(run.conclusion !== null && { conclusion: run.conclusion }),
    title: run.output.title ?? "",
    text: run.output.text ?? "",
    annotationCount: run.output.annotations_count,
  };
}

/** Creates the check, or changes `existing` into the draft; returns its id. Annotations go in batches of 50. */
export async function putCheck(repository: Repository, draft: CheckDraft, existing?: Check): Promise<number> {
  const { checks } = repository.octokit.rest;
  const annotations = await unsaid(repository, draft.annotations ?? [], existing);
  const first = bodyOf(draft, annotations.slice(0, ANNOTATIONS_PER_REQUEST));
  const { data } = existing
    ? await checks.update({ ...where(repository), check_run_id: existing.id, ...first })
    : await checks.create({ ...where(repository), name: draft.name, head_sha: draft.headSha, ...first });
  for (let at = ANNOTATIONS_PER_REQUEST; at < annotations.length; at += ANNOTATIONS_PER_REQUEST) {
    const next = bodyOf(draft, annotations.slice(at, at + ANNOTATIONS_PER_REQUEST));
    await checks.update({ ...where(repository), check_run_id: data.id, ...next });
  }
  return data.id;
}

/** GitHub adds the annotations of every update to those before: only what is new is sent. */
async function unsaid(
  repository: Repository,
  annotations: readonly ReviewAnnotation[],
  existing: Check | undefined,
): Promise<readonly ReviewAnnotation[]> {
  if (existing === undefined || existing.annotationCount === 0) return annotations;
  const { octokit } = repository;
  const said = await octokit.paginate(octokit.rest.checks.listAnnotations, {
    ...where(repository),
    check_run_id: existing.id,
    per_page: 100,
  });
  const known = new Set(said.map(({ path, start_line, message }) => JSON.stringify([path, start_line, message])));
  return annotations.filter(({ path, start_line, message }) => !known.has(JSON.stringify([path, start_line, message])));
}

function bodyOf(draft: CheckDraft, annotations: readonly ReviewAnnotation[]) {
  const { externalId, state, title, summary, text, buttons } = draft;
  return {
    ...(externalId !== undefined && { external_id: externalId }),
    ...(state === "queued" || state === "in_progress"
      ? { status: state }
      : { status: "completed" as const, conclusion: state }),
    output: {
      title,
      summary: summary.slice(0, LONGEST_TEXT),
      ...(text !== undefined && { text: text.slice(0, LONGEST_TEXT) }),
      annotations: [...annotations],
    },
    actions: [...(buttons ?? [])],
  };
}
