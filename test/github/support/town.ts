import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { load } from "js-yaml";
import { pino } from "pino";
import { systemClock } from "../../../src/clock.ts";
import { readBotConfig } from "../../../src/config/bot.ts";
import { type RunningBot, startBot } from "../../../src/entrypoints/bot/start.ts";
import type { Answer, Request } from "../../../src/playground/github/api/answer.ts";
import type { Repository } from "../../../src/playground/github/repository.ts";
import { serveStandIn } from "../../../src/playground/github/serve.ts";
import { createStandIn, type StandIn } from "../../../src/playground/github/stand-in.ts";
import { CLUSTER, runnerKey } from "../../channel/runner-key.ts";
import { EXPERIMENT, settingsFor } from "./files.ts";

export const APP_ID = 4711;
/** A comment carries whole seconds: GitHub's clock goes ahead, so that every comment is certainly later than its review. */
const AHEAD_MS = 5000;

export type LogLine = Readonly<Record<string, unknown>>;

/** A stand-in of GitHub with one repository and its people, the real bot beside it, and a runner's key. */
export type Town = {
  readonly github: StandIn;
  readonly repository: Repository;
  readonly bot: RunningBot;
  readonly runner: ReturnType<typeof runnerKey>;
  /** The bot's variables, for starting another one. */
  readonly variables: Readonly<Record<string, string>>;
  readonly webhookSecret: string;
  /** What the bot has written to its log. */
  readonly logged: readonly LogLine[];
  /** Resolves when every webhook was delivered and everything taken is done. */
  readonly quiet: () => Promise<void>;
  /** Moves the bot's clock on; GitHub's stays. */
  readonly later: (ms: number) => void;
  /** Whatever is told to apps while `act` runs is lost. */
  readonly unheard: <T>(act: () => T) => T;
  /** One look of the reconciler, and all that follows from it. */
  readonly reconcile: () => Promise<void>;
  /** Speaks to the bot as the runner of the settings does. */
  readonly ask: (path: string, body: unknown) => Promise<{ readonly status: number; readonly body: unknown }>;
  readonly stop: () => Promise<void>;
};

/** ada writes, grace maintains, dan writes, rita reads, olga is admin. */
const PEOPLE = { ada: "write", grace: "maintain", dan: "write", rita: "read", olga: "admin" } as const;

/** Made once for all towns: an RSA key takes longer than everything else here. */
const app = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** Changes an answer of GitHub's on its way to the bot. */
export type Spoil = (request: Request, answer: (instead?: Request) => Answer) => Answer;

/** Builds the town; `settings` is the text of the settings file, or null for none. */
export async function buildTown(settings?: string | null, spoil?: Spoil, apiRoot?: "/api/v3" | ""): Promise<Town> {
  const runner = runnerKey();
  const github = createStandIn({ clock: { ...systemClock, now: () => Date.now() + AHEAD_MS } });
  const handle = github.handle;
  const spoilt: StandIn = {
    ...github,
    handle: (request) => spoil?.(request, (instead = request) => handle(instead)) ?? handle(request),
  };
  const serving = await serveStandIn(spoilt, apiRoot === undefined ? {} : { apiRoot });
  const text = settings === undefined ? settingsFor(runner.x) : settings;
  const files = { "README.md": "shop\n", ...(text !== null && { ".github/chaosgate.yml": text }) };
  const repository = github.createRepository({ fullName: "acme/shop", private: true, files });
  for (const [login, role] of Object.entries(PEOPLE)) github.people.addCollaborator(repository, login, role);
  const port = await freePort();
  const webhookSecret = "a webhook secret of forty-two characters..";
  const webhookUrl = `http://127.0.0.1:${port}/api/github/webhooks`;
  const { permissions, events } = appManifest();
  const install = { appId: APP_ID, publicKey: app.publicKey, webhookUrl, secret: webhookSecret, permissions, events };
  const variables = {
    CHAOSGATE_APP_ID: String(APP_ID),
    CHAOSGATE_APP_KEY: app.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    CHAOSGATE_WEBHOOK_SECRET: webhookSecret,
    CHAOSGATE_TICKET_KEY: JSON.stringify(ticketKey()),
    CHAOSGATE_GITHUB_API_URL: serving.apiUrl,
    CHAOSGATE_GITHUB_THROTTLE: "off",
    CHAOSGATE_RECONCILE_SECONDS: "0",
    CHAOSGATE_LISTEN: `127.0.0.1:${port}`,
    CHAOSGATE_LOG_LEVEL: "silent",
  };
  github.installApp({ ...install, repositories: [repository] });
  await github.settled();
  let aheadMs = 0;
  // What the bot waits for passes quickly here.
  const clock = {
    ...systemClock,
    now: () => Date.now() + aheadMs,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 10, signal),
  };
  const logged: LogLine[] = [];
  const write = (line: string) => {
    logged.push(JSON.parse(line) as LogLine);
    if (process.env.CHAOSGATE_TEST_LOG !== undefined) process.stdout.write(line);
  };
  const log = pino({ level: process.env.CHAOSGATE_TEST_LOG ?? "info" }, { write });
  const bot = await startBot(readBotConfig(variables), log, clock);
  const quiet = async () => {
    await github.settled();
    await bot.idle();
    await github.settled();
  };
  return {
    github,
    repository,
    bot,
    runner,
    variables,
    webhookSecret,
    logged,
    quiet,
    later: (ms) => {
      aheadMs += ms;
    },
    unheard: (act) => {
      const { emit } = github.world;
      github.world.emit = () => undefined;
      try {
        return act();
      } finally {
        github.world.emit = emit;
      }
    },
    reconcile: async () => {
      await bot.reconcile();
      await quiet();
    },
    ask: (path, body) => ask(bot, runner, path, body),
    stop: async () => {
      await bot.stop();
      await serving.close();
    },
  };
}

/** Pushes `files` to a branch as ada and opens a pull request from it. */
export async function openPullRequest(
  { github, repository, quiet }: Town,
  files: Readonly<Record<string, string | null>> = EXPERIMENT,
  branch = "experiment",
) {
  github.people.push(repository, "ada", { branch, files });
  const pull = github.people.openPullRequest(repository, "ada", { title: "An experiment", branch });
  await quiet();
  return pull;
}

async function ask(bot: RunningBot, runner: ReturnType<typeof runnerKey>, path: string, body: unknown) {
  const signed = await runner.request(path, body, { cluster: CLUSTER, at: Math.floor(Date.now() / 1000) });
  const headers = { authorization: signed.headers.authorization ?? "", "content-type": "application/json" };
  const answer = await fetch(`${bot.address}${path}`, { method: "POST", headers, body: Buffer.from(signed.rawBody) });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

/** A fresh key that signs tickets, as the bot is given it. */
export function ticketKey(): JsonWebKey & { kid: string } {
  return { ...generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }), kid: "ticket-1" };
}

/** The permissions and events that app.yml asks for: the story must get by with exactly these. */
export function appManifest() {
  const text = readFileSync(join(import.meta.dirname, "../../../app.yml"), "utf8");
  const { default_permissions, default_events } = load(text) as {
    readonly default_permissions: Readonly<Record<string, "read" | "write">>;
    readonly default_events: readonly string[];
  };
  return { permissions: default_permissions, events: default_events };
}

/** A port that was free a moment ago: GitHub must know the webhook's address before the bot listens there, because the bot first asks GitHub who it is. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}
