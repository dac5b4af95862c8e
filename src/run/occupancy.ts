/** Which pods are being hit by which run: no victim is shared. */
export type Occupancy = {
  /** Takes all of the pods or none; answers why not, a sentence for each pod that is taken. */
  reserve(runId: string, podUids: readonly string[]): readonly string[];
  release(runId: string): void;
};

/** An occupancy in which every pod is free. */
export function createOccupancy(): Occupancy {
  const takenBy = new Map<string, string>();
  return {
    reserve(runId, podUids) {
      const taken = podUids.flatMap((uid) => {
        const other = takenBy.get(uid);
        return other === undefined || other === runId ? [] : [`pod ${uid} is being hit by run ${other}`];
      });
      if (taken.length === 0) for (const uid of podUids) takenBy.set(uid, runId);
      return taken;
    },
    release(runId) {
      for (const [uid, owner] of takenBy) if (owner === runId) takenBy.delete(uid);
    },
  };
}
