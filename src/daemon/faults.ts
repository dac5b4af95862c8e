// A run's orders enter, the daemon's calls leave; its refusals come back as ours. One connection per node, opened when it is first
// needed, always with both certificates.

import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import type { Faults } from "../run/ports.ts";
import { NodeDaemonService } from "./generated/chaosgate/daemon/v1/daemon_pb.ts";
import { capabilitiesFrom, injectRequest, receiptFrom, victimMessage } from "./messages.ts";
import { refusalOf } from "./refusal.ts";
import { type Connection, connect, type Tls } from "./transport.ts";

export type DaemonOptions = {
  /** Node -> `host:port` of its daemon. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly tls: Tls;
  readonly timeoutMs: number;
};

type Daemon = Client<typeof NodeDaemonService>;

type Reached = { readonly daemon: Daemon; readonly connection: Connection };

/** The faults port over gRPC, with one daemon per node. `close` lets go of every connection. */
export function createDaemonFaults(options: DaemonOptions): Faults & { readonly close: () => void } {
  const daemons = new Map<string, Reached>();

  async function call<T>(node: string, doing: string, work: (daemon: Daemon) => Promise<T>): Promise<T> {
    try {
      return await work(daemonOf(node, options, daemons));
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
      for (const { connection } of daemons.values()) connection.close();
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
  const known = daemons.get(node);
  if (known !== undefined) return known.daemon;
  const address = Object.hasOwn(addresses, node) ? addresses[node] : undefined;
  if (address === undefined) throw new ConnectError("no daemon is configured for this node", Code.Unavailable);
  const connection = connect(address, tls, timeoutMs);
  const daemon = createClient(NodeDaemonService, connection.transport);
  daemons.set(node, { daemon, connection });
  return daemon;
}
