import { setTimeout as delay } from "node:timers/promises";
import { NAMESPACE } from "./chart.ts";
import type { Cluster } from "./cluster.ts";

/** What a ChaosRun said at a moment, to whoever asks with kubectl. */
export type Said = {
  readonly at: number;
  readonly phase: string;
  readonly verdict?: string;
  readonly rollback?: string;
};

export type StatusWatch = {
  readonly last: () => Said | undefined;
  readonly isFinished: () => boolean;
  /** When the status first said, and went on saying, that no fault stands any more. */
  readonly saidOverAt: () => number | undefined;
  readonly stop: () => void;
};

const STANDING: readonly string[] = ["injecting", "watching"];
const EVERY_MS = 500;

/** Asks for a run's status over and over, also while nobody answers. */
export function watchStatus({ kubectl }: Cluster, runId: string): StatusWatch {
  const said: Said[] = [];
  const over = new AbortController();
  void (async () => {
    while (!over.signal.aborted) {
      try {
        const words = ["get", "crun", runId, "-n", NAMESPACE, "-o", "json", "--request-timeout=2s"];
        const { phase, verdict, rollback } = JSON.parse(await kubectl(...words)).status;
        said.push({ at: Date.now(), phase, verdict, rollback });
      } catch {
        // The API server is away, perhaps by a test.
      }
      await delay(EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  })();
  return {
    last: () => said.at(-1),
    isFinished: () => said.at(-1)?.phase === "finished",
    saidOverAt: () => said[said.findLastIndex(({ phase }) => STANDING.includes(phase)) + 1]?.at,
    stop: () => over.abort(),
  };
}
