// The bot as a server: webhooks, the runners' channel, health and metrics on one listener. It decides nothing; it acknowledges,
// hands over, and on stop finishes what it has taken.

import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Logger } from "pino";
import { isChannelPath } from "../../channel/paths.ts";
import { answerRunner } from "../../channel/server.ts";
import { type Clock, systemClock } from "../../clock.ts";
import type { BotConfig, Listen } from "../../config/bot.ts";
import { messageOf } from "../../errors.ts";
import type { Delivery } from "../../github/delivery.ts";
import { handleDelivery } from "../../github/handle.ts";
import { inHaste } from "../../github/haste.ts";
import { reconcile } from "../../github/reconcile.ts";
import { type BotMetrics, createBotMetrics } from "../../metrics/bot.ts";
import { hear } from "../webhook.ts";
import { channelRequestOf, sendJson } from "./channel-http.ts";
import { type Composed, composeBot, createLog } from "./compose.ts";
import { createLull, type Lull } from "./lull.ts";
import { createWorkQueue, type WorkQueue } from "./work-queue.ts";

export const WEBHOOKS_PATH = "/api/github/webhooks";

/** GitHub sends no larger payload. */
const LARGEST_DELIVERY = 25 * 1024 * 1024;

export type RunningBot = {
  /** `http://127.0.0.1:3000`, or the socket's path. */
  readonly address: string;
  /** Resolves when nothing that was taken is left to do; the server goes on. */
  readonly idle: () => Promise<void>;
  /** Looks once for what no delivery told; resolves when it was taken, not when it is done. */
  readonly reconcile: () => Promise<void>;
  /** Takes nothing new, finishes what was taken, and closes. */
  readonly stop: () => Promise<void>;
};

/** Starts the bot and resolves when it listens. */
export async function startBot(
  config: BotConfig,
  log: Logger = createLog(config.logLevel),
  clock: Clock = systemClock,
): Promise<RunningBot> {
  const metrics = createBotMetrics(() => queue.size());
  const composed = await composeBot(config, clock, log, metrics.github);
  // By a clock that nobody sets, or a step of the other one would keep all work back.
  const lull = createLull({ ...systemClock, now: () => performance.now() });
  const queue: WorkQueue = createWorkQueue(async (delivery, haste) => {
    await lull.over();
    await measured(metrics, delivery, () => inHaste(haste, () => handleDelivery(delivery, composed.bot)));
  });
  const { webhookSecret } = config;
  const server = createServer((request, response) => {
    route(request, response, { composed, metrics, webhookSecret, lull, take: queue.take }).catch((error: unknown) => {
      log.error({ err: error, path: request.url }, "a request failed");
      if (!response.headersSent) sendJson(response, { status: 500, body: { error: "internal error" } });
    });
  });
  const address = await listen(server, config.listen);
  log.info({ address, app: composed.bot.self.login }, "the bot listens");
  const look = () => reconcile(composed.bot, queue.take);
  const timer = repeat(look, config.reconcileSeconds, log);
  return {
    address,
    idle: queue.drain,
    reconcile: look,
    stop: () => {
      clearInterval(timer);
      return stop(server, queue);
    },
  };
}

/** One look at a time: one that takes longer than the interval is not overtaken. */
function repeat(look: () => Promise<void>, seconds: number, log: Logger): NodeJS.Timeout | undefined {
  if (seconds === 0) return undefined;
  let underWay = false;
  return setInterval(() => {
    if (underWay) return;
    underWay = true;
    look()
      .catch((error: unknown) => log.warn({ err: error }, "could not look for what was missed"))
      .finally(() => {
        underWay = false;
      });
  }, seconds * 1000).unref();
}

type Parts = {
  readonly composed: Composed;
  readonly metrics: BotMetrics;
  readonly webhookSecret: string;
  readonly lull: Lull;
  readonly take: WorkQueue["take"];
};

async function route(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://bot");
  if (pathname === WEBHOOKS_PATH) return takeWebhook(request, response, parts);
  if (isChannelPath(pathname)) return answerChannel(request, response, pathname, parts);
  if (pathname === "/healthz") return sendJson(response, { status: 200, body: { ok: true } });
  if (pathname === "/metrics") {
    const { registry } = parts.metrics;
    response.writeHead(200, { "content-type": registry.contentType });
    response.end(await registry.metrics());
    return;
  }
  sendJson(response, { status: 404, body: { error: "there is nothing here" } });
}

/** Answers when the deliveries are in the queue; nothing of their work is done by then. */
async function takeWebhook(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  parts.lull.heard();
  const announced = Number(request.headers["content-length"] ?? Number.NaN);
  // GitHub always announces a length, which Node holds a body to; a body without one could be endless.
  if (!(announced <= LARGEST_DELIVERY)) {
    return sendJson(response, { status: 413, body: { error: "a delivery needs a content-length of 25 MB at most" } });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { method = "", headers } = request;
  const heard = hear(parts.webhookSecret, { method, headers, rawBody: Buffer.concat(chunks) });
  if (heard.kind === "refused") return sendJson(response, { status: heard.status, body: { error: heard.error } });
  for (const delivery of heard.deliveries) parts.take(delivery);
  sendJson(response, { status: 202, body: { accepted: heard.id } });
}

async function answerChannel(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { composed, metrics }: Parts,
): Promise<void> {
  const answer = await answerRunner(await channelRequestOf(request, path), composed.desk, systemClock);
  metrics.channelAnswers.inc({ path, status: String(answer.status) });
  sendJson(response, answer);
}

async function measured(metrics: BotMetrics, { kind }: Delivery, work: () => Promise<void>): Promise<void> {
  const end = metrics.deliverySeconds.startTimer({ kind });
  try {
    await work();
    metrics.deliveries.inc({ kind, outcome: "done" });
  } catch (error) {
    metrics.deliveries.inc({ kind, outcome: "failed" });
    throw error;
  } finally {
    end();
  }
}

function listen(server: Server, where: Listen): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(new Error(`could not listen: ${messageOf(cause)}`, { cause })));
    if (where.kind === "unix") {
      // A socket that a killed bot left behind would refuse the next one.
      rmSync(where.path, { force: true });
      server.listen(where.path, () => {
        chmodSync(where.path, 0o660);
        resolve(where.path);
      });
      return;
    }
    server.listen(where.port, where.host, () => {
      const address = server.address();
      resolve(`http://${where.host}:${typeof address === "object" ? address?.port : where.port}`);
    });
  });
}

async function stop(server: Server, queue: WorkQueue): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await queue.drain();
  server.closeAllConnections();
  await closed;
}
