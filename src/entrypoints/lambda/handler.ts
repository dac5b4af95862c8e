import { isChannelPath } from "../../channel/paths.ts";
import { type Clock, systemClock } from "../../clock.ts";
import { type BotConfig, readBotConfig } from "../../config/bot.ts";
import type { Delivery } from "../../github/delivery.ts";
import type { Composed } from "../bot/compose.ts";
import { hear } from "../webhook.ts";
import {
  isLookEvent,
  isWorkEvent,
  jsonAnswer,
  type LookEvent,
  rawBodyOf,
  type UrlAnswer,
  type UrlEvent,
  type WorkEvent,
} from "./event.ts";

/** Hands work to an asynchronous invocation; resolves when the platform has accepted it for certain. */
export type AsyncInvoke = (event: WorkEvent) => Promise<void>;

export type Handler = (event: UrlEvent | WorkEvent | LookEvent) => Promise<UrlAnswer | undefined>;

const WEBHOOKS_PATH = "/api/github/webhooks";

/** The function. Lambda freezes it after the answer, so a delivery is in safe hands before it is acknowledged. */
export function createHandler(
  environment: Readonly<Record<string, string | undefined>>,
  invoke: AsyncInvoke,
  clock: Clock = systemClock,
): Handler {
  let config: BotConfig | undefined;
  let composed: Promise<Composed> | undefined;
  const configured = () => (config ??= readBotConfig(environment));
  const loaded = () => (composed ??= load(configured(), clock));

  return async (event) => {
    if (isWorkEvent(event)) return work(event.delivery, await loaded());
    if (isLookEvent(event)) return look(await loaded(), invoke);
    if (event.rawPath === WEBHOOKS_PATH) return takeWebhook(event, configured().webhookSecret, invoke);
    if (isChannelPath(event.rawPath)) return answerChannel(event, await loaded(), clock);
    if (event.rawPath === "/healthz") return jsonAnswer(200, { ok: true });
    return jsonAnswer(404, { error: "there is nothing here" });
  };
}

async function load(config: BotConfig, clock: Clock): Promise<Composed> {
  const { composeBot, createLog } = await import("../bot/compose.ts");
  return composeBot(config, clock, createLog(config.logLevel));
}

/** Rejects when the work failed: Lambda then tries again, and every handler looks first for what it has written. */
async function work(delivery: Delivery, { bot }: Composed): Promise<undefined> {
  const { handleDelivery } = await import("../../github/handle.ts");
  const { hasteOf, inHaste } = await import("../../github/haste.ts");
  const haste = hasteOf(delivery);
  await inHaste(
    () => haste,
    () => handleDelivery(delivery, bot),
  );
}

/** Each thing that was missed is worked on by an invocation of its own, as a delivery would have been. */
async function look({ bot }: Composed, invoke: AsyncInvoke): Promise<undefined> {
  const { reconcile } = await import("../../github/reconcile.ts");
  await reconcile(bot, (delivery) => invoke({ chaosgate: "delivery", delivery }));
}

async function takeWebhook(event: UrlEvent, secret: string, invoke: AsyncInvoke): Promise<UrlAnswer> {
  const { method } = event.requestContext.http;
  const heard = hear(secret, { method, headers: event.headers, rawBody: rawBodyOf(event) });
  if (heard.kind === "refused") return jsonAnswer(heard.status, { error: heard.error });
  const { id, deliveries } = heard;
  if (deliveries.length === 0) return jsonAnswer(200, { ignored: true });
  await Promise.all(deliveries.map((delivery) => invoke({ chaosgate: "delivery", delivery })));
  return jsonAnswer(202, { accepted: id });
}

async function answerChannel(event: UrlEvent, { desk }: Composed, clock: Clock): Promise<UrlAnswer> {
  const { answerRunner } = await import("../../channel/server.ts");
  const { method } = event.requestContext.http;
  const request = { method, path: event.rawPath, headers: event.headers, rawBody: rawBodyOf(event) };
  const { status, body } = await answerRunner(request, desk, clock);
  return jsonAnswer(status, body);
}
