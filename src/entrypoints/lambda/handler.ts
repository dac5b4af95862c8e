import { isChannelPath } from "../../channel/paths.ts";
import { systemClock } from "../../clock.ts";
import { type BotConfig, readBotConfig } from "../../config/bot.ts";
import { type Delivery, deliveryOf } from "../../github/delivery.ts";
import type { Composed } from "../bot/compose.ts";
import { isWorkEvent, jsonAnswer, rawBodyOf, type UrlAnswer, type UrlEvent, type WorkEvent } from "./event.ts";
import { isSigned } from "./signature.ts";

/** Hands work to an asynchronous invocation; resolves when the platform has accepted it for certain. */
export type AsyncInvoke = (event: WorkEvent) => Promise<void>;

export type Handler = (event: UrlEvent | WorkEvent) => Promise<UrlAnswer | undefined>;

const WEBHOOKS_PATH = "/api/github/webhooks";

/** The function. Lambda freezes it after the answer, so a delivery is in safe hands before it is acknowledged. */
export function createHandler(environment: Readonly<Record<string, string | undefined>>, invoke: AsyncInvoke): Handler {
  let config: BotConfig | undefined;
  let composed: Promise<Composed> | undefined;
  const configured = () => (config ??= readBotConfig(environment));
  const loaded = () => (composed ??= load(configured()));

  return async (event) => {
    if (isWorkEvent(event)) return work(event.delivery, await loaded());
    if (event.rawPath === WEBHOOKS_PATH) return takeWebhook(event, configured().webhookSecret, invoke);
    if (isChannelPath(event.rawPath)) return answerChannel(event, await loaded());
    if (event.rawPath === "/healthz") return jsonAnswer(200, { ok: true });
    return jsonAnswer(404, { error: "there is nothing here" });
  };
}

async function load(config: BotConfig): Promise<Composed> {
  const { composeBot, createLog } = await import("../bot/compose.ts");
  return composeBot(config, systemClock, createLog(config.logLevel));
}

/** Rejects when the work failed: Lambda then tries again, and every handler looks first for what it has written. */
async function work(delivery: Delivery, { bot }: Composed): Promise<undefined> {
  const { handleDelivery } = await import("../../github/handle.ts");
  await handleDelivery(delivery, bot);
}

async function takeWebhook(event: UrlEvent, secret: string, invoke: AsyncInvoke): Promise<UrlAnswer> {
  const rawBody = rawBodyOf(event);
  if (event.requestContext.http.method !== "POST") return jsonAnswer(405, { error: "a webhook is a POST" });
  if (!isSigned(secret, rawBody, event.headers["x-hub-signature-256"])) {
    return jsonAnswer(401, { error: "the signature is not of this body" });
  }
  const id = event.headers["x-github-delivery"] ?? "";
  const delivery = deliveryOf(id, event.headers["x-github-event"] ?? "", payloadOf(rawBody));
  if (delivery === undefined) return jsonAnswer(200, { ignored: true });
  await invoke({ chaosgate: "delivery", delivery });
  return jsonAnswer(202, { accepted: id });
}

function payloadOf(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString("utf8"));
  } catch {
    // Signed by GitHub and not JSON: the app is set to another content type, and nothing can be done with it.
    return undefined;
  }
}

async function answerChannel(event: UrlEvent, { desk }: Composed): Promise<UrlAnswer> {
  const { answerRunner } = await import("../../channel/server.ts");
  const { method } = event.requestContext.http;
  const request = { method, path: event.rawPath, headers: event.headers, rawBody: rawBodyOf(event) };
  const { status, body } = await answerRunner(request, desk, systemClock);
  return jsonAnswer(status, body);
}
