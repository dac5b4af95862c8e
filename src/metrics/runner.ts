import { Counter, Histogram, Registry } from "prom-client";

export type RunnerMetrics = {
  readonly registry: Registry;
  readonly runs: Counter<"verdict" | "rollback">;
  readonly phases: Counter<"phase">;
  readonly calls: Counter<"to" | "call" | "outcome">;
  readonly callSeconds: Histogram<"to">;
};

/** The runner's metrics in a registry of their own; label values are words of the program and never of a run or a pod. */
export function createRunnerMetrics(): RunnerMetrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    runs: new Counter({
      name: "chaosgate_runs_total",
      help: "Runs that ended and were reported, by verdict and by what is known of their rollback.",
      labelNames: ["verdict", "rollback"],
      registers,
    }),
    phases: new Counter({
      name: "chaosgate_run_phases_total",
      help: "Phases that runs came into.",
      labelNames: ["phase"],
      registers,
    }),
    calls: new Counter({
      name: "chaosgate_runner_calls_total",
      help: "Calls to the bot, daemons, Prometheus and Alertmanager, by outcome.",
      labelNames: ["to", "call", "outcome"],
      registers,
    }),
    callSeconds: new Histogram({
      name: "chaosgate_runner_call_seconds",
      help: "Time of these calls.",
      labelNames: ["to"],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 3],
      registers,
    }),
  };
}
