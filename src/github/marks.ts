// What the bot must find again is written where only this app can write: the external id of its own check runs, and the
// description of its own deployment statuses. Comments carry markers too, but only to be found, never to be believed.

import { sha256 } from "./digest.ts";

export type ReviewMark = {
  readonly plan: string;
  readonly environment: string;
  /** Who pushed the head, when the bot saw it. */
  readonly pusher?: string;
  /** Unix milliseconds at which this plan was first reviewed at this commit. */
  readonly reviewedAt: number;
  /** Under which settings; none in a mark of before. */
  readonly settings?: string;
};

export type ApprovalMark = {
  readonly plan: string;
  readonly environment: string;
  readonly login: string;
  /** The comment that approved. */
  readonly comment: number;
};

/** The external id of a `chaos / review` check run. */
export function writeReviewMark(mark: ReviewMark): string {
  return write("review", { ...mark, reviewedAt: String(mark.reviewedAt) });
}

/** Undefined for anything that is not a review's mark. */
export function readReviewMark(text: string): ReviewMark | undefined {
  const { plan, environment, pusher, reviewedAt, settings } = read("review", text);
  const at = Number(reviewedAt);
  if (plan === undefined || environment === undefined || !Number.isSafeInteger(at)) return undefined;
  return {
    plan,
    environment,
    reviewedAt: at,
    ...(pusher !== undefined && { pusher }),
    ...(settings !== undefined && { settings }),
  };
}

/** The external id of a `chaos / approval` check run. */
export function writeApprovalMark(mark: ApprovalMark): string {
  return write("approval", { ...mark, comment: String(mark.comment) });
}

/** Undefined for anything that is not an approval's mark. */
export function readApprovalMark(text: string): ApprovalMark | undefined {
  const { plan, environment, login, comment } = read("approval", text);
  if (plan === undefined || environment === undefined || login === undefined) return undefined;
  return { plan, environment, login, comment: Number(comment) };
}

/** The external id of a `chaos / gate` check run: under which settings it was decided. */
export function writeGateMark(settings: string): string {
  return write("gate", { settings });
}

/** Undefined for anything that is not a gate's mark. */
export function readGateMark(text: string): string | undefined {
  return read("gate", text).settings;
}

export type StopMark = {
  readonly kind: "abort" | "hold";
  /** `*` for every run of the ticket. */
  readonly runId: string;
  readonly by: string;
};

/** The description of a deployment status that asks a runner to stop; at most 140 characters, GitHub's limit. */
export function writeStopMark({ kind, runId, by }: StopMark): string {
  return `${kind} ${runId} by ${by}`;
}

/** Undefined for every other description. */
export function readStopMark(text: string): StopMark | undefined {
  const match = /^(abort|hold) (\*|t[0-9a-f]{20}-\d{1,10}) by ([\w[\]-]{1,60})$/.exec(text);
  if (match === null) return undefined;
  const [, kind = "", runId = "", by = ""] = match;
  return { kind: kind === "hold" ? "hold" : "abort", runId, by };
}

export type ProgressMark = {
  readonly deployment: number;
  readonly plan: string;
  /** Which experiment of the plan; empty in a mark of before. */
  readonly document: string;
  readonly sequence: number;
  readonly phase: string;
  /** Unix milliseconds of the last publication. */
  readonly publishedAt: number;
};

const PROGRESS =
  /<!-- chaosgate:progress (\d{1,16}) ([\w.-]{1,80}) (-?\d{1,9}) ([a-z-]{1,20}) (\d{1,16})(?: ([0-9a-f]{16}))? -->/;

/** Names an experiment in a mark, whatever its path is made of. */
export function documentMark({ path, index }: { readonly path: string; readonly index: number }): string {
  return sha256(`${path}#${index}`).slice(0, 16);
}

/** An invisible line in the text of a run's check: how far its publication got. */
export function writeProgressMark(mark: ProgressMark): string {
  const { deployment, plan, document, sequence, phase, publishedAt } = mark;
  const rest = document === "" ? "" : ` ${document}`;
  return `<!-- chaosgate:progress ${deployment} ${plan} ${sequence} ${phase} ${publishedAt}${rest} -->`;
}

/** Undefined when the text carries none. */
export function readProgressMark(text: string): ProgressMark | undefined {
  const match = PROGRESS.exec(text);
  if (match === null) return undefined;
  const [, deployment, plan = "", sequence, phase = "", publishedAt, document = ""] = match;
  return {
    deployment: Number(deployment),
    plan,
    document,
    sequence: Number(sequence),
    phase,
    publishedAt: Number(publishedAt),
  };
}

type Fields = Readonly<Record<string, string | undefined>>;

function write(kind: string, fields: Fields): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  return [`chaosgate:${kind}`, ...pairs.map(([key, value]) => `${key}=${encodeURIComponent(value ?? "")}`)].join(";");
}

function read(kind: string, text: string): Fields {
  const [head, ...pairs] = text.slice(0, 1000).split(";");
  if (head !== `chaosgate:${kind}`) return {};
  return Object.fromEntries(
    pairs.map((pair) => [pair.split("=")[0] ?? "", decoded(pair.slice(pair.indexOf("=") + 1))]),
  );
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    // Not written by us: a broken escape is as good as no mark.
    return undefined;
  }
}
