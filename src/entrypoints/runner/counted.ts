// A runner's ports with each call counted, and the page that shows the counts.

import { createServer, type Server } from "node:http";
import type { RunnerMetrics } from "../../metrics/runner.ts";
import type { Reports } from "../../run/ports.ts";
import type { RunReport } from "../../run/report.ts";

type Outcome = "done" | "failed";

/** The same port; every function of it that returns a promise is counted, and timed, by its name. `failed` says so of a value. */
export function counted<Port extends object>(
  to: string,
  port: Port,
  { calls, callSeconds }: RunnerMetrics,
  failed: (answer: unknown) => boolean = () => false,
): Port {
  const watch = async (call: string, begin: () => Promise<unknown>): Promise<unknown> => {
    const end = callSeconds.startTimer({ to });
    const note = (outcome: Outcome) => {
      end();
      calls.inc({ to, call, outcome });
    };
    try {
      const answer = await begin();
      note(failed(answer) ? "failed" : "done");
      return answer;
    } catch (error) {
      note("failed");
      throw error;
    }
  };
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function" || typeof name !== "string") return value;
      return (...args: unknown[]) => {
        const answer: unknown = value.apply(target, args);
        return answer instanceof Promise ? watch(name, () => answer) : answer;
      };
    },
  });
}

/** Counts what runs report of themselves; a report that is sent again counts once. */
export function countedReports(reports: Reports, { runs, phases }: RunnerMetrics): Reports {
  const known = new Map<string, RunReport["phase"]>();
  return {
    send: async (report) => {
      if (known.get(report.runId) !== report.phase) {
        known.set(report.runId, report.phase);
        phases.inc({ phase: report.phase });
        if (report.phase === "finished")
          runs.inc({ verdict: report.verdict ?? "none", rollback: report.rollback ?? "none" });
      }
      const orders = await reports.send(report);
      if (report.phase === "finished") known.delete(report.runId);
      return orders;
    },
  };
}

/** Shows the metrics at `/metrics`, to whoever can reach the port; 0 is nowhere. */
export function serveMetrics({ registry }: RunnerMetrics, port: number, host?: string): Promise<Server | undefined> {
  if (port === 0) return Promise.resolve(undefined);
  const server = createServer((request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end();
    void registry.metrics().then((text) => response.writeHead(200, { "content-type": registry.contentType }).end(text));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
