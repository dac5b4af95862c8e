import type { Delivery } from "../../github/delivery.ts";
import { type Haste, hasteOf, moreUrgent } from "../../github/haste.ts";

export type WorkQueue = {
  /** Returns at once; the delivery is worked on after those of the same pull request that came before. */
  readonly take: (delivery: Delivery) => void;
  /** Resolves when everything that was taken is done. */
  readonly drain: () => Promise<void>;
  /** How many deliveries were taken and are not done. */
  readonly size: () => number;
};

/** Works on a delivery; its haste may be raised while it is being worked on. */
export type Work = (delivery: Delivery, haste: () => Haste) => Promise<void>;

/** Reviews under way at once: what waits is a few facts, what is under way holds every file of a pull request. */
const MOST_REVIEWS = 16;

/** What waits of one pull request is as urgent as its most urgent delivery, because that one comes after the others. */
type Chain = { tail: Promise<void>; haste: Haste };

/**
 * Work after the acknowledgement: one delivery at a time for each pull request, so that two never write the same comment twice. Many
 * pull requests at once are reviewed in the order in which they came, and nobody who comments or stops something waits for that.
 */
export function createWorkQueue(work: Work, most = MOST_REVIEWS): WorkQueue {
  const chains = new Map<string, Chain>();
  const places = createPlaces(most);
  let size = 0;
  return {
    take(delivery) {
      const key = keyOf(delivery);
      const chain = chains.get(key) ?? { tail: Promise.resolve(), haste: "review" };
      chains.set(key, chain);
      chain.haste = moreUrgent(chain.haste, hasteOf(delivery));
      places.look();
      const haste = () => chain.haste;
      size += 1;
      const tail = chain.tail
        .then(() => places.within(haste, () => work(delivery, haste)))
        // Reported and logged where it was handled; the next delivery must have its turn.
        .catch(() => undefined)
        .finally(() => {
          size -= 1;
          if (chain.tail === tail) chains.delete(key);
        });
      chain.tail = tail;
    },
    async drain() {
      while (chains.size > 0) await Promise.all([...chains.values()].map(({ tail }) => tail));
    },
    size: () => size,
  };
}

type Places = {
  /** Does the work as soon as there is a place; what is urgent needs none. */
  readonly within: (haste: () => Haste, work: () => Promise<void>) => Promise<void>;
  /** Looks whether somebody who waits may begin. */
  readonly look: () => void;
};

type Waiting = { readonly haste: () => Haste; readonly begin: () => void };

function createPlaces(most: number): Places {
  let taken = 0;
  const waiting: Waiting[] = [];
  const mayBegin = ({ haste }: Waiting) => haste() !== "review" || taken < most;
  const look = () => {
    for (let next = waiting.find(mayBegin); next !== undefined; next = waiting.find(mayBegin)) {
      waiting.splice(waiting.indexOf(next), 1);
      taken += 1;
      next.begin();
    }
  };
  return {
    within: async (haste, work) => {
      await new Promise<void>((begin) => {
        waiting.push({ haste, begin });
        look();
      });
      try {
        await work();
      } finally {
        taken -= 1;
        look();
      }
    },
    look,
  };
}

function keyOf(delivery: Delivery): string {
  const { owner, name } = delivery.repository;
  return `${owner}/${name}#${placeOf(delivery)}`;
}

function placeOf(delivery: Delivery): string | number {
  switch (delivery.kind) {
    case "check":
    case "merge-group":
      return delivery.headSha;
    case "push":
      return delivery.branch;
    case "installed":
      return "installed";
    default:
      return delivery.number;
  }
}
