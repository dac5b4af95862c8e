import { describe, expect, it } from "vitest";
import type { FaultRequest, Faults } from "../../src/run/ports.ts";

export type FaultsUnderTest = {
  readonly faults: Faults;
  readonly node: string;
  /** A fault that this node can do, to a victim that is there, under a ticket that permits it; of a run that is new each time. */
  readonly request: FaultRequest;
};

/** What every daemon must do, as far as a runner can see it. */
export function faultsContract(name: string, make: () => Promise<FaultsUnderTest>): void {
  describe(`${name} injects faults: it`, () => {
    it("says what it can do, and that nothing outlives 45 s without a word", async () => {
      const { faults, node } = await make();
      const { effects, lease, maxDurationMs } = await faults.capabilities(node);
      expect(effects.length).toBeGreaterThan(0);
      expect(lease.expiresAfterSeconds).toBeLessThanOrEqual(45);
      expect(lease.renewEverySeconds).toBeLessThan(lease.expiresAfterSeconds);
      expect(maxDurationMs).toBeGreaterThan(0);
    });

    it("puts a fault in place and takes it back, without a trace", async () => {
      const { faults, node, request } = await make();
      const { runId, faultId, epoch, victim } = request;
      expect((await faults.inject(node, request)).faultId).toBe(faultId);
      expect(await faults.active(node, runId)).toEqual([faultId]);
      expect(await faults.residue(node, [victim])).not.toEqual([]);
      expect(await faults.revert(node, runId, epoch)).toEqual({ reverted: 1, failures: [] });
      expect(await faults.active(node, runId)).toEqual([]);
      expect(await faults.residue(node, [victim])).toEqual([]);
    });

    it("answers a repeated fault with the same receipt", async () => {
      const { faults, node, request } = await make();
      const receipt = await faults.inject(node, request);
      expect(await faults.inject(node, request)).toEqual(receipt);
      expect(await faults.active(node, request.runId)).toHaveLength(1);
      await faults.revert(node, request.runId, request.epoch);
    });

    it("reverts one fault or all of a run, twice as well as once, and what was never there", async () => {
      const { faults, node, request } = await make();
      const { runId, faultId, epoch } = request;
      await faults.inject(node, request);
      expect((await faults.revert(node, runId, epoch, faultId)).failures).toEqual([]);
      expect(await faults.revert(node, runId, epoch, faultId)).toEqual({ reverted: 0, failures: [] });
      expect(await faults.revert(node, runId, epoch)).toEqual({ reverted: 0, failures: [] });
    });

    it("renews the lease of a run that it holds, and has lost every other", async () => {
      const { faults, node, request } = await make();
      expect(await faults.renew(node, request.runId, request.epoch)).toEqual({ kind: "lost" });
      await faults.inject(node, request);
      const renewed = await faults.renew(node, request.runId, request.epoch);
      expect(renewed.kind === "renewed" ? renewed.remainingMs : 0).toBeGreaterThan(0);
      await faults.revert(node, request.runId, request.epoch);
    });

    it("obeys nobody whose epoch is over", async () => {
      const { faults, node, request } = await make();
      const { runId } = request;
      await faults.inject(node, { ...request, epoch: 2 });
      await expect(faults.renew(node, runId, 1)).rejects.toMatchObject({ code: "DAEMON_REFUSED" });
      expect(await faults.active(node, runId)).toHaveLength(1);
      await faults.revert(node, runId, 2);
    });
  });
}
