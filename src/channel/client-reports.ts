import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { Reports } from "../run/ports.ts";
import type { Order, RunReport } from "../run/report.ts";
import type { ChannelClient } from "./client.ts";
import { REPORTS_PATH } from "./protocol.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Reports over the channel: each is sent again, ever more slowly, until the bot takes it, refuses it for good, or `over` aborts. */
export function createChannelReports(client: ChannelClient, clock: Clock, over?: AbortSignal): Reports {
  return {
    async send(report) {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        const orders = await tryOnce(client, report);
        if (orders !== undefined) return orders;
        await clock.sleep(pauseMs, over);
        if (over?.aborted)
          throw new AppError("CHANNEL_REFUSED", `report of ${report.runId} was not taken before the end`);
      }
    },
  };
}

async function tryOnce(client: ChannelClient, report: RunReport): Promise<readonly Order[] | undefined> {
  try {
    return ordersOf(await client.post(REPORTS_PATH, { report }));
  } catch (thrown) {
    // Away or busy: the next attempt may be taken.
    if (thrown instanceof AppError && thrown.facts.retry === true) return undefined;
    throw thrown;
  }
}

/** Orders only ever stop a run, so one that is half understood is still obeyed; anything else is not an order. */
function ordersOf(answer: unknown): readonly Order[] {
  const { orders } = (answer ?? {}) as { readonly orders?: unknown };
  return Array.isArray(orders) ? orders.flatMap((order: unknown) => orderOf(order) ?? []) : [];
}

function orderOf(value: unknown): Order | undefined {
  const { kind, runId, by, reason } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if ((kind !== "abort" && kind !== "hold") || typeof runId !== "string") return undefined;
  return { kind, runId, by: wordOf(by, "somebody"), reason: wordOf(reason, "no reason given") };
}

function wordOf(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value.slice(0, 300) : otherwise;
}
