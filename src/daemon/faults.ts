// A run's orders enter, the daemon's calls leave; its refusals come back as ours. One connection per node, opened when it is first
// needed, always with both certificates.

import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGate } from "../run/gate.ts";
import type { Faults } from "../run/ports.ts";
import { NodeDaemonService } from "./generated/chaosgate/daemon/v1/daemon_pb.ts";
import { capabilitiesFrom, injectRequest, receiptFrom, victimMessage } from "./messages.ts";
import { refusalOf } from "./refusal.ts";
import { type Connection, connect, type Tls } from "./transport.ts";

export type DaemonOptions = {
  /** Node -> `host:port` of its daemon; asked at every call where daemons come and go. */
  readonly addresses: Readonly<Record<string, string>> | ((node: string) => string | undefined);
  /** Asked at every call where certificates are rotated. */
  readonly tls: Tls | (() => Tls);
  readonly timeoutMs: number;
};

/** Calls under way at once, of all runs: what waits longer than its timeout for a processor would look like a daemon that is lost. */
const MOST_UNDER_WAY = 128;

type Daemon = Client<typeof NodeDaemonService>;

type Reached = {
  readonly address: string;
  readonly shown: Tls;
  readonly daemon: Daemon;
  readonly connection: Connection;
  /** The one before, with other certificates: calls may be under way on it. */
  readonly retired: Connection | undefined;
};

/** The faults port over gRPC, with one daemon per node. `close` lets go of every connection. */
export function createDaemonFaults(options: DaemonOptions): Faults & { readonly close: () => void } {
  const daemons = new Map<string, Reached>();
  const gate = createGate(MOST_UNDER_WAY);

  async function call<T>(node: string, doing: string, work: (daemon: Daemon) => Promise<T>): Promise<T> {
    try {
      return await gate(() => work(daemonOf(node, options, daemons)));
    } catch (thrown) {
      throw refusalOf(thrown, node, doing);
    }
  }

  return {
    capabilities: (node) =>
      call(node, "ask for capabilities", async (daemon) => capabilitiesFrom(await daemon.capabilities({}))),
    inject: (node, request) =>
      call(node, `inject ${request.faultId}`, async (daemon) =>
        receiptFrom(await daemon.inject(injectRequest(request))),
      ),
    renew: (node, runId, epoch) => call(node, `renew ${runId}`, (daemon) => renew(daemon, runId, epoch)),
    revert: (node, runId, epoch, faultId = "") =>
      call(node, `revert ${faultId || runId}`, async (daemon) => {
        const { reverted, failures } = await daemon.revert({ runId, faultId, epoch: BigInt(epoch) });
        return { reverted, failures: failures.map(({ what, why }) => `${what}: ${why}`) };
      }),
    residue: (node, victims) =>
      call(node, "look for residue", async (daemon) => {
        const { residue } = await daemon.residue({ victims: victims.map(victimMessage) });
        return residue.map(({ where, what }) => `${where}: ${what}`);
      }),
    active: (node, runId) =>
      call(node, `list ${runId}`, async (daemon) =>
        (await daemon.list({ runId })).faults.map(({ faultId }) => faultId),
      ),
    close() {
      for (const { connection, retired } of daemons.values()) {
        connection.close();
        retired?.close();
      }
      daemons.clear();
    },
  };
}

async function renew(daemon: Daemon, runId: string, epoch: number): ReturnType<Faults["renew"]> {
  try {
    const { remainingUs } = await daemon.renew({ runId, epoch: BigInt(epoch) });
    return { kind: "renewed", remainingMs: Number(remainingUs / 1000n) };
  } catch (thrown) {
    // NOT_FOUND is an answer: the daemon has no such lease any more.
    if (thrown instanceof ConnectError && thrown.code === Code.NotFound) return { kind: "lost" };
    throw thrown;
  }
}

function daemonOf(node: string, { addresses, tls, timeoutMs }: DaemonOptions, daemons: Map<string, Reached>): Daemon {
  const address = addressOf(node, addresses);
  if (address === undefined) throw new ConnectError("no daemon is known for this node", Code.Unavailable);
  const known = daemons.get(node);
  const shown = typeof tls === "function" ? tls() : tls;
  if (known?.address === address && known.shown === shown) return known.daemon;
  const connection = connect(address, shown, timeoutMs);
  const daemon = createClient(NodeDaemonService, connection.transport);
  daemons.set(node, { address, shown, daemon, connection, retired: known && retire(known, address) });
  return daemon;
}

/** A daemon that was replaced has another address, and nobody waits for the old one. By new certificates alone, calls end as they began. */
function retire({ address, connection, retired }: Reached, next: string): Connection | undefined {
  retired?.close();
  if (address === next) return connection;
  connection.close();
  return undefined;
}

function addressOf(node: string, addresses: DaemonOptions["addresses"]): string | undefined {
  if (typeof addresses === "function") return addresses(node);
  return Object.hasOwn(addresses, node) ? addresses[node] : undefined;
}
