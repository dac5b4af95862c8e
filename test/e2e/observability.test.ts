import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { createAlertmanagerSilences } from "../../src/alertmanager/silences.ts";
import { type Observability, startObservability } from "../../src/playground/observability.ts";
import { createPrometheusMetrics } from "../../src/prometheus/metrics.ts";
import { metricsContract } from "../contract/metrics.ts";
import { silencesContract } from "../contract/silences.ts";
import { silencedBy } from "./support/observability.ts";
import { ALERTMANAGER, missingParts, PROMETHEUS } from "./support/sandbox.ts";

const why = missingParts(PROMETHEUS, ALERTMANAGER);
if (why !== undefined) console.log(`observability: skipped, ${why}`);

describe.skipIf(why !== undefined)("observability", () => {
  const directory = mkdtempSync(join(tmpdir(), "observability-"));
  const timeoutMs = 3_000;
  let real: Observability;

  beforeAll(async () => {
    const targetsFile = join(directory, "targets.json");
    writeFileSync(targetsFile, "[]");
    real = await startObservability({ directory, targetsFile });
  });

  afterAll(async () => {
    await real?.stop();
    await rm(directory, { recursive: true });
  });

  metricsContract("Prometheus", async () => ({
    metrics: createPrometheusMetrics({ url: real.prometheusUrl, timeoutMs }),
    now: Date.now,
    gone: createPrometheusMetrics({ url: "http://127.0.0.1:9", timeoutMs }),
  }));

  silencesContract("Alertmanager", async () => ({
    silences: createAlertmanagerSilences({ url: real.alertmanagerUrl, timeoutMs }),
    now: Date.now,
    active: () => silencedBy(real.alertmanagerUrl),
  }));
});
