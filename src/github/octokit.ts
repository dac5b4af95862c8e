import type { EndpointDefaults, OctokitResponse } from "@octokit/types";
import { ProbotOctokit } from "probot";

export type Octokit = InstanceType<typeof ProbotOctokit>;

type OctokitCore = Parameters<Parameters<(typeof ProbotOctokit)["plugin"]>[0]>[0];

/**
 * Probot's Octokit with two habits: a request that creates something is never repeated blindly (handlers look for what they wrote
 * first), and a GET that was answered before is asked conditionally, because GitHub does not count a 304 against the rate limit.
 */
export function octokitFor(options: { readonly throttle: boolean }): typeof ProbotOctokit {
  const Careful = ProbotOctokit.plugin(neverRepeatCreation, askConditionally);
  return Careful.defaults((given: { readonly throttle?: object }) => ({
    ...given,
    throttle: { ...given.throttle, enabled: options.throttle },
  })) as typeof ProbotOctokit;
}

function neverRepeatCreation(octokit: OctokitCore): void {
  octokit.hook.before("request", (options) => {
    if (options.method === "POST") options.request = { ...options.request, retries: 0 };
  });
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
