/** A pod that lived this long has started properly; its end is not a crash loop. */
const LONG_ENOUGH_MS = 5_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/** How many pods in a row died young, counted with one more that lived for `livedMs`. */
export function crashesInARow(before: number, livedMs: number): number {
  return livedMs >= LONG_ENOUGH_MS ? 0 : before + 1;
}

/** How long a controller waits before it replaces a pod: not at all at first, then twice as long each time. */
export function restartDelayMs(crashes: number): number {
  if (crashes <= 1) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** (crashes - 2), LONGEST_DELAY_MS);
}
