import type { ApplicationFunction } from "probot";
import { type Delivery, deliveryOf } from "./delivery.ts";

/** Takes over a verified delivery; returns as soon as it is in safe hands, before any work is done. */
export type TakeOver = (delivery: Delivery) => void | Promise<void>;

/** The Probot app: every event that somebody handles becomes a small Delivery and is taken over. */
export function createApp(takeOver: TakeOver): ApplicationFunction {
  return (app) => {
    app.on(["pull_request", "issue_comment", "check_run"], async ({ id, name, payload }) => {
      const delivery = deliveryOf(id, name, payload);
      if (delivery !== undefined) await takeOver(delivery);
    });
  };
}
