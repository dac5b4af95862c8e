// Node daemons for nodes that are objects alone: one process that listens where each of them would, behind the same mutual TLS, and
// keeps the contract's books (leases that expire by its own clock, deadlines, fencing, ended runs, one act of a node at a time). It
// does nothing to anybody. Its calls take a while, and some fail: half of those before anything was done, half after.

import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { type InjectRequest, NodeDaemonService } from "../../../src/daemon/generated/chaosgate/daemon/v1/daemon_pb.ts";

export type Wish = {
  /** Node by the loopback address of its daemon. */
  readonly nodes: Readonly<Record<string, string>>;
  readonly port: number;
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  readonly latencyMs: { readonly least: number; readonly most: number };
  readonly errorShare: number;
  readonly leaseMs: number;
  readonly renewEveryMs: number;
  readonly seed: number;
};

/** What it says of itself, and of who called. */
export type Standing = {
  /** Faults that are in place now. */
  readonly holding: number;
  readonly injected: number;
  /** Faults that a lease ended, and not a word of anybody. */
  readonly expired: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly failed: number;
  /** Orders of one run that one node was given at once, and calls under way everywhere, at most. */
  readonly mostOfARunOnANode: number;
  readonly mostAtOnce: number;
};

type Fault = { readonly victim: string; readonly deadline: NodeJS.Timeout };
type Run = { epoch: bigint; ends: NodeJS.Timeout; readonly faults: Map<string, Fault> };
type Node = {
  readonly name: string;
  readonly runs: Map<string, Run>;
  readonly ended: Map<string, bigint>;
  readonly orders: Map<string, number>;
  turn: Promise<unknown>;
};

const EFFECTS = ["delay", "loss", "duplicate", "corrupt", "partition", "bandwidth"];

const wish = JSON.parse(process.argv[2] ?? "") as Wish;
const counted = { injected: 0, expired: 0, failed: 0, mostOfARunOnANode: 0, mostAtOnce: 0 };
const calls: Record<string, number> = {};
const nodes: Node[] = [];
let underWay = 0;
let refuses = false;
let state = wish.seed;

/** Numerical Recipes' generator: the same course with every seed. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

/** A call as a client feels it: late, and sometimes lost. */
async function late<T>(name: string, act: () => T): Promise<T> {
  calls[name] = (calls[name] ?? 0) + 1;
  underWay += 1;
  counted.mostAtOnce = Math.max(counted.mostAtOnce, underWay);
  const fate = random();
  try {
    await sleep(wish.latencyMs.least + random() * (wish.latencyMs.most - wish.latencyMs.least));
    if (fate < wish.errorShare / 2) throw lost("nothing was done");
    const answer = act();
    if (fate < wish.errorShare) throw lost("and it was done");
    return answer;
  } finally {
    underWay -= 1;
  }
}

function lost(what: string): ConnectError {
  counted.failed += 1;
  return new ConnectError(`the stand-in was told to fail: ${what}`, Code.Unavailable);
}

/** One act of a node after the other, as its one thread does them. */
function inTurn<T>(node: Node, work: () => Promise<T>): Promise<T> {
  const done = node.turn.then(work, work);
  node.turn = done.catch(() => undefined);
  return done;
}

function expiry(node: Node, runId: string): NodeJS.Timeout {
  return setTimeout(() => {
    counted.expired += node.runs.get(runId)?.faults.size ?? 0;
    end(node, runId);
  }, wish.leaseMs);
}

function end(node: Node, runId: string): number {
  const run = node.runs.get(runId);
  if (run === undefined) return 0;
  clearTimeout(run.ends);
  for (const { deadline } of run.faults.values()) clearTimeout(deadline);
  node.runs.delete(runId);
  node.ended.set(runId, run.epoch);
  return run.faults.size;
}

function fence(run: Run | undefined, epoch: bigint): void {
  if (run !== undefined && epoch !== 0n && epoch < run.epoch)
    throw new ConnectError("another runner has taken over", Code.FailedPrecondition);
}

function inject(node: Node, { runId, faultId, epoch, victim, deadlineUs, ticket }: InjectRequest) {
  if (refuses || ticket === "") throw new ConnectError("no ticket permits this", Code.PermissionDenied);
  fence(node.runs.get(runId), epoch);
  if (!node.runs.has(runId) && epoch <= (node.ended.get(runId) ?? -1n))
    throw new ConnectError("the run has ended here", Code.FailedPrecondition);
  const run = node.runs.get(runId) ?? { epoch, ends: expiry(node, runId), faults: new Map() };
  node.runs.set(runId, run);
  if (!run.faults.has(faultId)) {
    const deadline = setTimeout(() => run.faults.delete(faultId), Number(deadlineUs / 1000n));
    run.faults.set(faultId, { victim: victim?.podUid ?? "", deadline });
    counted.injected += 1;
  }
  const felt = { measured: true, felt: true, how: "a stand-in says so: its nodes are objects alone" };
  return { receipt: { faultId, effect: "delay", backEnd: "stand-in", felt, did: [`noted ${faultId}`] } };
}

function renew(node: Node, runId: string, epoch: bigint) {
  const run = node.runs.get(runId);
  if (run === undefined) throw new ConnectError("the lease is lost", Code.NotFound);
  fence(run, epoch);
  run.epoch = epoch;
  clearTimeout(run.ends);
  run.ends = expiry(node, runId);
  return { remainingUs: BigInt(wish.leaseMs * 1000) };
}

function residue(node: Node, uids: readonly string[]) {
  const held = [...node.runs.values()].flatMap(({ faults }) => [...faults.values()]);
  const found = held.filter(({ victim }) => uids.length === 0 || uids.includes(victim));
  return { residue: found.map(({ victim }) => ({ where: victim, what: "a fault of the stand-in" })) };
}

function routesOf(node: Node) {
  const lease = { renewEveryUs: BigInt(wish.renewEveryMs * 1000), expiresAfterUs: BigInt(wish.leaseMs * 1000) };
  const effects = EFFECTS.map((effect) => ({
    effect,
    available: true,
    backEnd: "stand-in",
    reason: "it only says so",
  }));
  const maxima = { maxDurationUs: 1_800_000_000n, maxFaults: 1024 };
  return (router: ConnectRouter) =>
    router.service(NodeDaemonService, {
      capabilities: () => late("capabilities", () => ({ node: node.name, capabilities: effects, maxima, lease })),
      inject: async (request) => {
        const orders = (node.orders.get(request.runId) ?? 0) + 1;
        node.orders.set(request.runId, orders);
        counted.mostOfARunOnANode = Math.max(counted.mostOfARunOnANode, orders);
        try {
          return await inTurn(node, () => late("inject", () => inject(node, request)));
        } finally {
          node.orders.set(request.runId, (node.orders.get(request.runId) ?? 1) - 1);
        }
      },
      renew: ({ runId, epoch }) => inTurn(node, () => late("renew", () => renew(node, runId, epoch))),
      revert: ({ runId, faultId, epoch }) =>
        inTurn(node, () =>
          late("revert", () => {
            fence(node.runs.get(runId), epoch);
            if (faultId === "") return { reverted: end(node, runId) };
            return { reverted: node.runs.get(runId)?.faults.delete(faultId) ? 1 : 0 };
          }),
        ),
      list: ({ runId }) =>
        late("list", () => ({
          faults: [...(node.runs.get(runId)?.faults.keys() ?? [])].map((faultId) => ({ runId, faultId })),
        })),
      residue: ({ victims }) =>
        late("residue", () =>
          residue(
            node,
            victims.map(({ podUid }) => podUid),
          ),
        ),
    });
}

function standing(): Standing {
  const runs = nodes.flatMap((node) => [...node.runs.values()]);
  return { ...counted, calls, holding: runs.reduce((sum, { faults }) => sum + faults.size, 0) };
}

const [cert, key, ca] = [wish.certFile, wish.keyFile, wish.caFile].map((file) => readFileSync(file));
const secure = { cert, key, ca, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" } as const;
await Promise.all(
  Object.entries(wish.nodes).map(([name, address]) => {
    const node: Node = { name, runs: new Map(), ended: new Map(), orders: new Map(), turn: Promise.resolve() };
    nodes.push(node);
    const server = createSecureServer(secure, connectNodeAdapter({ routes: routesOf(node) }));
    return new Promise<void>((resolve) => server.listen(wish.port, address, resolve));
  }),
);
process.on("message", (word: "standing" | "refuse" | "permit") => {
  if (word !== "standing") refuses = word === "refuse";
  process.send?.(standing());
});
process.on("disconnect", () => process.exit(0));
process.send?.(standing());
