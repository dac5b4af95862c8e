// catalog: has nothing to do with paying and calls nobody. If it degrades, a fault went further than it should.

import { serve } from "./service.ts";
import { newTelemetry, serveTelemetry } from "./telemetry.ts";

const telemetry = newTelemetry([200, 500]);
const server = serve(8080, telemetry, async () => ({ code: 200, body: '{"products":["rope","lantern","map"]}' }));
serveTelemetry(telemetry.registry, 9100, () => server.listening);
