import type { Finding } from "../manifest/problem.ts";

/** Every rule of the impact model: its stable id, and why it exists. */
export const IMPACT_RULES = {
  "error-test": "A delay that no timeout outlasts is an error test: every faulted call fails, and none is slow.",
  "pool-saturates": "A full pool refuses requests that the fault never touches, which makes a delay an outage.",
  "spurious-retransmission":
    "A round trip that grows by more than 200 ms at once makes Linux send again what was not lost.",
  "syn-repeated": "A handshake that takes longer than a second repeats its SYN, so that connects look like loss.",
  "queue-drops": "netem's default queue of 1000 packets drops what does not fit, which makes a delay a loss.",
  "retries-metastable": "Retries can hold a service down after the fault is over, so that undoing it heals nothing.",
  "timeout-outlived": "A caller that gives up before the call below it leaves work behind that is for nobody.",
  "liveness-restarts": "A liveness probe that the fault makes too slow restarts containers, which is another fault.",
  "readiness-shifts-load": "A readiness probe that the fault makes too slow moves the victims' load to the rest.",
  "rest-overloaded": "The replicas that stay must carry the load of those that are gone, or they fail one by one.",
  "guard-too-slow": "A guard that sees a breach late spends more of the error budget than the settings allow.",
  "rate-too-low": "With few requests an error rate above its bound cannot be told from chance before the run ends.",
} as const;

export type ImpactCode = keyof typeof IMPACT_RULES;

/** A finding of this room before it is known on which line it stands. */
export type ImpactRemark = Omit<Finding, "place" | "code"> & { readonly code: ImpactCode };
