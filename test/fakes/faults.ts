import type { Clock } from "../../src/clock.ts";
import { AppError } from "../../src/errors.ts";
import type { FaultReceipt, FaultRequest, Faults, NodeCapabilities } from "../../src/run/ports.ts";
import { Trouble } from "./trouble.ts";

type Held = { readonly request: FaultRequest; readonly receipt: FaultReceipt; readonly deadline: number };
type Run = { epoch: number; leaseEnds: number; readonly faults: Map<string, Held> };

export type FakeFaults = Faults & {
  readonly trouble: Trouble;
  /** What the daemon's own probe says; undefined: it could not measure. */
  felt: boolean | undefined;
  capable: NodeCapabilities;
  readonly unavailable: Set<string>;
  /** Faults that hold somebody now, on every node, as an outside observer would count them. */
  holding(): readonly string[];
  /** As a restart of the daemons: everything is reverted and every lease forgotten. */
  restart(): void;
  /** As the end of the first `many` victims: their faults end with them, and the lease goes on. */
  endVictims(many: number): void;
  /** Everything that was ever asked for. */
  readonly injected: FaultRequest[];
};

const EFFECTS = ["delay", "loss", "duplicate", "corrupt", "reorder", "rate", "bandwidth", "partition", "process-kill"];
const LEASE = { renewEverySeconds: 15, expiresAfterSeconds: 45 };

/** Daemons with leases, deadlines and fencing, all on the test's clock. */
export function createFakeFaults(clock: Clock): FakeFaults {
  const trouble = new Trouble("DAEMON_UNREACHABLE");
  const nodes = new Map<string, Map<string, Run>>();

  function runsOf(node: string): Map<string, Run> {
    const runs = nodes.get(node) ?? new Map<string, Run>();
    nodes.set(node, runs);
    for (const [id, run] of runs) {
      for (const [fault, held] of run.faults) if (held.deadline <= clock.now()) run.faults.delete(fault);
      if (run.leaseEnds <= clock.now()) runs.delete(id);
    }
    return runs;
  }

  function fence(run: Run | undefined, epoch: number): void {
    if (run === undefined) return;
    if (epoch !== 0 && epoch < run.epoch) throw new AppError("DAEMON_REFUSED", `epoch ${epoch} is behind ${run.epoch}`);
    run.epoch = Math.max(run.epoch, epoch);
  }

  const fake: FakeFaults = {
    trouble,
    felt: true,
    unavailable: new Set(),
    injected: [],
    capable: { node: "", effects: [], maxDurationMs: 1_800_000, lease: LEASE },
    async capabilities(node) {
      trouble.meet("capabilities");
      const effects = EFFECTS.map((effect) => ({
        effect,
        available: !fake.unavailable.has(effect),
        backEnd: "fake",
        reason: fake.unavailable.has(effect) ? "told to be unavailable" : "a fake can do everything",
      }));
      return { ...fake.capable, node, effects };
    },
    async inject(node, request) {
      trouble.meet("inject");
      const { runId, faultId, epoch, deadlineMs } = request;
      const runs = runsOf(node);
      fence(runs.get(runId), epoch);
      const run = runs.get(runId) ?? {
        epoch,
        leaseEnds: clock.now() + LEASE.expiresAfterSeconds * 1000,
        faults: new Map(),
      };
      runs.set(runId, run);
      const known = run.faults.get(faultId);
      if (known !== undefined) return known.receipt;
      const felt = { measured: fake.felt !== undefined, felt: fake.felt === true, how: "the fake was told so" };
      const receipt = { faultId, effect: "fake", backEnd: "fake", felt, did: [`put ${faultId} in place`] };
      run.faults.set(faultId, { request, receipt, deadline: clock.now() + deadlineMs });
      fake.injected.push(request);
      return receipt;
    },
    async renew(node, runId, epoch) {
      trouble.meet("renew");
      const run = runsOf(node).get(runId);
      if (run === undefined) return { kind: "lost" };
      fence(run, epoch);
      run.leaseEnds = clock.now() + LEASE.expiresAfterSeconds * 1000;
      return { kind: "renewed", remainingMs: LEASE.expiresAfterSeconds * 1000 };
    },
    async revert(node, runId, epoch, faultId) {
      trouble.meet("revert");
      const runs = runsOf(node);
      const run = runs.get(runId);
      fence(run, epoch);
      const doomed = [...(run?.faults.keys() ?? [])].filter((id) => faultId === undefined || id === faultId);
      for (const id of doomed) run?.faults.delete(id);
      if (run?.faults.size === 0) runs.delete(runId);
      return { reverted: doomed.length, failures: [] };
    },
    async residue(node, victims) {
      trouble.meet("residue");
      const uids = victims.map(({ podUid }) => podUid);
      const held = [...runsOf(node).values()].flatMap(({ faults }) => [...faults.values()]);
      const found = held.filter(({ request }) => uids.length === 0 || uids.includes(request.victim.podUid));
      return found.map(({ request }) => `${request.victim.pod}: ${request.faultId}`);
    },
    async active(node, runId) {
      trouble.meet("active");
      return [...(runsOf(node).get(runId)?.faults.keys() ?? [])];
    },
    holding: () =>
      [...nodes.keys()].flatMap((node) => [...runsOf(node).values()].flatMap(({ faults }) => [...faults.keys()])),
    restart: () => nodes.clear(),
    endVictims(many) {
      const held = [...nodes.values()].flatMap((runs) => [...runs.values()].map(({ faults }) => faults));
      const each = held.flatMap((faults) => [...faults.keys()].map((faultId) => ({ faults, faultId })));
      for (const { faults, faultId } of each.slice(0, many)) faults.delete(faultId);
    },
  };
  return fake;
}
