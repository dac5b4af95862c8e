// Requests of people who do not know of each other: a Poisson stream, the same one for the same seed.

export type Random = () => number;

/** Numbers in [0, 1) from a 32-bit seed (mulberry32): good enough to spread users, nothing secret hangs on it. */
export function newRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * An open loop: returns how many requests have become due since it was last asked, `elapsedMs` after the start. What is due does
 * not depend on how fast answers come, and a late timer makes up for what it missed.
 */
export function newArrivals(perSecond: number, random: Random): (elapsedMs: number) => number {
  let nextAt = gap();
  return (elapsedMs) => {
    let due = 0;
    for (; nextAt <= elapsedMs; nextAt += gap()) due += 1;
    return due;
  };

  function gap(): number {
    return (-Math.log(1 - random()) / perSecond) * 1000;
  }
}
