// A GitHub whose reads stay behind its writes: for a while after something was written, an answer may be what was true before, and
// lists leave out what is new. What is shown was always true a moment ago, and is never mixed up with anybody else's.

import { createHash } from "node:crypto";
import type { Answer, Request } from "../../../src/playground/github/api/answer.ts";
import type { StandIn } from "../../../src/playground/github/stand-in.ts";
import type { Spoil } from "./town.ts";

export type Lag = {
  readonly spoil: Spoil;
  /** Answers that were not the truth. */
  readonly counts: { stale: number };
  /** Resolves when everything that was written can be read: what people do next may be answered with the state of now. */
  readonly rest: (github: StandIn, waitMs?: number) => Promise<void>;
};

type Known = { readonly request: Request; readonly body: string };

/** `ms` is how long a write may stay unseen, `chance` how often it does. */
export function createLag(random: () => number, ms: number, chance: number): Lag {
  const known = new Map<string, Known>();
  const counts = { stale: 0 };
  /** Ids count up: what is beyond the newest id of `ms` ago is new. */
  const marks: { at: number; id: number }[] = [];
  let restedAt = Number.NEGATIVE_INFINITY;

  const written = (answer: Answer): Answer => {
    const { id } = answer.status === 201 ? (JSON.parse(answer.body) as { id?: number }) : {};
    if (id !== undefined) marks.push({ at: Date.now(), id });
    return answer;
  };
  const staleOf = (before: Known | undefined, body: string): string => {
    if (before !== undefined && Date.now() - restedAt <= ms) return before.body;
    const newest = marks.findLast(({ at }) => at <= Date.now() - ms);
    return newest === undefined ? body : withoutNew(body, newest.id);
  };
  return {
    counts,
    spoil: (request, answer) => {
      if (!request.path.startsWith("/repos/")) return answer();
      if (request.method !== "GET") return written(answer());
      const { "if-none-match": asked, ...headers } = request.headers;
      const truth = answer({ ...request, headers });
      if (truth.status !== 200) return truth;
      const key = keyOf(request);
      const before = known.get(key);
      known.set(key, before ?? { request: { ...request, headers }, body: truth.body });
      const body = random() < chance ? staleOf(before, truth.body) : truth.body;
      if (body !== truth.body) counts.stale += 1;
      return conditional(truth, body, asked);
    },
    rest: async ({ world, handle }, waitMs = ms) => {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      for (const [key, { request }] of known) {
        const { status, body } = handle(request);
        if (status === 200) known.set(key, { request, body });
        else known.delete(key);
      }
      marks.push({ at: Date.now() - ms, id: world.nextId() });
      restedAt = Date.now();
    },
  };
}

function keyOf({ path, query }: Request): string {
  return `${path}?${new URLSearchParams(query)}`;
}

function conditional(truth: Answer, body: string, asked: string | undefined): Answer {
  const etag = `W/"${createHash("sha256").update(body).digest("hex")}"`;
  const headers = { ...truth.headers, etag };
  return asked === etag ? { status: 304, headers, body: "" } : { ...truth, headers, body };
}

function withoutNew(text: string, newest: number): string {
  const body: unknown = JSON.parse(text);
  if (Array.isArray(body)) return JSON.stringify(body.filter((item) => !isNew(item, newest)));
  const { check_runs: runs } = body as { readonly check_runs?: readonly unknown[] };
  if (runs === undefined) return text;
  const old = runs.filter((item) => !isNew(item, newest));
  return JSON.stringify({ ...(body as object), total_count: old.length, check_runs: old });
}

function isNew(item: unknown, newest: number): boolean {
  return Number((item as { readonly id?: unknown }).id) > newest;
}
