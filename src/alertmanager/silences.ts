// A run's silence enters, Alertmanager's id leaves. Every silence ends by itself shortly after the last poll that extended it, so
// that a runner which dies silences nobody for long.

import { AppError, messageOf } from "../errors.ts";
import type { SilenceRequest, Silences } from "../run/ports.ts";

type Options = {
  /** `http://alertmanager:9093`, with a path where it has one. */
  readonly url: string;
  readonly timeoutMs: number;
};

const LONGEST_ANSWER = 10_000;
const SILENCE_ID = /^[\w-]{1,100}$/;

/** Silences of an Alertmanager, by its API of version 2. */
export function createAlertmanagerSilences(options: Options): Silences {
  return {
    create: (request) => post(undefined, request, options),
    extend: (id, request) => post(id, request, options),
    expire: (id) => expire(id, options),
  };
}

/** With an id the silence is changed in place; one that has ended meanwhile is refused, and a new one is made. */
async function post(id: string | undefined, request: SilenceRequest, options: Options): Promise<string> {
  const what = id === undefined ? "create a silence" : `extend silence ${id}`;
  const answer = await call("POST", "/api/v2/silences", what, options, silenceOf(id, request));
  if (answer.status === 404 && id !== undefined) return post(undefined, request, options);
  if (answer.status !== 200) throw refusal(what, options, `HTTP ${answer.status}: ${answer.text}`);
  return silenceId(answer.text) ?? Promise.reject(refusal(what, options, "it answered without a silence id"));
}

async function expire(id: string, options: Options): Promise<void> {
  const what = `expire silence ${id}`;
  const { status, text } = await call("DELETE", `/api/v2/silence/${encodeURIComponent(id)}`, what, options);
  // 404 = unknown or long gone; Alertmanager 0.25 answers 500 for these.
  if (status === 200 || status === 404 || (status === 500 && /already expired|not found/.test(text))) return;
  throw refusal(what, options, `HTTP ${status}: ${text}`);
}

function silenceOf(id: string | undefined, request: SilenceRequest) {
  const { matchers, startsAt, endsAt, comment, runId } = request;
  return {
    ...(id === undefined ? {} : { id }),
    matchers: matchers.map((matcher) => ({ ...matcher, isEqual: true })),
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    createdBy: `chaosgate ${runId}`,
    comment,
  };
}

async function call(method: string, path: string, what: string, options: Options, body?: object) {
  try {
    const response = await fetch(`${options.url.replace(/\/+$/, "")}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      signal: AbortSignal.timeout(options.timeoutMs),
      redirect: "error",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: (await response.text()).slice(0, LONGEST_ANSWER) };
  } catch (cause) {
    throw refusal(
      what,
      options,
      messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause),
      cause,
    );
  }
}

function silenceId(text: string): string | undefined {
  try {
    const { silenceID } = JSON.parse(text) as { silenceID?: unknown };
    return typeof silenceID === "string" && SILENCE_ID.test(silenceID) ? silenceID : undefined;
  } catch {
    // Not JSON is not an answer of Alertmanager.
    return undefined;
  }
}

function refusal(what: string, { url }: Options, why: string, cause?: unknown): AppError {
  const message = `could not ${what} at ${url}: ${why.slice(0, 300)}; check that Alertmanager is up and reachable`;
  return new AppError("ALERTMANAGER_REFUSED", message, { facts: { url }, cause });
}
