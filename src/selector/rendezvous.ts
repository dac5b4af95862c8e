import { siphash24, siphashUnder } from "./siphash.ts";

/**
 * Orders items by highest random weight (Thaler and Ravishankar, "A name-based mapping scheme for rendezvous", 1996): each item's
 * weight depends on the seed and its own key alone, so that one item coming or going moves at most one place in any prefix.
 * `seed` is hex of 16 bytes or more; ties, which a 64-bit hash makes all but impossible, fall back to the key.
 */
export function rendezvousOrder<T>(items: readonly T[], keyOf: (item: T) => string, seed: string): readonly T[] {
  const hash = siphashUnder(keyOfSeed(seed));
  const encoder = new TextEncoder();
  return items
    .map((item) => {
      const name = keyOf(item);
      return { item, name, weight: hash(encoder.encode(name)) };
    })
    .sort((a, b) => (a.weight === b.weight ? compare(a.name, b.name) : a.weight > b.weight ? -1 : 1))
    .map(({ item }) => item);
}

/** A whole number in 0..`most` inclusive, drawn from the seed for `purpose`; the same seed draws the same number. */
export function drawUpTo(most: number, seed: string, purpose: string): number {
  const hash = siphash24(keyOfSeed(seed), new TextEncoder().encode(`draw:${purpose}`));
  return Number(hash % BigInt(most + 1));
}

/** Names to 16 hex digits that nobody can make, or guess a name by, without the seed. */
export function markUnder(seed: string): (name: string) => string {
  const hash = siphashUnder(keyOfSeed(seed));
  return (name) =>
    hash(new TextEncoder().encode(`mark:${name}`))
      .toString(16)
      .padStart(16, "0");
}

function keyOfSeed(seed: string): readonly [bigint, bigint] {
  if (!/^[0-9a-f]{32,}$/i.test(seed)) throw new Error("a selection seed is at least 32 hex digits");
  return [BigInt(`0x${seed.slice(0, 16)}`), BigInt(`0x${seed.slice(16, 32)}`)];
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
