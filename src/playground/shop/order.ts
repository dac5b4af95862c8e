// How checkout answers an order: what became of the call to payment enters, a status code leaves.

import type { Breaker } from "./breaker.ts";
import type { Pool, PoolOutcome } from "./pool.ts";
import type { Answer } from "./service.ts";

/** `fragile` tells the user of every trouble; `resilient` takes the order and charges later. */
export type Mode = "fragile" | "resilient";

const REFUSALS: Readonly<Record<Exclude<PoolOutcome, "answered">, Answer>> = {
  "no-free-connection": { code: 503, body: '{"error":"every connection to payment is in use"}' },
  timeout: { code: 504, body: '{"error":"payment took too long"}' },
  failed: { code: 502, body: '{"error":"payment could not be reached"}' },
};

/** Every code that checkout can answer. */
export const CHECKOUT_CODES = [200, 202, 502, 503, 504];

/** Places one order. */
export async function placeOrder(mode: Mode, pool: Pool, breaker: Breaker, timeoutMs: number): Promise<Answer> {
  if (mode === "fragile") return answerTo(await pool.call(timeoutMs));
  if (!breaker.mayCall()) return QUEUED;
  const outcome = await pool.call(timeoutMs);
  breaker.note(outcome === "answered");
  return outcome === "answered" ? PAID : QUEUED;
}

const PAID: Answer = { code: 200, body: '{"order":"paid"}' };
const QUEUED: Answer = { code: 202, body: '{"order":"accepted","payment":"will be charged later"}' };

function answerTo(outcome: PoolOutcome): Answer {
  return outcome === "answered" ? PAID : REFUSALS[outcome];
}
