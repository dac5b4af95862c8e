// The whole story on this machine.

import { SANDBOX, type Suite, vitest } from "./suite.ts";

/** Judges single percents, so nothing runs beside it. */
const WIRE_TEST = "test/e2e/impact-wire.test.ts";

export const IMPACT_WIRE: Suite = {
  name: "impact-wire",
  says: "predicted throughput, latency and saturation, measured on two real wires",
  argv: [SANDBOX, ...vitest("e2e", [WIRE_TEST], "impact-wire")],
  result: { kind: "vitest", file: ".test/impact-wire.json" },
  timeoutMinutes: 10,
};

export const E2E: Suite = {
  name: "e2e",
  says: "the whole story with real parts: pull request, run, fault, guard, rollback, proof",
  argv: [SANDBOX, ...vitest("e2e", ["--exclude", WIRE_TEST])],
  result: { kind: "vitest", file: ".test/e2e.json" },
  timeoutMinutes: 20,
};
