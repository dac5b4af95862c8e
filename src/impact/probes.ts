// What a delay does to a pod by way of its probes (Kubernetes, "Configure Liveness, Readiness and Startup Probes"). Units: seconds.

import {
  type Figure,
  figure,
  notPredictable,
  type OutOfDomain,
  outside,
  positive,
  seconds,
  secondsOrNone,
  whole,
} from "./domain.ts";

export type Probe = {
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
};

/** What a kubelet takes where the pod says nothing. */
export const DEFAULT_PROBE: Probe = { timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3 };

/** `passes`, or fails for good between two moments after injection, depending on where in its period the probe was. */
export type ProbeOutcome =
  | { readonly kind: "passes" }
  | { readonly kind: "fails"; readonly earliestSeconds: number; readonly latestSeconds: number };

/**
 * When a probe has failed often enough: liveness then restarts the container, readiness takes the pod out of its service. The first
 * probe comes within a period, each fails after its timeout, and they are a period apart.
 */
export function probeOutcome(probe: Probe, usualSeconds: number, addedSeconds: number): ProbeOutcome | OutOfDomain {
  const { timeoutSeconds, periodSeconds, failureThreshold } = probe;
  const wrong = outside(
    seconds("timeout", timeoutSeconds),
    seconds("period", periodSeconds),
    whole("failure threshold", failureThreshold, 1, 1000),
    secondsOrNone("time of a probe", usualSeconds),
    secondsOrNone("added time", addedSeconds),
  );
  if (wrong !== undefined) return wrong;
  if (usualSeconds + addedSeconds <= timeoutSeconds) return { kind: "passes" };
  const apart = Math.max(periodSeconds, timeoutSeconds);
  const earliestSeconds = (failureThreshold - 1) * apart + timeoutSeconds;
  return { kind: "fails", earliestSeconds, latestSeconds: earliestSeconds + periodSeconds };
}

/** Requests per second at each replica that stays while k of n are out of the service: lambda / (n - k). */
export function rateOfEachLeft(ratePerSecond: number, replicas: number, gone: number): Figure {
  const wrong = outside(
    positive("rate", ratePerSecond),
    whole("replicas", replicas, 1, 1e6),
    whole("replicas gone", gone, 0, replicas),
  );
  if (wrong !== undefined) return wrong;
  return gone === replicas ? notPredictable("no replica is left") : figure(ratePerSecond / (replicas - gone));
}

/** Whether those that stay can carry the load, each up to `capacityPerSecond`; if not, readiness takes them out as well. */
export function restSurvives(
  ratePerSecond: number,
  replicas: number,
  gone: number,
  capacityPerSecond: number,
): boolean | OutOfDomain {
  const each = rateOfEachLeft(ratePerSecond, replicas, gone);
  const wrong = outside(positive("capacity", capacityPerSecond));
  return wrong ?? (typeof each === "number" ? each < capacityPerSecond : each);
}
