// One runner of many: whoever holds the Lease. The number of its term fences those before it. Another's lease is judged by the time
// since we saw it change, never by its own clock; our own is over as soon as we could not renew it in time.

import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../run/ports.ts";
import { type Api, jsonBody } from "./api.ts";
import { type Item, record, refused } from "./list.ts";
import type { Owner } from "./own-account.ts";

/** The one lease of runners, which is all of leases that they may change. */
export const LEASE = "chaosgate-runner";

export type LeadershipOptions = {
  readonly api: Api;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  /** Whom the lease goes with. The chart does not bring it, so an uninstall would leave it. */
  readonly owner?: Owner | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing?: Timing;
};

/** Milliseconds. As in other controllers: a holder gives up well before anybody may take its place. */
export type Timing = { readonly lasts: number; readonly giveUp: number; readonly retry: number };

const TIMING: Timing = { lasts: 15_000, giveUp: 10_000, retry: 2_000 };

export type Leadership = {
  readonly identity: string;
  /** Higher than that of every leader before. */
  readonly term: number;
  /** Aborted when the lease could not be kept; whoever leads must stop, and roll back first. */
  readonly lost: AbortSignal;
  /** Gives the lease away at once, so that the next need not wait for its end. */
  release(): Promise<void>;
};

type Held = { readonly resourceVersion: string; readonly term: number; readonly holder: string };
type Seen = Held & { readonly since: number };

/** Waits until it leads; undefined when `signal` aborts before. Trouble is logged, and tried again. */
export async function lead(options: LeadershipOptions, signal: AbortSignal): Promise<Leadership | undefined> {
  const { clock, log } = options;
  const { lasts, retry } = options.timing ?? TIMING;
  let seen: Seen | undefined;
  while (!signal.aborted) {
    try {
      const now = await read(options);
      if (now !== undefined && now.resourceVersion !== seen?.resourceVersion) seen = { ...now, since: clock.now() };
      const isFree = now === undefined || isOurs(now, options) || clock.now() - (seen?.since ?? 0) >= lasts;
      const held = isFree ? await take(options, now) : undefined;
      if (held !== undefined) return keep(options, held);
    } catch (thrown) {
      log.error({ why: messageOf(thrown) }, "lease could not be asked for");
    }
    await clock.sleep(retry, signal);
  }
  return undefined;
}

/** Nobody's, or ours by a request whose answer was lost: an identity is one process's. */
function isOurs({ holder }: Held, { identity }: LeadershipOptions): boolean {
  return holder === "" || holder === identity;
}

/** Undefined: somebody else was faster. */
async function take(options: LeadershipOptions, now: Held | undefined): Promise<Held | undefined> {
  // A lease that somebody deleted must not begin again below the terms on record: nobody changes leaders once a minute for long.
  const term = now === undefined ? Math.floor(options.clock.now() / 60_000) : now.term + 1;
  return put(options, { resourceVersion: now?.resourceVersion ?? "", term, holder: options.identity });
}

function keep(options: LeadershipOptions, held: Held): Leadership {
  const { clock, identity, log } = options;
  const { giveUp, retry } = options.timing ?? TIMING;
  const [lost, over] = [new AbortController(), new AbortController()];
  let current = held;
  let renewedAt = clock.now();

  async function renew(): Promise<void> {
    const asked = clock.now();
    const next = await put(options, current, lost.signal);
    if (next === undefined) return lost.abort(new Error("another runner took the lease"));
    current = next;
    renewedAt = asked;
  }

  const renewing = (async () => {
    while (!over.signal.aborted && !lost.signal.aborted) {
      await clock.sleep(retry, over.signal);
      if (over.signal.aborted) return;
      const attempt = renew().catch((thrown: unknown) => {
        log.error({ why: messageOf(thrown) }, "lease could not be renewed");
      });
      // A server that does not answer at all must not keep us in office.
      await Promise.race([attempt, clock.sleep(renewedAt + giveUp - clock.now(), over.signal)]);
      if (clock.now() - renewedAt >= giveUp) lost.abort(new Error("the lease could not be renewed in time"));
    }
  })();

  return {
    identity,
    term: held.term,
    lost: lost.signal,
    async release() {
      over.abort();
      await renewing;
      if (!lost.signal.aborted) await put(options, { ...current, holder: "" });
    },
  };
}

async function read({ api, namespace, name }: LeadershipOptions): Promise<Held | undefined> {
  const path = `${collectionOf(namespace)}/${name}`;
  const { status, body } = await api.ask({ method: "GET", path });
  if (status === 404) return undefined;
  if (status !== 200) throw refused(api, path, status, body);
  return heldOf(record(body));
}

/** Undefined: the lease is somebody else's, or nobody wants it any more. */
async function put(options: LeadershipOptions, held: Held, unwanted?: AbortSignal): Promise<Held | undefined> {
  const first = await send(options, held);
  if (first !== undefined) return first;
  // Written by nobody but us, it changed by a request of ours whose answer was lost; so what is asked for now is asked again.
  const now = await read(options);
  if (now === undefined || now.holder !== options.identity || now.term !== held.term) return undefined;
  if (unwanted?.aborted) return undefined;
  return send(options, { ...held, resourceVersion: now.resourceVersion });
}

/** Undefined: the lease is not what we think it is, or is there already. */
async function send(options: LeadershipOptions, held: Held): Promise<Held | undefined> {
  const { api, namespace, name } = options;
  const isNew = held.resourceVersion === "";
  const path = isNew ? collectionOf(namespace) : `${collectionOf(namespace)}/${name}`;
  const body = jsonBody(leaseOf(options, held));
  const answer = await api.ask({ method: isNew ? "POST" : "PUT", path, body });
  if (answer.status === 409) return undefined;
  if (answer.status !== 200 && answer.status !== 201) throw refused(api, path, answer.status, answer.body);
  return heldOf(record(answer.body));
}

function leaseOf({ name, namespace, owner, clock, timing = TIMING }: LeadershipOptions, held: Held): object {
  const metadata = {
    name,
    namespace,
    ...(held.resourceVersion !== "" && { resourceVersion: held.resourceVersion }),
    ...(owner !== undefined && { ownerReferences: [owner] }),
  };
  const now = new Date(clock.now()).toISOString().replace("Z", "000Z");
  const spec = {
    holderIdentity: held.holder,
    leaseTransitions: held.term,
    leaseDurationSeconds: Math.max(1, Math.round(timing.lasts / 1000)),
    renewTime: now,
  };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
}

function heldOf({ metadata, spec }: Item): Held {
  const { holderIdentity, leaseTransitions } = record(spec);
  return {
    resourceVersion: String(record(metadata).resourceVersion),
    term: typeof leaseTransitions === "number" ? leaseTransitions : 0,
    holder: typeof holderIdentity === "string" ? holderIdentity : "",
  };
}

function collectionOf(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
}
