// Which share of requests fails, and what retries make of it.

import type { FaultedCall } from "./calls.ts";
import { isFigure } from "./domain.ts";
import type { PacketFault } from "./fault.ts";
import { fromCluster, ofCall, rateOf } from "./inputs.ts";
import { heldLonger, poolOf, timedOutShare } from "./predict-pool.ts";
import type { Input, Prediction } from "./prediction.ts";
import { erlangB, heldSeconds, type Pool } from "./queueing.ts";
import { expectedAttempts } from "./retries.ts";
import { percentOf, short } from "./units.ts";

/** Share of all the caller's requests that fail; a fallback in the caller can make it less, so the interval starts at 0. */
export function predictErrors(subject: string, faulted: FaultedCall, fault: PacketFault): readonly Prediction[] {
  const { replicas, call } = faulted;
  if (replicas === undefined || replicas.of === 0) return [];
  const failing = failingShare(faulted, fault);
  if (failing === undefined) return [];
  const value = (replicas.hit / replicas.of) * failing.share;
  const inputs: Input[] = [
    fromCluster("replicas hit", replicas.hit, "", "pods drawn by spec.mode"),
    fromCluster("replicas", replicas.of, "", "pods that spec.selector matches"),
    ...failing.inputs,
  ];
  return [
    {
      id: "error-share",
      subject,
      title: `Requests of ${faulted.caller.name} that fail`,
      value,
      baseline: 0,
      unit: "ratio",
      interval: [0, value],
      binding: failing.binding,
      formula: "hit / replicas x (timed out + (1 - timed out) x Erlang B)",
      source: "Erlang's loss formula, insensitive to the distribution of service times",
      inputs,
      sentence: `up to ${percentOf(value)} of the requests fail, unless ${faulted.caller.name} has a fallback for ${call.to}`,
    },
  ];
}

type Failing = { readonly share: number; readonly binding: string; readonly inputs: readonly Input[] };

/** Of a hit replica's requests: a partition fails all, a timeout its share, a full pool those that find no slot. */
export function failingShare(faulted: FaultedCall, fault: PacketFault): Failing | undefined {
  if (fault.partition) {
    const rate = rateOf(faulted);
    return { share: faulted.fraction, binding: "partition", inputs: rate === undefined ? [] : [rate] };
  }
  const known = poolOf(faulted, fault);
  const timedOut = timedOutShare(faulted, fault);
  if (heldLonger(faulted, fault) === 0 || (known === undefined && timedOut === undefined)) return undefined;
  const blocked = known === undefined ? 0 : blockedShare(known.pool, faulted.replicas?.of ?? 1);
  if (blocked === undefined) return undefined;
  const late = timedOut ?? 0;
  const share = blocked + (1 - blocked) * late * faulted.fraction;
  return { share, binding: blocked > late ? "pool" : "timeout", inputs: known?.inputs ?? [] };
}

/** Pool and rate are the whole service's; each replica has its part of both. */
function blockedShare(pool: Pool, replicas: number): number | undefined {
  const held = heldSeconds(pool);
  if (!isFigure(held)) return undefined;
  const blocked = erlangB(Math.max(1, Math.round(pool.size / replicas)), (pool.ratePerSecond / replicas) * held);
  return isFigure(blocked) ? blocked : undefined;
}

/** What retries make of the calls that fail: load on the called service, and on the network. */
export function predictRetries(subject: string, faulted: FaultedCall, fault: PacketFault): readonly Prediction[] {
  const { retries } = faulted.call;
  const late = fault.partition ? 1 : timedOutShare(faulted, fault);
  if (retries === 0 || late === undefined || late === 0) return [];
  const calls = expectedAttempts(late * faulted.fraction, retries);
  if (!isFigure(calls)) return [];
  return [
    {
      id: "retry-load",
      subject,
      title: "Calls made of one request",
      value: calls,
      baseline: 1,
      unit: "calls",
      interval: [1, 1 + retries],
      binding: "retries",
      formula: "(1 - p^(r+1)) / (1 - p)",
      source: "geometric series; high end: 1 + r, all attempts of one request fail together",
      inputs: [
        ofCall(faulted, "retries", retries, "", "retries"),
        {
          name: "calls that fail",
          value: late * faulted.fraction,
          unit: "ratio",
          from: "manifest",
          at: "timeout rule",
        },
      ],
      sentence: `with ${retries} retries each request makes ${short(calls)} calls, and ${1 + retries} where it meets the fault every time`,
    },
  ];
}
