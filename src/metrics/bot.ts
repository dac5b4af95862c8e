import { Counter, Gauge, Histogram, Registry } from "prom-client";

export type BotMetrics = {
  readonly registry: Registry;
  readonly deliveries: Counter<"kind" | "outcome">;
  readonly deliverySeconds: Histogram<"kind">;
  readonly channelAnswers: Counter<"path" | "status">;
  readonly github: GitHubMetrics;
};

/** How the bot gets along with GitHub's limits. */
export type GitHubMetrics = {
  readonly requests: Counter<"cost" | "haste">;
  readonly waitSeconds: Histogram<"haste">;
  readonly refusals: Counter<string>;
  readonly remaining: Gauge<string>;
};

/** The bot's metrics in a registry of their own; label values are words of the program and never of a payload. */
export function createBotMetrics(waiting: () => number = () => 0): BotMetrics {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: "chaosgate_deliveries_waiting",
    help: "Deliveries that were acknowledged and are not done.",
    registers,
    collect() {
      this.set(waiting());
    },
  });
  return {
    registry,
    deliveries: new Counter({
      name: "chaosgate_deliveries_total",
      help: "Webhook deliveries that were worked on, by what became of them.",
      labelNames: ["kind", "outcome"],
      registers,
    }),
    deliverySeconds: new Histogram({
      name: "chaosgate_delivery_seconds",
      help: "Time from acknowledging a delivery to having published its result.",
      labelNames: ["kind"],
      buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
      registers,
    }),
    channelAnswers: new Counter({
      name: "chaosgate_channel_answers_total",
      help: "Answers to runners, by path and HTTP status.",
      labelNames: ["path", "status"],
      registers,
    }),
    github: createGitHubMetrics(registers),
  };
}

function createGitHubMetrics(registers: Registry[]): GitHubMetrics {
  return {
    requests: new Counter({
      name: "chaosgate_github_requests_total",
      help: "Requests to GitHub, by what they cost and who waited for them.",
      labelNames: ["cost", "haste"],
      registers,
    }),
    waitSeconds: new Histogram({
      name: "chaosgate_github_wait_seconds",
      help: "Time that requests waited for GitHub's limits before they were sent.",
      labelNames: ["haste"],
      buckets: [0.1, 1, 5, 15, 60, 300, 1800, 3600],
      registers,
    }),
    refusals: new Counter({
      name: "chaosgate_github_refusals_total",
      help: "Requests that a limit of GitHub refused.",
      registers,
    }),
    remaining: new Gauge({
      name: "chaosgate_github_requests_remaining",
      help: "Requests that GitHub said are left in the hour of the installation that was asked last.",
      registers,
    }),
  };
}
