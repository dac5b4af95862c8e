// The bot as a process of its own on a quick clock: `node bot-process.ts STARTED_AT TIMES HABIT`. Its habit is the real one, or
// `works-first`, which acknowledges a delivery when the work of it is done, or `hoards`, which forgets nothing that GitHub ever said.

import { createServer } from "node:http";
import type { Clock } from "../../../../src/clock.ts";
import { type BotConfig, readBotConfig } from "../../../../src/config/bot.ts";
import { composeBot, createLog } from "../../../../src/entrypoints/bot/compose.ts";
import { startBot } from "../../../../src/entrypoints/bot/start.ts";
import { hear } from "../../../../src/entrypoints/webhook.ts";
import { handleDelivery } from "../../../../src/github/handle.ts";
import { quickClock } from "./quick-clock.ts";

/** Of each answer, so many that twenty pull requests are as heavy as thousands. */
const COPIES = 200;

const [startedAt = "", times = "", habit = ""] = process.argv.slice(2);
const config = readBotConfig(process.env);
const clock = quickClock(Number(startedAt), Number(times));
if (habit === "hoards") hoard();
await (habit === "works-first"
  ? startWorkingFirst(config, clock)
  : startBot(config, createLog(config.logLevel), clock));
process.once("SIGTERM", () => process.exit());

function hoard(): void {
  const kept: Buffer[] = [];
  const { fetch: ask } = globalThis;
  globalThis.fetch = async (...asked) => {
    const answer = await ask(...asked);
    const body = Buffer.from(await answer.clone().arrayBuffer());
    kept.push(...Array.from({ length: COPIES }, () => Buffer.from(body)));
    return answer;
  };
}

async function startWorkingFirst(config: BotConfig, clock: Clock): Promise<void> {
  const log = createLog(config.logLevel);
  const { bot } = await composeBot(config, clock, log);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const rawBody = Buffer.concat(chunks);
    const heard = hear(config.webhookSecret, { method: "POST", headers: request.headers, rawBody });
    if (heard.kind === "heard") for (const delivery of heard.deliveries) await handleDelivery(delivery, bot);
    response.writeHead(heard.kind === "heard" ? 202 : 401).end();
  });
  if (config.listen.kind !== "tcp") throw new Error("listens on a port only");
  const { port, host } = config.listen;
  server.listen(port, host, () => log.info({}, "the bot listens"));
}
