// checkout: each order calls payment once, through POOL connections, for at most TIMEOUT_MS. MODE is fragile or resilient.

import { Gauge } from "prom-client";
import { Breaker } from "./breaker.ts";
import { followService } from "./endpoints.ts";
import { amount, text } from "./environment.ts";
import { CHECKOUT_CODES, type Mode, placeOrder } from "./order.ts";
import { Pool } from "./pool.ts";
import { serve } from "./service.ts";
import { newTelemetry, serveTelemetry } from "./telemetry.ts";

const mode: Mode = text("MODE") === "resilient" ? "resilient" : "fragile";
const timeoutMs = amount("TIMEOUT_MS");
const telemetry = newTelemetry(CHECKOUT_CODES);
const pool = new Pool(amount("POOL"));
const payment = followService(text("CHAOSGATE_ENDPOINTS"), text("PAYMENT"), reconnect);
const breaker = new Breaker(() => performance.now());
let warm = false;

const server = serve(8080, telemetry, () => placeOrder(mode, pool, breaker, timeoutMs));
serveTelemetry(telemetry.registry, 9100, () => server.listening && warm);
exposePool();
reconnect(payment.addresses());

/** Ready for the first time once every connection is open; losing payment later does not make checkout unready. */
function reconnect(addresses: readonly string[]): void {
  void pool.connectTo(addresses).then(() => {
    warm ||= addresses.length > 0;
  });
}

function exposePool(): void {
  const registers = [telemetry.registry];
  new Gauge({
    name: "client_pool_in_use",
    help: "Connections to payment that a call holds now.",
    registers,
    collect() {
      this.set(pool.inUse);
    },
  });
  new Gauge({ name: "client_pool_size", help: "Connections to payment.", registers }).set(pool.size);
  new Gauge({
    name: "circuit_breaker_open",
    help: "1 while checkout does not call payment.",
    registers,
    collect() {
      this.set(breaker.open ? 1 : 0);
    },
  });
}
