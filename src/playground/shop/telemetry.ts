// What every part of the shop shows of itself, on a port of its own so that a fault on its work does not blind its observers.

import { createServer } from "node:http";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export type Telemetry = {
  readonly registry: Registry;
  /** Counts one answered request. */
  answered(code: number, seconds: number): void;
};

/** Fine where the shop works (milliseconds), and wide enough for a second of delay in both directions. */
export const DURATION_BUCKETS = [
  0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 1, 1.5, 2, 3, 5,
];

/**
 * Makes the request metrics of a server. Every code that it can answer is there from the start with 0: a rate over a series that
 * does not exist yet is no data, not zero.
 */
export function newTelemetry(codes: readonly number[]): Telemetry {
  const registry = new Registry();
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests answered, by status code.",
    labelNames: ["code"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from reading a request to having its answer ready.",
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  showClock(registry);
  for (const code of codes) requests.inc({ code: String(code) }, 0);
  return {
    registry,
    answered(code, seconds) {
      requests.inc({ code: String(code) });
      durations.observe(seconds);
    },
  };
}

/** The clock as this process reads it, for whoever compares it with another. */
function showClock(registry: Registry): void {
  new Gauge({
    name: "process_clock_seconds",
    help: "Unix time as this process reads it.",
    registers: [registry],
    collect() {
      this.set(Date.now() / 1000);
    },
  });
}

/** Serves `/metrics` and `/ready` (200 once `isReady` says so, 503 before). */
export function serveTelemetry(registry: Registry, port: number, isReady: () => boolean): void {
  const server = createServer((request, response) => {
    if (request.url === "/ready") {
      response.writeHead(isReady() ? 200 : 503).end();
    } else if (request.url === "/metrics") {
      void registry.metrics().then((page) => response.setHeader("content-type", registry.contentType).end(page));
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(port);
}
