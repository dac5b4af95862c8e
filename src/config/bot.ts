// The bot's configuration: environment variables enter, one frozen object or all problems at once leave. Secrets come from files
// (NAME_FILE) or, where there are no files, from the variable itself; they are never part of a message.

import { readFileSync } from "node:fs";
import { AppError } from "../errors.ts";

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
  CHAOSGATE_LOG_LEVEL: "trace, debug, info, warn, error or silent (info)",
} as const;

type Variable = keyof typeof BOT_VARIABLES;
type Environment = Readonly<Record<string, string | undefined>>;

/** Below this a webhook secret can be guessed from one signed delivery. */
const SHORTEST_SECRET_BYTES = 32;

/** Reads the configuration; throws one AppError `CONFIG_INVALID` that names every variable to mend. */
export function readBotConfig(environment: Environment): BotConfig {
  const reader = new Reader(environment);
  const config: BotConfig = {
    appId: reader.positive("CHAOSGATE_APP_ID"),
    appKey: reader.secret("CHAOSGATE_APP_KEY"),
    webhookSecret: reader.longSecret("CHAOSGATE_WEBHOOK_SECRET", SHORTEST_SECRET_BYTES),
    ticketKey: reader.json("CHAOSGATE_TICKET_KEY"),
    githubApiUrl: reader.url("CHAOSGATE_GITHUB_API_URL", "https://api.github.com"),
    throttle: reader.word("CHAOSGATE_GITHUB_THROTTLE", ["on", "off"], "on") === "on",
    listen: reader.listen("CHAOSGATE_LISTEN", "127.0.0.1:3000"),
    logLevel: reader.word("CHAOSGATE_LOG_LEVEL", ["trace", "debug", "info", "warn", "error", "silent"], "info"),
  };
  reader.finish();
  return Object.freeze(config);
}

/** Reads variables one by one and keeps every complaint, so that a misconfigured bot is mended in one round. */
class Reader {
  readonly #environment: Environment;
  readonly #complaints: string[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  word(name: Variable, words: readonly string[], otherwise: string): string {
    const value = this.#environment[name] ?? otherwise;
    return words.includes(value) ? value : this.#complain(name, `must be one of ${words.join(", ")}`, otherwise);
  }

  positive(name: Variable): number {
    const value = Number(this.#environment[name]);
    return Number.isSafeInteger(value) && value > 0 ? value : this.#complain(name, "must be a positive number", 0);
  }

  url(name: Variable, otherwise: string): string {
    const value = this.#environment[name] ?? otherwise;
    return URL.canParse(value) ? value.replace(/\/+$/, "") : this.#complain(name, "must be a URL", otherwise);
  }

  listen(name: Variable, otherwise: string): Listen {
    const value = this.#environment[name] ?? otherwise;
    if (value.startsWith("unix:")) return { kind: "unix", path: value.slice("unix:".length) };
    const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
    if (host === "") this.#complain(name, "must be host:port or unix:/path", undefined);
    return { kind: "tcp", host, port: Number(port) };
  }

  secret(name: Variable): string {
    const file = this.#environment[`${name}_FILE`];
    const value = file === undefined ? this.#environment[name] : this.#contentOf(name, file);
    return value?.trim() || this.#complain(name, "is missing; give it or its _FILE", "");
  }

  longSecret(name: Variable, bytes: number): string {
    const value = this.secret(name);
    if (value !== "" && Buffer.byteLength(value) < bytes) {
      this.#complain(name, `is shorter than ${bytes} bytes; make one with: openssl rand -hex 32`, "");
    }
    return value;
  }

  json(name: Variable): Readonly<Record<string, unknown>> {
    const value = this.secret(name);
    try {
      return value === "" ? {} : JSON.parse(value);
    } catch {
      // The parser's message would quote the secret.
      return this.#complain(name, "must be JSON", {});
    }
  }

  finish(): void {
    if (this.#complaints.length === 0) return;
    const message = `could not start the bot: ${this.#complaints.join("; ")}`;
    throw new AppError("CONFIG_INVALID", message);
  }

  #contentOf(name: Variable, file: string): string | undefined {
    try {
      return readFileSync(file, "utf8");
    } catch {
      // The caller complains that the secret is missing; this adds which file was meant.
      return this.#complain(name, `cannot be read from ${file}`, undefined);
    }
  }

  #complain<T>(name: Variable, why: string, instead: T): T {
    this.#complaints.push(`${name} ${why}`);
    return instead;
  }
}
