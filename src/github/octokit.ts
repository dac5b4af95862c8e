import type { EndpointDefaults, OctokitResponse } from "@octokit/types";
import { ProbotOctokit } from "probot";
import { type Clock, systemClock } from "../clock.ts";
import type { GitHubMetrics } from "../metrics/bot.ts";
import { keepPace } from "./keep-pace.ts";
import { createOwnWrites } from "./own-writes.ts";

export type Octokit = InstanceType<typeof ProbotOctokit>;

type OctokitCore = Parameters<Parameters<(typeof ProbotOctokit)["plugin"]>[0]>[0];

/** GitHub that fails is asked again after 1, 4 and 9 times this; a stand-in has nothing to recover from. */
const RETRY_AFTER_MS = { github: 1000, standIn: 10 };

type Habits = {
  readonly throttle: boolean;
  /** By which the client's own writes are remembered, and GitHub's pace is kept. */
  readonly clock?: Clock;
  readonly metrics?: GitHubMetrics;
};

/** Answers after which the same request gets the same answer; of 403 and 429 it is the pace that knows when to ask again. */
const FINAL = [400, 401, 403, 404, 410, 422, 429, 451];

/**
 * Probot's Octokit with four habits: it keeps GitHub's pace, a request that creates something is never repeated blindly (handlers look
 * for what they wrote first), a GET that was answered before is asked conditionally, because GitHub does not count a 304 against the
 * rate limit, and lists that lag show what this client wrote itself.
 */
export function octokitFor({ clock = systemClock, throttle, metrics }: Habits): typeof ProbotOctokit {
  // The last one is the outermost: what it adds is not remembered as GitHub's, and what is remembered waits for no turn.
  const Careful = ProbotOctokit.plugin(
    (octokit) => (throttle ? keepPace(octokit, clock, metrics) : undefined),
    neverRepeatCreation,
    askConditionally,
    (octokit) => seeOwnWrites(octokit, clock),
  );
  const retryAfterBaseValue = throttle ? RETRY_AFTER_MS.github : RETRY_AFTER_MS.standIn;
  return Careful.defaults((given: { readonly throttle?: object }) => ({
    ...given,
    // Its queues know no haste, and go on asking when GitHub has refused.
    throttle: { ...given.throttle, enabled: false },
    retry: { retryAfterBaseValue, doNotRetry: FINAL },
  })) as typeof ProbotOctokit;
}

function neverRepeatCreation(octokit: OctokitCore): void {
  octokit.hook.before("request", (options) => {
    if (options.method === "POST") options.request = { ...options.request, retries: 0 };
  });
}

function seeOwnWrites(octokit: OctokitCore, clock: Clock): void {
  const own = createOwnWrites(() => clock.now());
  octokit.hook.wrap("request", async (request, options) => {
    const { asked, sent } = spelledOut(octokit, options);
    if (options.method === "GET") {
      const unsureMs = own.unsure(asked);
      if (unsureMs > 0) await clock.sleep(unsureMs);
      const answer = await request(options);
      const isLast = !/rel="next"/.test(answer.headers.link ?? "");
      return { ...answer, data: own.seen(asked, answer.data, isLast) };
    }
    try {
      const answer = await request(options);
      own.note(asked, answer.data);
      return answer;
    } catch (error) {
      if (!isRefusal(error)) own.doubt(asked, sent);
      throw error;
    }
  });
}

/** Pagination asks for addresses, everybody else for routes with parameters: here both are addresses. */
function spelledOut(octokit: OctokitCore, options: Options) {
  const { method, url, body } = octokit.request.endpoint(options);
  const { pathname, searchParams } = new URL(url, "http://github");
  return { asked: { method, path: pathname, query: searchParams }, sent: body as unknown };
}

/** Whether GitHub said for certain that it did nothing. */
function isRefusal(error: unknown): boolean {
  const { status } = error as { readonly status?: unknown };
  return typeof status === "number" && status >= 400 && status < 500;
}

type Options = Required<EndpointDefaults>;
type Answer = OctokitResponse<unknown>;
type Request = (options: Options) => Answer | Promise<Answer>;
type Remembered = Map<string, { readonly etag: string; readonly answer: Answer }>;

const REMEMBERED_ANSWERS = 500;

/** Remembers answers in the memory of one installation's client: a cache that costs one request when lost, and no state. */
function askConditionally(octokit: OctokitCore): void {
  const remembered: Remembered = new Map();
  octokit.hook.wrap("request", (request, options) =>
    options.method === "GET" ? conditionally(remembered, request, options) : request(options),
  );
}

async function conditionally(remembered: Remembered, request: Request, options: Options): Promise<Answer> {
  const { headers, request: _transport, ...address } = options;
  const key = JSON.stringify([headers.accept, address]);
  const known = remembered.get(key);
  if (known !== undefined && isForever(address)) return copyOf(known.answer);
  // In place: hooks further in were bound to this very object and would not see another.
  if (known !== undefined) options.headers = { ...headers, "if-none-match": known.etag };
  try {
    return remember(remembered, key, await request(options));
  } catch (error) {
    // 304 is an answer, although Octokit throws it.
    if (known !== undefined && (error as { status?: unknown }).status === 304) return copyOf(known.answer);
    throw error;
  }
}

/** What a commit holds never changes. A file that was not found is asked for again: GitHub may not know the commit yet. */
function isForever({ url, ref }: { readonly url: string; readonly ref?: unknown }): boolean {
  return url === "/repos/{owner}/{repo}/contents/{path}" && typeof ref === "string" && /^[0-9a-f]{40,64}$/.test(ref);
}

function remember(remembered: Remembered, key: string, answer: Answer): Answer {
  const { etag } = answer.headers;
  if (etag === undefined) return answer;
  remembered.delete(key);
  remembered.set(key, { etag, answer: copyOf(answer) });
  const oldest = remembered.keys().next().value;
  if (remembered.size > REMEMBERED_ANSWERS && oldest !== undefined) remembered.delete(oldest);
  return answer;
}

/** Octokit's pagination unwraps lists in place, so what is remembered is never what is handed out. */
function copyOf(answer: Answer): Answer {
  return { ...answer, data: structuredClone(answer.data) };
}
