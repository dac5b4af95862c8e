import type { FaultedCall } from "./calls.ts";
import type { PacketFault } from "./fault.ts";
import { delayOf, fractionOf, fromSettings, serviceTimeOf } from "./inputs.ts";
import type { Figures } from "./predict-network.ts";
import type { Input, NotPredictable, Prediction } from "./prediction.ts";
import { erlangB, heldSeconds, type Pool, secondsToSaturation, threadsNeeded } from "./queueing.ts";
import { timeoutRule } from "./timeouts.ts";
import { milliseconds, percentOf, short } from "./units.ts";

type Known = { readonly pool: Pool; readonly inputs: readonly Input[] };

/** Threads that the fault holds, and when the pool is full. */
export function predictPool(subject: string, faulted: FaultedCall, fault: PacketFault): Figures {
  if (fault.delayMs === 0) return NOTHING;
  const known = poolOf(faulted, fault);
  if (known === undefined) return missing(subject, faulted);
  return { predictions: [threads(subject, known), ...saturation(subject, known)], notPredictable: [] };
}

const NOTHING: Figures = { predictions: [], notPredictable: [] };

/** The model of the pool; a rate or a size that nobody gave is not invented. */
function poolOf({ caller, call, fraction }: FaultedCall, fault: PacketFault): Known | undefined {
  const { ratePerSecond, pool: size } = caller;
  if (ratePerSecond === undefined || size === undefined) return undefined;
  const { timeoutMs, perRequest } = call;
  const service = serviceTimeOf(call);
  const pool: Pool = {
    size,
    ratePerSecond,
    serviceSeconds: service.value / 1000,
    addedSeconds: (perRequest * fault.delayMs) / 1000,
    fraction,
    ...(timeoutMs !== undefined && { timeoutSeconds: timeoutMs / 1000 }),
  };
  const inputs = [
    fromSettings("arrival rate", ratePerSecond, "1/s"),
    fromSettings("pool", size, "threads"),
    service,
    fromSettings("sequential calls", perRequest, ""),
    ...(timeoutMs === undefined ? [] : [fromSettings("client timeout", timeoutMs, "ms")]),
    delayOf(fault),
    ...(fraction === 1 ? [] : [fractionOf(fraction)]),
  ];
  return { pool, inputs };
}

function missing(subject: string, { caller }: FaultedCall): Figures {
  const lacks = [caller.ratePerSecond === undefined ? "rate" : "", caller.pool === undefined ? "pool" : ""].filter(
    (name) => name !== "",
  );
  const why = `the settings give services.${caller.name} no ${lacks.join(" and no ")}`;
  const not = (id: NotPredictable["id"]): NotPredictable => ({ id, subject, why });
  return { predictions: [], notPredictable: [not("threads"), not("time-to-saturation")] };
}

function threads(subject: string, { pool, inputs }: Known): Prediction {
  const needed = threadsNeeded(pool);
  return {
    id: "threads",
    subject,
    title: "Threads held by waiting calls",
    value: needed,
    baseline: pool.ratePerSecond * pool.serviceSeconds,
    unit: "threads",
    binding: needed >= pool.size ? "pool" : "arrival rate",
    formula: "lambda x S",
    source: "Little's law (Little, Operations Research 9(3), 1961)",
    inputs,
    sentence: `${short(needed)} threads would be needed; the pool has ${pool.size}${needed < pool.size ? " and never fills" : ""}`,
  };
}

/** Nothing where the pool never fills: the threads say so already. */
function saturation(subject: string, { pool, inputs }: Known): readonly Prediction[] {
  const seconds = secondsToSaturation(pool);
  if (seconds === undefined) return [];
  const when = milliseconds(seconds * 1000);
  return [
    {
      id: "time-to-saturation",
      subject,
      title: "Time until the pool is full",
      value: seconds,
      unit: "s",
      binding: "pool",
      formula: "(N - lambda x S0) / (lambda x f)",
      source: "flow balance; replies already on their way are delayed too",
      inputs,
      sentence: `the pool of ${pool.size} is full ${when} after injection; from then on requests are refused`,
    },
  ];
}

/** Both directions of the timeout rule; neither is an error. */
export function predictTimeouts(subject: string, { call }: FaultedCall, fault: PacketFault): readonly Prediction[] {
  const { timeoutMs } = call;
  if (timeoutMs === undefined || fault.delayMs === 0) return [];
  const service = serviceTimeOf(call);
  const rule = timeoutRule(timeoutMs, service.value, fault.delayMs, fault.jitterMs);
  return [
    {
      id: "timeout-rule",
      subject,
      title: "Calls that time out",
      value: rule.timedOut,
      baseline: 0,
      unit: "ratio",
      binding: "timeout",
      formula: "P(delay >= timeout - service time), delay uniform in delay +- jitter",
      source: "net/sched/sch_netem.c, tabledist",
      inputs: [fromSettings("client timeout", timeoutMs, "ms"), service, delayOf(fault)],
      sentence: timeoutSentence(rule.kind, rule.timedOut, timeoutMs, fault.delayMs),
    },
  ];
}

function timeoutSentence(
  kind: "error-test" | "latency-test" | "mixed",
  timedOut: number,
  timeoutMs: number,
  delayMs: number,
): string {
  const [timeout, delay] = [milliseconds(timeoutMs), milliseconds(delayMs)];
  if (kind === "error-test")
    return `the client gives up after ${timeout}, before the ${delay} are over: this is an error test, every faulted call times out`;
  if (kind === "mixed")
    return `the client gives up after ${timeout}: ${percentOf(timedOut)} of the faulted calls time out, the rest is only slow`;
  return `the client waits ${timeout}, longer than the ${delay} injected: this is a latency test, and every waiting call holds its thread`;
}

/** Share of all the caller's requests that fail; a fallback in the caller can make it less, so the interval starts at 0. */
export function predictErrors(subject: string, faulted: FaultedCall, fault: PacketFault): readonly Prediction[] {
  const { replicas, call } = faulted;
  if (replicas === undefined || replicas.of === 0) return [];
  const failing = failingShare(faulted, fault);
  if (failing === undefined) return [];
  const value = (replicas.hit / replicas.of) * failing.share;
  const inputs: Input[] = [
    { name: "replicas hit", value: replicas.hit, unit: "", from: "live" },
    { name: "replicas", value: replicas.of, unit: "", from: "live" },
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
function failingShare(faulted: FaultedCall, fault: PacketFault): Failing | undefined {
  if (fault.partition) return { share: faulted.fraction, binding: "partition", inputs: [] };
  const { call, replicas } = faulted;
  const known = poolOf(faulted, fault);
  if (fault.delayMs === 0 || (known === undefined && call.timeoutMs === undefined)) return undefined;
  const timedOut =
    call.timeoutMs === undefined
      ? 0
      : timeoutRule(call.timeoutMs, serviceTimeOf(call).value, fault.delayMs, fault.jitterMs).timedOut;
  const blocked = known === undefined ? 0 : blockedShare(known.pool, replicas?.of ?? 1);
  const share = blocked + (1 - blocked) * timedOut * faulted.fraction;
  return { share, binding: blocked > timedOut ? "pool" : "timeout", inputs: known?.inputs ?? [] };
}

/** Pool and rate are the whole service's; each replica has its part of both. */
function blockedShare(pool: Pool, replicas: number): number {
  return erlangB(Math.max(1, Math.round(pool.size / replicas)), (pool.ratePerSecond / replicas) * heldSeconds(pool));
}
