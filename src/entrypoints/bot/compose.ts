import { type Logger, pino } from "pino";
import { Probot } from "probot";
import { createTicketSigner } from "../../channel/ticket-signer.ts";
import type { Clock } from "../../clock.ts";
import type { BotConfig } from "../../config/bot.ts";
import type { Bot } from "../../github/bot.ts";
import { createDesk } from "../../github/desk/desk.ts";
import { type Octokit, octokitFor } from "../../github/octokit.ts";
import type { GitHubMetrics } from "../../metrics/bot.ts";
import type { Desk } from "../../run/desk.ts";

export type Composed = { readonly bot: Bot; readonly desk: Desk };

/** A logger that writes JSON lines and never a secret: what is logged are facts that the program names one by one. */
export function createLog(level: string): Logger {
  return pino({ level, base: { part: "bot" }, timestamp: pino.stdTimeFunctions.isoTime });
}

/** Puts the bot together. Asks GitHub once who this app is, which also proves the key before anything else happens. */
export async function composeBot(
  config: BotConfig,
  clock: Clock,
  log: Logger,
  metrics?: GitHubMetrics,
): Promise<Composed> {
  const probot = new Probot({
    appId: config.appId,
    privateKey: config.appKey,
    baseUrl: config.githubApiUrl,
    Octokit: octokitFor({ throttle: config.throttle, clock, ...(metrics !== undefined && { metrics }) }),
    log,
  });
  await probot.ready();
  const clientOf = clientsOf(probot);
  const { data: app } = await (await clientOf()).rest.apps.getAuthenticated();
  const bot: Bot = {
    self: { appId: config.appId, login: `${app?.slug}[bot]` },
    clock,
    tickets: await createTicketSigner(config.ticketKey),
    log,
    clientOf,
  };
  return { bot, desk: createDesk(bot) };
}

/** One client per installation, so that what it remembers of GitHub's answers serves deliveries and runners alike. */
function clientsOf(probot: Probot): Bot["clientOf"] {
  const clients = new Map<number, Promise<Octokit>>();
  return (installationId = 0) => {
    const known = clients.get(installationId);
    if (known !== undefined) return known;
    const client = probot.auth(installationId === 0 ? undefined : installationId) as Promise<Octokit>;
    clients.set(installationId, client);
    return client;
  };
}
