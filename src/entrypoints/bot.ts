// Starts the GitHub App as a server: reads the environment, listens, and on SIGTERM finishes what it has taken.

import { readBotConfig } from "../config/bot.ts";
import { messageOf } from "../errors.ts";
import { startBot } from "./bot/start.ts";

try {
  const bot = await startBot(readBotConfig(process.env));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void bot.stop());
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
