import { Counter, Histogram, Registry } from "prom-client";

export type BotMetrics = {
  readonly registry: Registry;
  readonly deliveries: Counter<"kind" | "outcome">;
  readonly deliverySeconds: Histogram<"kind">;
  readonly channelAnswers: Counter<"path" | "status">;
};

/** The bot's metrics in a registry of their own; label values are words of the program and never of a payload. */
export function createBotMetrics(): BotMetrics {
  const registry = new Registry();
  const registers = [registry];
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
      buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60],
      registers,
    }),
    channelAnswers: new Counter({
      name: "chaosgate_channel_answers_total",
      help: "Answers to runners, by path and HTTP status.",
      labelNames: ["path", "status"],
      registers,
    }),
  };
}
