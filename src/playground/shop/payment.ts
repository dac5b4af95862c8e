// payment: answers every request after SERVICE_TIME_MS, as many at once as are asked.

import { setTimeout as pause } from "node:timers/promises";
import { amount } from "./environment.ts";
import { serve } from "./service.ts";
import { newTelemetry, serveTelemetry } from "./telemetry.ts";

const serviceTimeMs = amount("SERVICE_TIME_MS");
const telemetry = newTelemetry([200]);

const server = serve(8080, telemetry, async () => {
  await pause(serviceTimeMs);
  return { code: 200, body: '{"paid":true}' };
});
serveTelemetry(telemetry.registry, 9100, () => server.listening);
