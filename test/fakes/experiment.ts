import type { ClockFaultSpec, Experiment, ExperimentOf } from "../../src/manifest/experiment.ts";
import { aSelector } from "./snapshot.ts";

/** The seed's delay from checkout to payment, in its own namespace, on 30 % of the pods. */
export function aDelay(over: Partial<ExperimentOf<"NetworkChaos">> = {}): ExperimentOf<"NetworkChaos"> {
  return {
    kind: "NetworkChaos",
    name: "network-delay-checkout-to-payment",
    namespace: "staging",
    annotations: {},
    selector: aSelector({ labelSelectors: { app: "checkout-service" } }),
    mode: { kind: "fixed-percent", percent: 30 },
    durationMs: 300_000,
    network: {
      action: "delay",
      direction: "to",
      target: { selector: aSelector({ labelSelectors: { app: "payment-service" } }), mode: { kind: "all" } },
      externalTargets: [],
      netem: { delay: { latencyMs: 500, jitterMs: 50, correlation: 50 } },
    },
    ...over,
  };
}

/** A clock ten minutes slow in `staging`. */
export function aSkew(clock: Partial<ClockFaultSpec> = {}): ExperimentOf<"TimeChaos"> {
  return {
    kind: "TimeChaos",
    name: "skew-one",
    namespace: "staging",
    annotations: {},
    selector: aSelector({ labelSelectors: { app: "checkout-service" } }),
    mode: { kind: "one" },
    durationMs: 300_000,
    clock: { offsetMs: -600_000, clocks: ["CLOCK_REALTIME"], containerNames: [], ...clock },
  };
}

/** A pod kill in `staging`. */
export function aKill(over: Partial<ExperimentOf<"PodChaos">> = {}): Experiment {
  return {
    kind: "PodChaos",
    name: "kill-one",
    namespace: "staging",
    annotations: {},
    selector: aSelector({ labelSelectors: { app: "checkout-service" } }),
    mode: { kind: "one" },
    pod: { action: "pod-kill", gracePeriodSeconds: 0, containerNames: [] },
    ...over,
  };
}

/** A StressChaos on the first container of one pod. */
export function aStress(
  stress: Omit<ExperimentOf<"StressChaos">["stress"], "containerNames">,
): ExperimentOf<"StressChaos"> {
  return {
    kind: "StressChaos",
    name: "stress-one",
    namespace: "staging",
    annotations: {},
    selector: aSelector({ labelSelectors: { app: "checkout-service" } }),
    mode: { kind: "one" },
    durationMs: 60_000,
    stress: { containerNames: [], ...stress },
  };
}
