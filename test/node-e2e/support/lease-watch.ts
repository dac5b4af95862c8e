import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { type ActiveLease, NodeDaemonService } from "../../../src/daemon/generated/chaosgate/daemon/v1/daemon_pb.ts";
import { connect, type Tls } from "../../../src/daemon/transport.ts";
import { NAMESPACE } from "./chart.ts";
import type { Stage } from "./stage.ts";

export type LeaseWatch = {
  /** Unix ms of the last renewal before an instant; NaN where nobody saw one. */
  readonly renewedBefore: (instant: number) => number;
  readonly stop: () => void;
};

const EVERY_MS = 250;

/**
 * Asks the daemon when a run's lease was last renewed, over and over. What it said last holds when it cannot be asked any more: a
 * renewal between that and its death is not seen, and makes what is counted from there longer and never shorter.
 */
export async function watchLease(stage: Stage, runId: string): Promise<LeaseWatch> {
  const [daemon] = await stage.pods(NAMESPACE, "chaosgated");
  const connection = connect(`${daemon?.ip}:7443`, await tlsOf(stage), 1_000);
  const client = createClient(NodeDaemonService, connection.transport);
  const over = new AbortController();
  const renewals: number[] = [];
  void (async () => {
    while (!over.signal.aborted) {
      try {
        const { leases } = await client.list({ runId });
        for (const lease of leases) renewals.push(Date.now() - spentMs(lease));
      } catch {
        // It is away, perhaps by a test.
      }
      await delay(EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
    }
  })();
  return {
    renewedBefore: (instant) => renewals.findLast((renewal) => renewal <= instant) ?? Number.NaN,
    stop: () => {
      over.abort();
      connection.close();
    },
  };
}

function spentMs({ remainingUs, terms }: ActiveLease): number {
  return Number((terms?.expiresAfterUs ?? 0n) - remainingUs) / 1000;
}

/** The runner's own certificate: nobody else may speak to a daemon. */
async function tlsOf({ cluster }: Stage): Promise<Tls> {
  const secret = await cluster.kubectl("get", "secret", "chaosgate-runner-tls", "-n", NAMESPACE, "-o", "json");
  const { data } = JSON.parse(secret) as { data: Readonly<Record<string, string>> };
  const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString("utf8");
  return {
    certificate: text("tls.crt"),
    key: text("tls.key"),
    authority: text("ca.crt"),
    serverName: "chaosgated",
  };
}
