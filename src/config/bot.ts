// The bot's configuration: environment variables enter, one frozen object or all problems at once leave. Secrets come from files
// (NAME_FILE) or, where there are no files, from the variable itself; they are never part of a message.

import { type Environment, EnvironmentReader } from "./environment.ts";

export type Listen =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

export type BotConfig = {
  readonly appId: number;
  /** PEM. */
  readonly appKey: string;
  readonly webhookSecret: string;
  /** Ed25519 private key as a JWK with `kid`. */
  readonly ticketKey: Readonly<Record<string, unknown>>;
  readonly githubApiUrl: string;
  /** Off only against a stand-in: GitHub's own limits are kept by waiting. */
  readonly throttle: boolean;
  readonly listen: Listen;
  /** Between two looks for what no delivery told; 0: only when asked. */
  readonly reconcileSeconds: number;
  readonly logLevel: string;
};

/** Every variable, what it means, and its default. `_FILE` may be added to the name of a secret. */
export const BOT_VARIABLES = {
  CHAOSGATE_APP_ID: "the GitHub App's id",
  CHAOSGATE_APP_KEY: "secret: the App's private key, PEM",
  CHAOSGATE_WEBHOOK_SECRET: "secret: the App's webhook secret, 32 bytes or more",
  CHAOSGATE_TICKET_KEY: "secret: the Ed25519 key that signs tickets, a private JWK with kid",
  CHAOSGATE_GITHUB_API_URL: "GitHub's API (https://api.github.com)",
  CHAOSGATE_GITHUB_THROTTLE: "on: keep to GitHub's pace by waiting; off: only against a stand-in (on)",
  CHAOSGATE_LISTEN: "host:port, or unix:/path/of/socket (127.0.0.1:3000)",
  CHAOSGATE_RECONCILE_SECONDS: "seconds between two looks for what no delivery told, 0 for none (300)",
  CHAOSGATE_LOG_LEVEL: "trace, debug, info, warn, error or silent (info)",
} as const;

type Reader = EnvironmentReader<keyof typeof BOT_VARIABLES>;

/** Below this a webhook secret can be guessed from one signed delivery. */
const SHORTEST_SECRET_BYTES = 32;

/** Reads the configuration; throws one AppError `CONFIG_INVALID` that names every variable to mend. */
export function readBotConfig(environment: Environment): BotConfig {
  const reader: Reader = new EnvironmentReader(environment);
  const config: BotConfig = {
    appId: reader.positive("CHAOSGATE_APP_ID"),
    appKey: reader.content("CHAOSGATE_APP_KEY"),
    webhookSecret: webhookSecret(reader),
    ticketKey: reader.json("CHAOSGATE_TICKET_KEY"),
    githubApiUrl: reader.url("CHAOSGATE_GITHUB_API_URL", "https://api.github.com"),
    throttle: reader.word("CHAOSGATE_GITHUB_THROTTLE", ["on", "off"], "on") === "on",
    listen: listen(reader),
    reconcileSeconds: reader.number("CHAOSGATE_RECONCILE_SECONDS", { least: 0, most: 86_400 }, 300),
    logLevel: reader.word("CHAOSGATE_LOG_LEVEL", ["trace", "debug", "info", "warn", "error", "silent"], "info"),
  };
  reader.finish("the bot");
  return Object.freeze(config);
}

function webhookSecret(reader: Reader): string {
  const secret = reader.content("CHAOSGATE_WEBHOOK_SECRET");
  reader.require(
    "CHAOSGATE_WEBHOOK_SECRET",
    secret === "" || Buffer.byteLength(secret) >= SHORTEST_SECRET_BYTES,
    `is shorter than ${SHORTEST_SECRET_BYTES} bytes; make one with: openssl rand -hex 32`,
  );
  return secret;
}

function listen(reader: Reader): Listen {
  const value = reader.text("CHAOSGATE_LISTEN", "127.0.0.1:3000");
  if (value.startsWith("unix:")) return { kind: "unix", path: value.slice("unix:".length) };
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
  reader.require("CHAOSGATE_LISTEN", host !== "", "must be host:port or unix:/path");
  return { kind: "tcp", host, port: Number(port) };
}
