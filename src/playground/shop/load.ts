// load: users who do not wait for each other. LOAD says how many requests a second go to which service, for example
// `staging/checkout=200,catalog/catalog=40`. Each request goes to a replica by chance, so that every replica sees a Poisson stream
// (what Erlang's formulas assume), over a kept connection, of which there are as many as needed.

import { Agent, request } from "node:http";
import { Counter, Histogram, Registry } from "prom-client";
import { newArrivals, newRandom } from "./arrivals.ts";
import { followService } from "./endpoints.ts";
import { amount, text } from "./environment.ts";
import { DURATION_BUCKETS, serveTelemetry } from "./telemetry.ts";

const TICK_MS = 5;
const PATIENCE_MS = 5_000;

const registry = new Registry();
const answers = new Counter({
  name: "load_requests_total",
  help: "Requests as users saw them end, by service and status code (or timeout, or failed).",
  labelNames: ["target", "code"],
  registers: [registry],
});
const durations = new Histogram({
  name: "load_request_duration_seconds",
  help: "Time from sending a request to its answer, as users saw it.",
  labelNames: ["target", "address"],
  buckets: DURATION_BUCKETS,
  registers: [registry],
});
const agent = new Agent({ keepAlive: true, scheduling: "fifo" });

for (const part of text("LOAD").split(",")) {
  const [service = "", rate] = part.split("=");
  sendTo(service, Number(rate));
}
serveTelemetry(registry, 9100, () => true);

function sendTo(service: string, perSecond: number): void {
  const followed = followService(text("CHAOSGATE_ENDPOINTS"), service);
  const random = newRandom(amount("SEED"));
  const due = newArrivals(perSecond, random);
  const startedAt = performance.now();
  for (const code of ["200", "503"]) answers.inc({ target: service, code }, 0);
  setInterval(() => {
    const addresses = followed.addresses();
    for (let open = due(performance.now() - startedAt); open > 0; open--) {
      const address = addresses[Math.floor(random() * addresses.length)];
      if (address === undefined) answers.inc({ target: service, code: "failed" });
      else ask(service, address);
    }
  }, TICK_MS);
}

function ask(service: string, address: string): void {
  const [host, port] = address.split(":");
  const startedAt = performance.now();
  const asked = request({ host, port, agent, path: "/", timeout: PATIENCE_MS }, (response) => {
    response.resume();
    response.on("end", () => count(String(response.statusCode)));
  });
  let counted = false;
  asked.on("timeout", () => {
    count("timeout");
    asked.destroy();
  });
  asked.on("error", () => count("failed")); // refused or reset: the user saw a failure
  asked.end();

  function count(code: string): void {
    if (counted) return;
    counted = true;
    answers.inc({ target: service, code });
    durations.observe({ target: service, address }, (performance.now() - startedAt) / 1000);
  }
}
