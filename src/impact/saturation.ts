// When a pool without a queue is full after a fault begins, in three forms, and what follows. Units: seconds, requests per second.
// Every form starts from lambda * S0 calls in flight; "never" leaves where the fault asks for fewer slots than there are.

import {
  type Figure,
  figure,
  notPredictable,
  type OutOfDomain,
  outside,
  positive,
  secondsOrNone,
  share,
  whole,
} from "./domain.ts";

export type Saturation = {
  readonly size: number;
  readonly ratePerSecond: number;
  /** S0: how long a call holds its slot without the fault. */
  readonly serviceSeconds: number;
  /** f: share of calls that meet the fault. */
  readonly fraction: number;
  /** d: how much longer these hold their slot. */
  readonly addedSeconds: number;
};

/** `network`: answers under way are delayed too; `new-requests`: only calls that begin now; `exponential`: as new, with random times. */
export type SaturationForm = "network" | "new-requests" | "exponential";

/**
 * The form that a delay of packets has. Where only requests are delayed, answers under way still arrive on time and free their slots;
 * where answers are, they are late as well.
 */
export function saturationForm(direction: "to" | "from" | "both", victim: "caller" | "called"): SaturationForm {
  const requestsAlone = direction === (victim === "caller" ? "to" : "from");
  return requestsAlone ? "new-requests" : "network";
}

/**
 * Seconds from injection until the pool is full, or "never". With a share f of calls faulted and a = lambda * S0:
 * network (N - a) / (lambda * f); new requests (N - a * (1 - f)) / (lambda * f); exponential, with S1 = S0 + d, the fluid limit
 * S1 * ln(lambda * f * d / (a * (1 - f) + lambda * f * S1 - N)).
 */
export function fullAfterSeconds(form: SaturationForm, pool: Saturation): Figure | "never" {
  const wrong = outsideOf(pool);
  if (wrong !== undefined) return wrong;
  const { size, ratePerSecond: rate, serviceSeconds: s0, fraction: f, addedSeconds: d } = pool;
  const before = rate * s0;
  if (before >= size) return notPredictable(`the pool is full without the fault: ${before} of ${size}`);
  if (before + rate * f * d < size) return "never";
  if (form === "network") return figure((size - before) / (rate * f));
  const undisturbed = before * (1 - f);
  if (form === "new-requests") return figure((size - undisturbed) / (rate * f));
  const short = undisturbed + rate * f * (s0 + d) - size;
  if (short <= 0)
    return notPredictable("with random times the pool comes close to its size without a moment when it is full");
  return figure((s0 + d) * Math.log((rate * f * d) / short));
}

/** The largest added time that a pool bears without filling up: d* = (N / lambda - S0) / (f * m), m calls one after the other. */
export function criticalDelaySeconds(pool: Omit<Saturation, "addedSeconds">, sequentialCalls: number): Figure {
  const { size, ratePerSecond, serviceSeconds, fraction } = pool;
  const wrong = outsideOf({ ...pool, addedSeconds: 0 });
  const uncalled = outside(
    { name: "fraction", value: fraction, above: 0, atMost: 1 },
    whole("sequential calls", sequentialCalls, 1, 1e6),
  );
  return (
    wrong ?? uncalled ?? figure(Math.max(0, (size / ratePerSecond - serviceSeconds) / (fraction * sequentialCalls)))
  );
}

/** Seconds until a queue behind a full pool is full as well: Q / (lambda - N / S1), or "never" where the pool keeps up. */
export function queueFullAfterSeconds(
  places: number,
  size: number,
  ratePerSecond: number,
  heldSeconds: number,
): Figure | "never" {
  const wrong = outside(
    whole("queue", places, 0, 1e9),
    ...poolOf(size, ratePerSecond),
    secondsOrNone("time held", heldSeconds),
  );
  if (wrong !== undefined) return wrong;
  const surplus = ratePerSecond - size / heldSeconds;
  return surplus > 0 ? figure(places / surplus) : "never";
}

/** The longest wait in a queue that is full: Q * S1 / N seconds. */
export function fullQueueWaitSeconds(places: number, size: number, heldSeconds: number): Figure {
  const wrong = outside(
    whole("queue", places, 0, 1e9),
    whole("pool", size, 1, 1e6),
    secondsOrNone("time held", heldSeconds),
  );
  return wrong ?? figure((places * heldSeconds) / size);
}

function outsideOf({
  size,
  ratePerSecond,
  serviceSeconds,
  fraction,
  addedSeconds,
}: Saturation): OutOfDomain | undefined {
  return outside(
    ...poolOf(size, ratePerSecond),
    secondsOrNone("service time", serviceSeconds),
    share("fraction", fraction),
    secondsOrNone("added time", addedSeconds),
  );
}

function poolOf(size: number, ratePerSecond: number) {
  return [whole("pool", size, 1, 1e6), positive("rate", ratePerSecond)];
}
