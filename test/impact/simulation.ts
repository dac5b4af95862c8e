// Discrete-event simulations that the queueing formulas are compared with. Chance comes from a generator with a fixed seed.

import type { Guard } from "../../src/impact/detection.ts";
import type { Saturation, SaturationForm } from "../../src/impact/saturation.ts";

export type Chance = () => number;

/** Numbers between 0 and 1 from a 32-bit xorshift generator (Marsaglia, 2003). */
export function chanceFrom(seed: number): Chance {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
}

export function exponential(chance: Chance, mean: number): number {
  return -mean * Math.log(chance());
}

/** Waits of a queue before c servers, first come first served, Poisson arrivals and exponential service. */
export function simulateWaits(servers: number, rate: number, serviceSeconds: number, arrivals: number): number[] {
  const chance = chanceFrom(7);
  const freeAt = Array.from({ length: servers }, () => 0);
  let now = 0;
  return Array.from({ length: arrivals }, () => {
    now += exponential(chance, 1 / rate);
    const first = freeAt.indexOf(Math.min(...freeAt));
    const start = Math.max(now, freeAt[first] ?? 0);
    freeAt[first] = start + exponential(chance, serviceSeconds);
    return start - now;
  });
}

/** Mean over many runs of the moment when a pool is full after a fault that begins at 0. */
export function simulateSaturation(form: SaturationForm, pool: Saturation, runs: number): number {
  const chance = chanceFrom(11);
  const times = Array.from({ length: runs }, () => fullAt(form, pool, chance));
  return times.reduce((sum, each) => sum + each, 0) / runs;
}

function fullAt(form: SaturationForm, pool: Saturation, chance: Chance): number {
  const { size, ratePerSecond, serviceSeconds } = pool;
  let now = -20 * serviceSeconds - 1 / ratePerSecond;
  let ends: number[] = [];
  let begun = false;
  for (;;) {
    now += exponential(chance, 1 / ratePerSecond);
    if (now > 0 && !begun) {
      ends = ends.filter((end) => end > 0).map((end) => disturbed(end, form, pool, chance));
      begun = true;
    }
    ends = ends.filter((end) => end > now);
    ends.push(now + held(begun, form, pool, chance));
    if (begun && ends.length >= size) return now;
  }
}

/** The end of a call that was under way when the fault began. */
function disturbed(end: number, form: SaturationForm, pool: Saturation, chance: Chance): number {
  if (form === "new-requests" || chance() >= pool.fraction) return end;
  return form === "network" ? end + pool.addedSeconds : exponential(chance, pool.serviceSeconds + pool.addedSeconds);
}

function held(begun: boolean, form: SaturationForm, pool: Saturation, chance: Chance): number {
  const added = begun && chance() < pool.fraction ? pool.addedSeconds : 0;
  const mean = pool.serviceSeconds + added;
  return form === "exponential" ? exponential(chance, mean) : mean;
}

/** When a guard aborts whose counters begin to rise at 0, scraped and polled at fixed intervals from their phases on. */
export function simulateGuard(guard: Guard, errors: number, scrapePhase: number, pollPhase: number): number {
  for (let poll = pollPhase * guard.pollSeconds; ; poll += guard.pollSeconds) {
    const first = scrapePhase * guard.scrapeSeconds;
    const scrape = first + Math.floor((poll - first) / guard.scrapeSeconds) * guard.scrapeSeconds;
    const overWindow = (errors * Math.min(guard.windowSeconds, Math.max(0, scrape))) / guard.windowSeconds;
    if (overWindow > guard.threshold) return poll;
  }
}

/** Time-average of the number inside where everybody stays a random time of this mean, after a warm-up of twenty such times. */
export function simulateNumberInSystem(rate: number, staySeconds: number, arrivals: number, seed: number): number {
  const chance = chanceFrom(seed);
  const end = arrivals / rate;
  const from = Math.min(end / 2, 20 * staySeconds);
  let inside = 0;
  for (let now = exponential(chance, 1 / rate); now < end; now += exponential(chance, 1 / rate)) {
    const leaves = now + exponential(chance, staySeconds);
    inside += Math.max(0, Math.min(leaves, end) - Math.max(now, from));
  }
  return inside / (end - from);
}
