// A client's bulkhead: a fixed number of connections, each held by one call for as long as the call is open. Nobody queues: when
// none is free the caller hears so at once.

import { Connection, type Outcome } from "./connection.ts";

export type PoolOutcome = Outcome | "no-free-connection";

/** Long enough for a cold connection to a slow peer; nobody waits for it. */
const WARM_UP_TIMEOUT_MS = 5_000;

export class Pool {
  readonly size: number;
  #all: readonly Connection[] = [];
  /** The one that was idle longest comes first, so that all stay warm. */
  #free: Connection[] = [];

  constructor(size: number) {
    this.size = size;
  }

  get inUse(): number {
    return this.#all.length - this.#free.length;
  }

  /**
   * Spreads the pool over these addresses and resolves when every connection is open. What already goes to one of them stays; a
   * new connection makes one call before it is used, so that no order pays for its handshake.
   */
  async connectTo(addresses: readonly string[]): Promise<void> {
    const spare = [...this.#all];
    const kept: Connection[] = [];
    const opened: Connection[] = [];
    for (const address of this.#spread(addresses)) {
      const index = spare.findIndex((connection) => connection.address === address);
      if (index < 0) opened.push(new Connection(address));
      else kept.push(...spare.splice(index, 1));
    }
    this.#all = [...kept, ...opened];
    for (const idle of this.#free.filter((connection) => spare.includes(connection))) idle.close();
    this.#free = this.#free.filter((connection) => kept.includes(connection));
    await Promise.all(opened.map((connection) => this.#callOn(connection, WARM_UP_TIMEOUT_MS)));
  }

  async call(timeoutMs: number): Promise<PoolOutcome> {
    const connection = this.#free.shift();
    return connection === undefined ? "no-free-connection" : this.#callOn(connection, timeoutMs);
  }

  #spread(addresses: readonly string[]): readonly string[] {
    if (addresses.length === 0) return [];
    return Array.from({ length: this.size }, (_, index) => addresses[index % addresses.length] ?? "");
  }

  /** A connection that left the pool while its call was open is closed after it. */
  async #callOn(connection: Connection, timeoutMs: number): Promise<Outcome> {
    const outcome = await connection.call(timeoutMs);
    if (this.#all.includes(connection)) this.#free.push(connection);
    else connection.close();
    return outcome;
  }
}
