// Systems of calls played event by event, which know no formula: arrivals by chance, slots, queues, clients that try again.
// Seconds and calls per second; chance comes from the caller's generator.

import { type Chance, exponential } from "./simulation.ts";

/** How long a call holds its slot. */
export type Hold = (chance: Chance) => number;

/** A share f of the calls holds its slot longer by d. */
export function faulted(hold: Hold, fraction: number, addedSeconds: number): Hold {
  return (chance) => hold(chance) + (chance() < fraction ? addedSeconds : 0);
}

export type Service = {
  readonly slots: number;
  /** Calls that may wait behind busy slots, first come first served; beyond them calls are refused. */
  readonly places: number;
  readonly ratePerSecond: number;
  readonly hold: Hold;
  readonly arrivals: number;
  readonly retries?: Retries;
};

export type Retries = { readonly most: number; readonly backoffSeconds: number };

export type Played = {
  /** Calls in slots, mean over time. */
  readonly busy: number;
  /** Share of attempts that were refused. */
  readonly refused: number;
  /** Attempts per second, first ones and repeated ones. */
  readonly attemptsPerSecond: number;
  /** Of attempts that were let in, from arrival to slot. */
  readonly waits: readonly number[];
};

type Arrival = { readonly at: number; readonly attempt: number };

/** Plays first attempts that arrive by a Poisson process, and leaves out the first tenth of them. */
export function play(service: Service, chance: Chance): Played {
  const { slots, places, ratePerSecond, hold, arrivals, retries = { most: 0, backoffSeconds: 0 } } = service;
  const freeAt = new Float64Array(slots);
  const waiting: number[] = [];
  const repeated = new Agenda<Arrival>(({ at }) => at);
  const seen = { from: Number.POSITIVE_INFINITY, attempts: 0, refused: 0, held: 0 };
  const waits: number[] = [];
  let next = exponential(chance, 1 / ratePerSecond);
  let now = 0;
  for (let arrived = 0; arrived < arrivals; ) {
    const again = repeated.takeBefore(next);
    now = again?.at ?? next;
    if (again === undefined) {
      next += exponential(chance, 1 / ratePerSecond);
      arrived++;
    }
    if (arrived === Math.floor(arrivals / 10)) seen.from = Math.min(seen.from, now);
    const counts = now >= seen.from;
    while ((waiting[0] ?? Number.POSITIVE_INFINITY) <= now) waiting.shift();
    const slot = earliest(freeAt);
    const starts = Math.max(now, freeAt[slot] ?? 0);
    if (counts) seen.attempts++;
    if (starts > now && waiting.length >= places) {
      if (counts) seen.refused++;
      const attempt = again?.attempt ?? 0;
      if (attempt < retries.most)
        repeated.add({ at: now + exponential(chance, retries.backoffSeconds), attempt: attempt + 1 });
      continue;
    }
    if (starts > now) waiting.push(starts);
    const held = hold(chance);
    freeAt[slot] = starts + held;
    if (counts) {
      seen.held += held;
      waits.push(starts - now);
    }
  }
  const seconds = now - seen.from;
  return {
    busy: seen.held / seconds,
    refused: seen.refused / seen.attempts,
    attemptsPerSecond: seen.attempts / seconds,
    waits,
  };
}

/** Things that happen later, soonest first: a binary heap. */
class Agenda<T> {
  readonly #items: T[] = [];
  readonly #when: (item: T) => number;

  constructor(when: (item: T) => number) {
    this.#when = when;
  }

  add(item: T): void {
    const items = this.#items;
    items.push(item);
    for (let at = items.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isSooner(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  takeBefore(time: number): T | undefined {
    const items = this.#items;
    const [first] = items;
    if (first === undefined || this.#when(first) > time) return undefined;
    const last = items.pop();
    if (items.length > 0 && last !== undefined) {
      items[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = right < this.#items.length && this.#isSooner(right, left) ? right : left;
      if (child >= this.#items.length || !this.#isSooner(child, at)) return;
      this.#swap(child, at);
      at = child;
    }
  }

  #isSooner(a: number, b: number): boolean {
    const [one, other] = [this.#items[a], this.#items[b]];
    return one !== undefined && other !== undefined && this.#when(one) < this.#when(other);
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#items[a], this.#items[b]];
    if (one === undefined || other === undefined) throw new Error("no such place in the heap");
    this.#items[a] = other;
    this.#items[b] = one;
  }
}

function earliest(times: Float64Array): number {
  let best = 0;
  for (let slot = 1; slot < times.length; slot++) if ((times[slot] ?? 0) < (times[best] ?? 0)) best = slot;
  return best;
}

/** Clients that give up after a timeout and try again at once, before one queue of a server that works on what nobody waits for. */
export type Impatient = {
  readonly ratePerSecond: number;
  readonly capacityPerSecond: number;
  readonly places: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  /** Calls that are in the queue at the beginning: what a fault left behind. */
  readonly backlog: number;
  readonly seconds: number;
};

/** Attempts per second in the last half of the time. */
export function playImpatient(clients: Impatient, chance: Chance): number {
  const { ratePerSecond, capacityPerSecond, places, timeoutSeconds, retries, backlog, seconds } = clients;
  const again = new Agenda<Arrival>(({ at }) => at);
  let busyUntil = backlog / capacityPerSecond;
  let next = exponential(chance, 1 / ratePerSecond);
  let late = 0;
  for (;;) {
    const retry = again.takeBefore(next);
    const now = retry?.at ?? next;
    if (now > seconds) return late / (seconds / 2);
    if (retry === undefined) next += exponential(chance, 1 / ratePerSecond);
    if (now > seconds / 2) late++;
    const isRefused = (busyUntil - now) * capacityPerSecond >= places;
    if (!isRefused) busyUntil = Math.max(now, busyUntil) + exponential(chance, 1 / capacityPerSecond);
    const attempt = retry?.attempt ?? 0;
    if ((isRefused || busyUntil - now > timeoutSeconds) && attempt < retries)
      again.add({ at: now + timeoutSeconds, attempt: attempt + 1 });
  }
}

export type Users = {
  readonly count: number;
  readonly thinkSeconds: number;
  readonly demandSeconds: number;
  readonly seconds: number;
};

/** Requests per second of users who think, ask one server and wait for it. */
export function playUsers({ count, thinkSeconds, demandSeconds, seconds }: Users, chance: Chance): number {
  const asks = new Agenda<number>((at) => at);
  for (let user = 0; user < count; user++) asks.add(exponential(chance, thinkSeconds));
  let freeAt = 0;
  for (let done = 0; ; done++) {
    const at = asks.takeBefore(seconds);
    if (at === undefined) return done / seconds;
    freeAt = Math.max(at, freeAt) + exponential(chance, demandSeconds);
    asks.add(freeAt + exponential(chance, thinkSeconds));
  }
}
