import type { InterruptionEvent } from "./event.ts";
import type { Order } from "./report.ts";

/** What reaches a run unasked. It is looked at before every command, and ends a wait at once. */
export type Inbox = {
  put(event: InterruptionEvent): void;
  /** Puts an order, once: the bot repeats it in every answer until the run has ended. */
  putOrder(order: Order, at: number): void;
  take(): InterruptionEvent | undefined;
  /** Aborted when something is put, or is waiting already. */
  signal(): AbortSignal;
};

/** An empty inbox. */
export function createInbox(): Inbox {
  const waiting: InterruptionEvent[] = [];
  const ordered = new Set<Order["kind"]>();
  let bell = new AbortController();

  function put(event: InterruptionEvent): void {
    waiting.push(event);
    bell.abort();
  }

  return {
    put,
    putOrder(order, at) {
      if (ordered.has(order.kind)) return;
      ordered.add(order.kind);
      put({ kind: "ordered", order, at });
    },
    take() {
      const event = waiting.shift();
      if (waiting.length === 0 && bell.signal.aborted) bell = new AbortController();
      return event;
    },
    signal: () => bell.signal,
  };
}
