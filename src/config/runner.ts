import { DEFAULT_GUARD, type Guard } from "../run/terms.ts";
import { type Environment, EnvironmentReader } from "./environment.ts";

export type RunnerConfig = {
  readonly name: string;
  readonly botUrl: string;
  /** Ed25519 private key as a JWK; its public half is pinned in the settings. */
  readonly runnerKey: Readonly<Record<string, unknown>>;
  /** The bot's public keys, a JWKS. */
  readonly ticketKeys: Readonly<Record<string, unknown>>;
  readonly repositories: readonly { readonly owner: string; readonly name: string }[];
  readonly environments: readonly string[];
  readonly cluster: { readonly kind: "local"; readonly stateFile: string };
  /** Node -> host:port. */
  readonly daemons: Readonly<Record<string, string>>;
  /** PEM texts. */
  readonly daemonTls: { readonly certificate: string; readonly key: string; readonly authority: string };
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string | undefined;
  readonly journalFolder: string;
  readonly guard: Guard;
  readonly askEveryMs: number;
  readonly logLevel: string;
};

/** Every variable, what it means, and its default. `_FILE` may be added to the names marked `file`. */
export const RUNNER_VARIABLES = {
  CHAOSGATE_RUNNER_NAME: "what reports call this runner (runner)",
  CHAOSGATE_BOT_URL: "the bot, which the runner dials",
  CHAOSGATE_RUNNER_KEY: "file, secret: the Ed25519 key that signs requests, a private JWK",
  CHAOSGATE_TICKET_KEYS: "file: the bot's public keys, a JWKS",
  CHAOSGATE_REPOSITORIES: "owner/name, comma separated: whose tickets are asked for",
  CHAOSGATE_ENVIRONMENTS: "environments that are served, comma separated (every one)",
  CHAOSGATE_CLUSTER: "local: processes of this machine (local)",
  CHAOSGATE_LOCAL_STATE: "the local cluster's state file",
  CHAOSGATE_DAEMONS: "node=host:port, comma separated",
  CHAOSGATE_DAEMON_CERT: "file: the runner's certificate towards the daemons, PEM",
  CHAOSGATE_DAEMON_KEY: "file, secret: the key of that certificate, PEM",
  CHAOSGATE_DAEMON_CA: "file: the authority that signed the daemons' certificates, PEM",
  CHAOSGATE_PROMETHEUS_URL: "where objectives are read",
  CHAOSGATE_ALERTMANAGER_URL: "where alerts are silenced; without it they ring as always",
  CHAOSGATE_JOURNAL_DIR: "a folder that outlives the runner, for its journals",
  CHAOSGATE_POLL_SECONDS: "between two guard polls, 0.1 to 15 (2)",
  CHAOSGATE_BASELINE_POLLS: "steady polls before a fault, 1 to 100 (5)",
  CHAOSGATE_GRACE_POLLS: "polls in a row that may be blind, 0 to 10 (2)",
  CHAOSGATE_GRACE_SECONDS: "how long the guard may be blind, 0 to 30 (10)",
  CHAOSGATE_RECOVERY_SECONDS: "how long objectives may take to come back, 1 to 3600 (60)",
  CHAOSGATE_ASK_SECONDS: "between two questions for tickets, 0.1 to 60 (2)",
  CHAOSGATE_LOG_LEVEL: "trace, debug, info, warn, error or silent (info)",
} as const;

type Reader = EnvironmentReader<keyof typeof RUNNER_VARIABLES>;

/** Reads the configuration; throws one AppError `CONFIG_INVALID` that names every variable to mend. */
export function readRunnerConfig(environment: Environment): RunnerConfig {
  const reader: Reader = new EnvironmentReader(environment);
  const alertmanagerUrl = reader.optionalUrl("CHAOSGATE_ALERTMANAGER_URL");
  const config: RunnerConfig = {
    name: reader.text("CHAOSGATE_RUNNER_NAME", "runner"),
    botUrl: reader.url("CHAOSGATE_BOT_URL"),
    runnerKey: reader.json("CHAOSGATE_RUNNER_KEY"),
    ticketKeys: reader.json("CHAOSGATE_TICKET_KEYS"),
    repositories: repositories(reader),
    environments: reader.list("CHAOSGATE_ENVIRONMENTS"),
    cluster: {
      kind: reader.word("CHAOSGATE_CLUSTER", ["local"], "local"),
      stateFile: reader.text("CHAOSGATE_LOCAL_STATE"),
    },
    daemons: daemons(reader),
    daemonTls: {
      certificate: reader.content("CHAOSGATE_DAEMON_CERT"),
      key: reader.content("CHAOSGATE_DAEMON_KEY"),
      authority: reader.content("CHAOSGATE_DAEMON_CA"),
    },
    prometheusUrl: reader.url("CHAOSGATE_PROMETHEUS_URL"),
    alertmanagerUrl,
    journalFolder: reader.text("CHAOSGATE_JOURNAL_DIR"),
    guard: guard(reader, alertmanagerUrl !== undefined),
    askEveryMs: 1000 * reader.number("CHAOSGATE_ASK_SECONDS", { least: 0.1, most: 60 }, 2),
    logLevel: reader.word("CHAOSGATE_LOG_LEVEL", ["trace", "debug", "info", "warn", "error", "silent"], "info"),
  };
  reader.finish("the runner");
  return Object.freeze(config);
}

function repositories(reader: Reader): RunnerConfig["repositories"] {
  const names = reader.list("CHAOSGATE_REPOSITORIES").map((text) => text.split("/"));
  reader.require("CHAOSGATE_REPOSITORIES", names.length > 0, "is missing");
  reader.require(
    "CHAOSGATE_REPOSITORIES",
    names.every((parts) => parts.length === 2),
    "must be owner/name, comma separated",
  );
  return names.map(([owner = "", name = ""]) => ({ owner, name }));
}

function daemons(reader: Reader): RunnerConfig["daemons"] {
  const pairs = reader.list("CHAOSGATE_DAEMONS").map((text) => text.split("="));
  const sound = pairs.length > 0 && pairs.every(([node, address]) => node && /^.+:\d{1,5}$/.test(address ?? ""));
  reader.require("CHAOSGATE_DAEMONS", sound, "must be node=host:port, comma separated");
  return Object.fromEntries(pairs.map(([node = "", address = ""]) => [node, address]));
}

function guard(reader: Reader, silences: boolean): Guard {
  return {
    ...DEFAULT_GUARD,
    silences,
    pollMs: 1000 * reader.number("CHAOSGATE_POLL_SECONDS", { least: 0.1, most: 15 }, 2),
    baselinePolls: reader.number("CHAOSGATE_BASELINE_POLLS", { least: 1, most: 100 }, 5),
    grace: {
      polls: reader.number("CHAOSGATE_GRACE_POLLS", { least: 0, most: 10 }, 2),
      ms: 1000 * reader.number("CHAOSGATE_GRACE_SECONDS", { least: 0, most: 30 }, 10),
    },
    recoveryMs: 1000 * reader.number("CHAOSGATE_RECOVERY_SECONDS", { least: 1, most: 3600 }, 60),
  };
}
