import { readFileSync } from "node:fs";
import { createClient } from "@connectrpc/connect";
import { type ActiveLease, NodeDaemonService } from "../../daemon/generated/chaosgate/daemon/v1/daemon_pb.ts";
import { connect } from "../../daemon/transport.ts";
import type { World } from "./world.ts";

export type LeaseRead = {
  readonly at: number;
  readonly renewEverySeconds: number;
  readonly expiresAfterSeconds: number;
  /** Unix ms of the last renewal: now, less what of the lease is spent. */
  readonly lastRenewalAt: number;
};

/** Reads a run's lease back from the daemon itself; undefined when it knows none. */
export async function readLease({ keys, cluster }: World, runId: string): Promise<LeaseRead | undefined> {
  const text = (file: string): string => readFileSync(file, "utf8");
  const tls = { certificate: text(keys.runner.certFile), key: text(keys.runner.keyFile), authority: text(keys.caFile) };
  const connection = connect(cluster.daemonAddress, tls, 3_000);
  try {
    const { leases } = await createClient(NodeDaemonService, connection.transport).list({ runId });
    const lease = leases.find((candidate) => candidate.runId === runId);
    return lease === undefined ? undefined : readingOf(lease, Date.now());
  } finally {
    connection.close();
  }
}

function readingOf({ remainingUs, terms }: ActiveLease, at: number): LeaseRead {
  const [renewUs, expiresUs] = [Number(terms?.renewEveryUs ?? 0n), Number(terms?.expiresAfterUs ?? 0n)];
  return {
    at,
    renewEverySeconds: renewUs / 1e6,
    expiresAfterSeconds: expiresUs / 1e6,
    lastRenewalAt: at - (expiresUs - Number(remainingUs)) / 1000,
  };
}
