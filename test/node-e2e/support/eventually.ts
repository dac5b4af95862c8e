import { setTimeout as delay } from "node:timers/promises";

/** Asks every 200 ms until the answer is a value; fails after `withinMs`, saying what was waited for. */
export async function eventually<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(200);
  }
  throw new Error(`${what}: not within ${withinMs} ms`);
}
