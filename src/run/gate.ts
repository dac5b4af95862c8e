/** Lets so many through at once, in the order in which they came: a timeout that begins behind it does not count the waiting. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** A gate that is `most` wide. */
export function createGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return async (work) => {
    // Whoever leaves hands its place to the first who waits, so that nobody slips in between.
    if (inside >= most) await new Promise<void>((enter) => waiting.push(enter));
    else inside += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) inside -= 1;
      else next();
    }
  };
}
