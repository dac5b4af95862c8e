// payment: answers every request after SERVICE_TIME_MS, as many at once as are asked, and writes each down in LEDGER meanwhile.

import { setTimeout as pause } from "node:timers/promises";
import { amount, text } from "./environment.ts";
import { openLedger } from "./ledger.ts";
import { serve } from "./service.ts";
import { newTelemetry, serveTelemetry } from "./telemetry.ts";

const serviceTimeMs = amount("SERVICE_TIME_MS");
const writeDown = await openLedger(text("LEDGER"));
const telemetry = newTelemetry([200]);

const server = serve(8080, telemetry, async () => {
  await Promise.all([pause(serviceTimeMs), writeDown()]);
  return { code: 200, body: '{"paid":true}' };
});
serveTelemetry(telemetry.registry, 9100, () => server.listening);
