import { type AdmissionRules, type Decision, decide } from "../../admission/decide.ts";
import { decideRun, type Verify } from "../../admission/decide-run.ts";
import type { ReviewRequest } from "../../admission/review.ts";
import type { Clock } from "../../clock.ts";
import type { Cluster } from "../../run/ports.ts";

export type Beside = {
  readonly cluster: Pick<Cluster, "snapshot" | "policies">;
  readonly rules: AdmissionRules;
  readonly verify: Verify;
  readonly clock: Pick<Clock, "now">;
};

/** Decides each creation beside the cluster as it is at that moment, and the bot's keys. */
export function judgeBeside({ cluster, rules, verify, clock }: Beside): (request: ReviewRequest) => Promise<Decision> {
  return async ({ of, object, namespace }) => {
    if (of === "run") return decideRun(object, verify);
    const [snapshot, policies = []] = await Promise.all([cluster.snapshot(), cluster.policies?.()]);
    return decide(object, namespace, rules, { snapshot, policies, at: clock.now() });
  };
}
