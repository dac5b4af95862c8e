import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Counter, type Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { counted, countedReports, serveMetrics } from "../src/entrypoints/runner/counted.ts";
import { createBotMetrics } from "../src/metrics/bot.ts";
import { createRunnerMetrics } from "../src/metrics/runner.ts";
import type { RunReport } from "../src/run/report.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../docs/metrics.md"), "utf8");

/** Name, labels and help of every metric of a registry, as the page writes them, in the order of their making. */
async function madeBy(registry: Registry): Promise<readonly string[]> {
  const metrics = registry.getMetricsAsArray() as unknown as readonly {
    readonly name: string;
    readonly help: string;
    readonly labelNames: readonly string[];
  }[];
  return metrics.map(({ name, help, labelNames }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` |${labels === "" ? "" : ` ${labels}`} | ${help} |`;
  });
}

function toldUnder(page: string, heading: string): readonly string[] {
  const [section = ""] = (page.split(`## ${heading}\n`)[1] ?? "").split("\n## ");
  return section.split("\n").filter((line) => line.startsWith("| `"));
}

describe("the page of metrics", () => {
  it.each([
    { part: "Bot", registry: createBotMetrics().registry },
    { part: "Runner", registry: createRunnerMetrics().registry },
  ])("tells every metric of the $part, its labels and what it says, and no other", async ({ part, registry }) => {
    expect(toldUnder(PAGE, part)).toEqual(await madeBy(registry));
    new Counter({ name: "chaosgate_new_total", help: "New.", registers: [registry] });
    expect(toldUnder(PAGE, part)).not.toEqual(await madeBy(registry));
  });
});

describe("a runner's calls", () => {
  it("are counted by whom they go to and what became of them, and answered as before", async () => {
    const metrics = createRunnerMetrics();
    const port = {
      name: "port",
      good: async (what: string) => `good ${what}`,
      bad: () => Promise.reject(new Error("bad")),
      blind: async () => ({ ok: false }),
      close: () => 7,
    };
    const watched = counted("daemon", port, metrics, (answer) => (answer as { ok?: boolean }).ok === false);
    expect([await watched.good("day"), watched.close(), watched.name]).toEqual(["good day", 7, "port"]);
    await expect(watched.bad()).rejects.toThrow("bad");
    expect(await watched.blind()).toEqual({ ok: false });
    const { values } = await metrics.calls.get();
    expect(values.map(({ labels, value }) => [labels.to, labels.call, labels.outcome, value])).toEqual([
      ["daemon", "good", "done", 1],
      ["daemon", "bad", "failed", 1],
      ["daemon", "blind", "failed", 1],
    ]);
  });

  it("show runs once each, by their end, on a page of their own", async () => {
    const metrics = createRunnerMetrics();
    const reports = countedReports({ send: async () => [] }, metrics);
    const report = (phase: string, more = {}) => ({ runId: "r-0", phase, ...more }) as RunReport;
    for (const phase of ["baseline", "watching", "watching"]) await reports.send(report(phase));
    await reports.send(report("finished", { verdict: "resilient", rollback: "verified" }));
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    const server = await serveMetrics(metrics, port, "127.0.0.1");
    try {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(page).toContain('chaosgate_runs_total{verdict="resilient",rollback="verified"} 1\n');
      expect(page).toContain('chaosgate_run_phases_total{phase="watching"} 1\n');
      expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    } finally {
      server?.close();
    }
    expect(await serveMetrics(metrics, 0)).toBeUndefined();
  });
});
