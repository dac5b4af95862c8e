/**
 * How many requests are due `elapsedMs` after the start at a constant rate, less those that were sent. An open loop: what is due
 * does not depend on how fast answers come, and a late timer makes up for what it missed.
 */
export function due(elapsedMs: number, perSecond: number, sent: number): number {
  return Math.max(0, Math.floor((elapsedMs * perSecond) / 1000) - sent);
}
