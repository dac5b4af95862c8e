import type { Delivery } from "../../github/delivery.ts";

export type WorkQueue = {
  /** Returns at once; the delivery is worked on after those of the same pull request that came before. */
  readonly take: (delivery: Delivery) => void;
  /** Resolves when everything that was taken is done. */
  readonly drain: () => Promise<void>;
};

/** Work after the acknowledgement: one delivery at a time for each pull request, so that two never write the same comment twice. */
export function createWorkQueue(work: (delivery: Delivery) => Promise<void>): WorkQueue {
  const tails = new Map<string, Promise<void>>();
  return {
    take(delivery) {
      const key = keyOf(delivery);
      const tail = (tails.get(key) ?? Promise.resolve())
        .then(() => work(delivery))
        // Reported and logged where it was handled; the next delivery must have its turn.
        .catch(() => undefined)
        .finally(() => {
          if (tails.get(key) === tail) tails.delete(key);
        });
      tails.set(key, tail);
    },
    async drain() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}

function keyOf(delivery: Delivery): string {
  const { owner, name } = delivery.repository;
  return `${owner}/${name}#${delivery.kind === "check" ? delivery.headSha : delivery.number}`;
}
