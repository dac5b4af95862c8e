// What a delay does to the threads that wait for a call: how many are held, when they run out, which calls time out.

import type { FaultedCall } from "./calls.ts";
import { RTO_MIN_SECONDS } from "./cubic-throughput.ts";
import { isFigure } from "./domain.ts";
import type { PacketFault } from "./fault.ts";
import { delayOf, fractionOf, fromSettings, jitterOf, lossOf, ofCall, rateOf, rttOf, serviceTimeOf } from "./inputs.ts";
import { type Figures, silent } from "./predict-network.ts";
import type { Input, NotPredictable, Prediction } from "./prediction.ts";
import { type Pool, threadsNeeded } from "./queueing.ts";
import { meanRetransmissionWaitSeconds, waitsAtLeast } from "./retransmission.ts";
import { fullAfterSeconds, type SaturationForm, saturationForm } from "./saturation.ts";
import { timeoutRule } from "./timeouts.ts";
import { milliseconds, percentOf, short } from "./units.ts";

/** A pool with the inputs that it was made from. */
export type KnownPool = { readonly pool: Pool; readonly inputs: readonly Input[] };

const NOTHING: Figures = { predictions: [], notPredictable: [] };

/** Threads that the fault holds, and when the pool is full. */
export function predictPool(subject: string, faulted: FaultedCall, fault: PacketFault): Figures {
  if (heldLonger(faulted, fault) === 0) return NOTHING;
  const known = poolOf(faulted, fault);
  if (known === undefined) return missing(subject, faulted);
  const needed = threadsNeeded(known.pool);
  if (!isFigure(needed)) return silent(subject, "threads", needed.why);
  const form = saturationForm(fault.direction, faulted.victim);
  const full = saturation(subject, known, form);
  return { ...full, predictions: [threads(subject, known, needed), ...full.predictions] };
}

/** The model of the pool; a rate or a size that nobody gave is not invented. */
export function poolOf(faulted: FaultedCall, fault: PacketFault): KnownPool | undefined {
  const { caller, call, fraction } = faulted;
  const [rate, size] = [rateOf(faulted), caller.pool];
  if (rate === undefined || size === undefined) return undefined;
  const { timeoutMs, perRequest } = call;
  const service = serviceTimeOf(faulted);
  const pool: Pool = {
    size,
    ratePerSecond: rate.value,
    serviceSeconds: service.value / 1000,
    addedSeconds: perRequest * heldLonger(faulted, fault),
    fraction,
    ...(timeoutMs !== undefined && { timeoutSeconds: timeoutMs / 1000 }),
  };
  const inputs = [
    rate,
    fromSettings("pool", size, "threads", `services.${caller.name}.pool`),
    service,
    ofCall(faulted, "sequential calls", perRequest, "", "perRequest"),
    ...(timeoutMs === undefined ? [] : [ofCall(faulted, "client timeout", timeoutMs, "ms", "timeout")]),
    delayOf(fault),
    ...(fault.loss === 0 ? [] : [lossOf(fault)]),
    ...(fraction === 1 ? [] : [fractionOf(fraction)]),
  ];
  return { pool, inputs };
}

/** A connection that hears nothing is given up after this (tcp_retries2 = 15, ip-sysctl.rst), by whoever sets no timeout. */
const GIVEN_UP_MS = 924_600;

/** Seconds that one faulted call takes longer: its delay and the mean wait for what is lost, or all that its client waits. */
export function heldLonger(faulted: FaultedCall, fault: PacketFault): number {
  if (fault.partition) return (faulted.call.timeoutMs ?? GIVEN_UP_MS) / 1000;
  const waits = meanRetransmissionWaitSeconds(exchangeLoss(fault), rtoOf(faulted, fault));
  return fault.delayMs / 1000 + (isFigure(waits) ? waits : 0);
}

/** Share of exchanges of one packet each way that lose one. */
export function exchangeLoss({ loss, passes }: PacketFault): number {
  return 1 - (1 - loss) ** passes;
}

/** The first retransmission timeout under the fault, in seconds. */
export function rtoOf(faulted: FaultedCall, { delayMs }: PacketFault): number {
  return (rttOf(faulted).value + delayMs) / 1000 + RTO_MIN_SECONDS;
}

function missing(subject: string, faulted: FaultedCall): Figures {
  const { caller } = faulted;
  const lacks = [rateOf(faulted) === undefined ? "rate" : "", caller.pool === undefined ? "pool" : ""].filter(
    (name) => name !== "",
  );
  const why = `the settings give services.${caller.name} no ${lacks.join(" and no ")}`;
  const not = (id: NotPredictable["id"]): NotPredictable => ({ id, subject, why });
  return { predictions: [], notPredictable: [not("threads"), not("time-to-saturation")] };
}

function threads(subject: string, { pool, inputs }: KnownPool, needed: number): Prediction {
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

const FORMULAS: Readonly<Record<SaturationForm, string>> = {
  network: "(N - lambda x S0) / (lambda x f)",
  "new-requests": "(N - lambda x S0 x (1 - f)) / (lambda x f)",
  exponential: "S1 x ln(lambda x f x d / (lambda x S0 x (1 - f) + lambda x f x S1 - N))",
};

/** Nothing where the pool never fills: the threads say so already. */
function saturation(subject: string, { pool, inputs }: KnownPool, form: SaturationForm): Figures {
  const { addedSeconds, serviceSeconds, timeoutSeconds = Number.POSITIVE_INFINITY } = pool;
  const bounded = { ...pool, addedSeconds: Math.max(0, Math.min(addedSeconds, timeoutSeconds - serviceSeconds)) };
  const seconds = fullAfterSeconds(form, bounded);
  if (seconds === "never") return NOTHING;
  if (!isFigure(seconds)) return silent(subject, "time-to-saturation", seconds.why);
  const slower = fullAfterSeconds("exponential", bounded);
  const when = milliseconds(seconds * 1000);
  const prediction: Prediction = {
    id: "time-to-saturation",
    subject,
    title: "Time until the pool is full",
    value: seconds,
    unit: "s",
    ...(typeof slower === "number" && { interval: [seconds, Math.max(seconds, slower)] as const }),
    binding: "pool",
    formula: FORMULAS[form],
    source: `flow balance, answers under way ${form === "network" ? "are delayed too" : "arrive on time"}; high end: random service times`,
    inputs,
    sentence: `the pool of ${pool.size} is full ${when} after injection; from then on requests are refused`,
  };
  return { predictions: [prediction], notPredictable: [] };
}

/** Share of faulted calls that outlast their timeout, by delay or by waiting for what was lost; undefined without a timeout. */
export function timedOutShare(faulted: FaultedCall, fault: PacketFault): number | undefined {
  const { timeoutMs } = faulted.call;
  if (timeoutMs === undefined) return undefined;
  if (fault.partition) return 1;
  const service = serviceTimeOf(faulted).value;
  const rule = timeoutRule(timeoutMs, service, fault.delayMs, fault.jitterMs);
  if (rule.kind === "not-predictable") return undefined;
  const room = Math.max(0, timeoutMs - service - fault.delayMs) / 1000;
  const late = fault.loss === 0 ? 0 : waitsAtLeast(exchangeLoss(fault), rtoOf(faulted, fault), room);
  return isFigure(late) ? rule.timedOut + (1 - rule.timedOut) * late : undefined;
}

/** Both directions of the timeout rule; neither is an error. */
export function predictTimeouts(subject: string, faulted: FaultedCall, fault: PacketFault): Figures {
  const { timeoutMs } = faulted.call;
  if (timeoutMs === undefined || fault.delayMs === 0) return NOTHING;
  const service = serviceTimeOf(faulted);
  const rule = timeoutRule(timeoutMs, service.value, fault.delayMs, fault.jitterMs);
  if (rule.kind === "not-predictable") return silent(subject, "timeout-rule", rule.why);
  const prediction: Prediction = {
    id: "timeout-rule",
    subject,
    title: "Calls that time out",
    value: rule.timedOut,
    baseline: 0,
    unit: "ratio",
    binding: "timeout",
    formula: "P(delay >= timeout - service time), delay uniform in delay +- jitter",
    source: "net/sched/sch_netem.c, tabledist",
    inputs: [ofCall(faulted, "client timeout", timeoutMs, "ms", "timeout"), service, delayOf(fault), jitterOf(fault)],
    sentence: timeoutSentence(rule.kind, rule.timedOut, timeoutMs, fault.delayMs),
  };
  return { predictions: [prediction], notPredictable: [] };
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
