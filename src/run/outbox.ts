// Reports go out beside the run and never hold it up: while one is on its way only the newest of the rest is kept.

import type { Reports } from "./ports.ts";
import type { Order, RunReport } from "./report.ts";

export type Outbox = {
  offer(report: RunReport): void;
  /** When a report was last taken; the time of creation before that. */
  heardAt(): number;
  /** Resolves when nothing is on its way any more: whether the newest report was taken. */
  flushed(): Promise<boolean>;
};

/** Sends reports one at a time and hands on the orders that come back. */
export function createOutbox(
  reports: Reports,
  now: () => number,
  onOrders: (orders: readonly Order[]) => void,
): Outbox {
  let heardAt = now();
  let next: RunReport | undefined;
  let sending: Promise<void> | undefined;
  let taken = true;

  async function sendAll(): Promise<void> {
    for (let report = take(); report !== undefined; report = take()) {
      taken = await send(report);
    }
    sending = undefined;
  }

  async function send(report: RunReport): Promise<boolean> {
    try {
      const orders = await reports.send(report);
      heardAt = now();
      onOrders(orders);
      return true;
    } catch {
      // Refused for good: the journal keeps the truth, later reports say more, and silence for too long ends the run.
      return false;
    }
  }

  function take(): RunReport | undefined {
    const report = next;
    next = undefined;
    return report;
  }

  return {
    offer(report) {
      next = report;
      sending ??= sendAll();
    },
    heardAt: () => heardAt,
    async flushed() {
      await sending;
      return taken;
    },
  };
}
