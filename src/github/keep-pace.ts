// Puts a client's requests at GitHub's pace: each waits for its turn, tells the pace what GitHub said of its limits, and is sent again
// where a limit refused it. GitHub does nothing of what it refuses so, also of a creation.

import type { EndpointDefaults } from "@octokit/types";
import type { ProbotOctokit } from "probot";
import type { Clock } from "../clock.ts";
import type { GitHubMetrics } from "../metrics/bot.ts";
import { hasteHere } from "./haste.ts";
import { type Cost, createPace, type Said } from "./pace.ts";

type OctokitCore = Parameters<Parameters<(typeof ProbotOctokit)["plugin"]>[0]>[0];
type Headers = Readonly<Record<string, string | number | undefined>>;

/** Then the error is told: nothing of ours waits for more than a few hours. */
const MOST_REFUSALS = 5;
/** Where GitHub does not say for how long, it asks for a minute at least. */
const UNSAID_MS = 60_000;
/** GitHub counts in whole seconds. */
const SECOND_MS = 1000;

/** Makes one client, which is one installation, keep GitHub's limits. */
export function keepPace(octokit: OctokitCore, clock: Clock, metrics?: GitHubMetrics): void {
  const pace = createPace(clock);
  const heed = (headers: Headers) => {
    const said = saidBy(headers, clock.now());
    pace.heed(said);
    if (said.remaining !== undefined) metrics?.remaining.set(said.remaining);
  };
  const turnFor = async (cost: Cost) => {
    const haste = hasteHere();
    const asked = clock.now();
    const end = await pace.turn(cost, haste);
    metrics?.requests.inc({ cost, haste: haste() });
    metrics?.waitSeconds.observe({ haste: haste() }, (clock.now() - asked) / SECOND_MS);
    return end;
  };
  octokit.hook.wrap("request", async (request, options) => {
    // Asked for inside of a request that has its turn already, and counted apart from all others.
    if (TOKENS.test(options.url)) return request(options);
    for (let refusals = 0; ; refusals++) {
      const end = await turnFor(costOf(options));
      try {
        const answer = await request(options);
        heed(answer.headers);
        return answer;
      } catch (error) {
        const headers = headersOf(error);
        heed(headers);
        const waitMs = waitAfter(error, headers, clock.now());
        if (waitMs === undefined) throw error;
        metrics?.refusals.inc();
        if (refusals === MOST_REFUSALS) throw error;
        octokit.log.warn(`GitHub asks for a pause of ${Math.ceil(waitMs / SECOND_MS)} s`);
        pace.hold(clock.now() + waitMs);
      } finally {
        end();
      }
    }
  });
}

const TOKENS = /\/access_tokens$/;

/** Of which writes GitHub tells people. */
const TELLS = /\/(issues\/[^/]+\/comments|pulls\/[^/]+\/(reviews|comments)|issues|pulls)$/;

function costOf({ method, url }: Pick<Required<EndpointDefaults>, "method" | "url">): Cost {
  if (method === "GET" || method === "HEAD") return "read";
  return method === "POST" && TELLS.test(new URL(url, "http://github").pathname) ? "tell" : "write";
}

/** By GitHub's own clock, which is not ours. */
function saidBy(headers: Headers, now: number): Said {
  const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) =>
    numberIn(headers, `x-ratelimit-${name}`),
  );
  if (limit === undefined || remaining === undefined || reset === undefined) return {};
  const theirs = Date.parse(String(headers.date ?? ""));
  const left = reset * SECOND_MS - (Number.isNaN(theirs) ? now : theirs);
  return { limit, remaining, resetAt: now + left + SECOND_MS };
}

/** For how long a refusal holds everybody; undefined for an error that is none of a limit. */
function waitAfter(error: unknown, headers: Headers, now: number): number | undefined {
  const { status, message = "" } = error as { readonly status?: unknown; readonly message?: string };
  if (status !== 403 && status !== 429) return undefined;
  const retryAfter = numberIn(headers, "retry-after");
  if (retryAfter !== undefined) return retryAfter * SECOND_MS;
  const { remaining, resetAt } = saidBy(headers, now);
  if (remaining === 0 && resetAt !== undefined) return resetAt - now;
  return status === 429 || /secondary rate/i.test(message) ? UNSAID_MS : undefined;
}

function headersOf(error: unknown): Headers {
  return (error as { readonly response?: { readonly headers?: Headers } } | null)?.response?.headers ?? {};
}

function numberIn(headers: Headers, name: string): number | undefined {
  const value = headers[name] === undefined ? Number.NaN : Number(headers[name]);
  return Number.isFinite(value) ? value : undefined;
}
