import { DEFAULT_GUARD, type Guard } from "../run/terms.ts";
import { type Environment, EnvironmentReader } from "./environment.ts";

export type LocalClusterConfig = {
  readonly kind: "local";
  readonly stateFile: string;
  /** Node -> host:port. */
  readonly daemons: Readonly<Record<string, string>>;
  readonly journalFolder: string;
};

export type KubernetesConfig = {
  readonly kind: "kubernetes";
  /** chaosgate's own: ChaosRuns, its lease and its daemons live there. */
  readonly namespace: string;
  readonly daemonPort: number;
  /** The name in the daemons' certificates. */
  readonly daemonName: string;
  /** Absent: the pod's own service account. */
  readonly kubeconfig: string | undefined;
  /** Whether an installation of Chaos Mesh may be used for what the ChaosPolicies leave to it. */
  readonly chaosMesh: boolean;
  /** Absent: no webhook is served. */
  readonly admission: AdmissionConfig | undefined;
};

export type AdmissionConfig = {
  readonly port: number;
  /** Absent: every address. */
  readonly host: string | undefined;
  readonly tls: {
    /** PEM texts. */
    readonly texts: { readonly certificate: string; readonly key: string };
    /** Where they were read from, if from files: these are followed. */
    readonly files: { readonly certificate: string | undefined; readonly key: string | undefined };
  };
  readonly pairings: readonly { readonly from: string; readonly to: string }[];
  readonly protectedNamespaces: readonly string[];
};

export type RunnerConfig = {
  readonly name: string;
  readonly botUrl: string;
  /** Ed25519 private key as a JWK; its public half is pinned in the settings. */
  readonly runnerKey: Readonly<Record<string, unknown>>;
  /** The bot's public keys, a JWKS. */
  readonly ticketKeys: Readonly<Record<string, unknown>>;
  readonly repositories: readonly { readonly owner: string; readonly name: string }[];
  readonly environments: readonly string[];
  readonly cluster: LocalClusterConfig | KubernetesConfig;
  /** PEM texts, and the files that they come from where they come from files: those are followed. */
  readonly daemonTls: { readonly texts: Texts; readonly files: Readonly<Record<keyof Texts, string | undefined>> };
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string | undefined;
  readonly guard: Guard;
  readonly askEveryMs: number;
  readonly logLevel: string;
  /** Where metrics are shown; 0 is nowhere. */
  readonly metricsPort: number;
};

type Texts = { readonly certificate: string; readonly key: string; readonly authority: string };

/** Every variable, what it means, and its default. `_FILE` may be added to the names marked `file`. */
export const RUNNER_VARIABLES = {
  CHAOSGATE_RUNNER_NAME: "what reports call this runner (runner)",
  CHAOSGATE_BOT_URL: "the bot, which the runner dials",
  CHAOSGATE_RUNNER_KEY: "file, secret: the Ed25519 key that signs requests, a private JWK",
  CHAOSGATE_TICKET_KEYS: "file: the bot's public keys, a JWKS",
  CHAOSGATE_REPOSITORIES: "owner/name, comma separated: whose tickets are asked for",
  CHAOSGATE_ENVIRONMENTS: "environments that are served, comma separated (every one)",
  CHAOSGATE_CLUSTER: "local: processes of this machine; kubernetes: the cluster around this pod (local)",
  CHAOSGATE_LOCAL_STATE: "local: the cluster's state file",
  CHAOSGATE_DAEMONS: "local: node=host:port, comma separated",
  CHAOSGATE_NAMESPACE: "kubernetes: chaosgate's own namespace (chaosgate)",
  CHAOSGATE_DAEMON_PORT: "kubernetes: where a node's daemon listens, in its pod (7443)",
  CHAOSGATE_DAEMON_NAME: "kubernetes: the name in the daemons' certificates (chaosgated)",
  CHAOSGATE_KUBECONFIG: "kubernetes: a kubeconfig, for a runner outside of the cluster (the pod's service account)",
  CHAOSGATE_CHAOS_MESH: "kubernetes: on, where ChaosPolicies may name the engine chaos-mesh (off)",
  CHAOSGATE_ADMISSION_PORT: "kubernetes: where the validating webhook is served (0: nowhere)",
  CHAOSGATE_ADMISSION_HOST: "the address it is served on (every one)",
  CHAOSGATE_ADMISSION_CERT: "file: the webhook's certificate, PEM",
  CHAOSGATE_ADMISSION_KEY: "file, secret: the key of that certificate, PEM",
  CHAOSGATE_ADMISSION_PAIRINGS: "from=to, comma separated: objects of `from` may select pods of `to`",
  CHAOSGATE_ADMISSION_PROTECTED: "namespaces that no object may reach, comma separated",
  CHAOSGATE_DAEMON_CERT: "file: the runner's certificate towards the daemons, PEM",
  CHAOSGATE_DAEMON_KEY: "file, secret: the key of that certificate, PEM",
  CHAOSGATE_DAEMON_CA: "file: the authority that signed the daemons' certificates, PEM",
  CHAOSGATE_PROMETHEUS_URL: "where objectives are read",
  CHAOSGATE_ALERTMANAGER_URL: "where alerts are silenced; without it they ring as always",
  CHAOSGATE_JOURNAL_DIR: "local: a folder that outlives the runner, for its journals",
  CHAOSGATE_POLL_SECONDS: "between two guard polls, 0.1 to 15 (2)",
  CHAOSGATE_BASELINE_POLLS: "steady polls before a fault, 1 to 100 (5)",
  CHAOSGATE_GRACE_POLLS: "polls in a row that may be blind, 0 to 10 (2)",
  CHAOSGATE_GRACE_SECONDS: "how long the guard may be blind, 0 to 30 (10)",
  CHAOSGATE_RECOVERY_SECONDS: "how long objectives may take to come back, 1 to 3600 (60)",
  CHAOSGATE_ASK_SECONDS: "between two questions for tickets, 0.1 to 60 (2)",
  CHAOSGATE_METRICS_PORT: "where Prometheus may read the runner's metrics, on every address (0: nowhere)",
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
    cluster: cluster(reader),
    daemonTls: daemonTls(reader),
    prometheusUrl: reader.url("CHAOSGATE_PROMETHEUS_URL"),
    alertmanagerUrl,
    guard: guard(reader, alertmanagerUrl !== undefined),
    askEveryMs: 1000 * reader.number("CHAOSGATE_ASK_SECONDS", { least: 0.1, most: 60 }, 2),
    metricsPort: reader.number("CHAOSGATE_METRICS_PORT", { least: 0, most: 65_535 }, 0),
    logLevel: reader.word("CHAOSGATE_LOG_LEVEL", ["trace", "debug", "info", "warn", "error", "silent"], "info"),
  };
  reader.finish("the runner");
  return Object.freeze(config);
}

function daemonTls(reader: Reader): RunnerConfig["daemonTls"] {
  const each = <T>(read: (name: keyof typeof RUNNER_VARIABLES) => T) => ({
    certificate: read("CHAOSGATE_DAEMON_CERT"),
    key: read("CHAOSGATE_DAEMON_KEY"),
    authority: read("CHAOSGATE_DAEMON_CA"),
  });
  return { texts: each((name) => reader.content(name)), files: each((name) => reader.file(name)) };
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

function cluster(reader: Reader): RunnerConfig["cluster"] {
  const kind = reader.word("CHAOSGATE_CLUSTER", ["local", "kubernetes"], "local");
  if (kind === "local") {
    const stateFile = reader.text("CHAOSGATE_LOCAL_STATE");
    return { kind, stateFile, daemons: daemons(reader), journalFolder: reader.text("CHAOSGATE_JOURNAL_DIR") };
  }
  const kubeconfig = reader.text("CHAOSGATE_KUBECONFIG", "");
  return {
    kind,
    namespace: reader.text("CHAOSGATE_NAMESPACE", "chaosgate"),
    daemonPort: reader.number("CHAOSGATE_DAEMON_PORT", { least: 1, most: 65_535 }, 7443),
    daemonName: reader.text("CHAOSGATE_DAEMON_NAME", "chaosgated"),
    kubeconfig: kubeconfig === "" ? undefined : kubeconfig,
    chaosMesh: reader.word("CHAOSGATE_CHAOS_MESH", ["on", "off"], "off") === "on",
    admission: admission(reader),
  };
}

function admission(reader: Reader): AdmissionConfig | undefined {
  const port = reader.number("CHAOSGATE_ADMISSION_PORT", { least: 0, most: 65_535 }, 0);
  if (port === 0) return undefined;
  const pairs = reader.list("CHAOSGATE_ADMISSION_PAIRINGS").map((text) => text.split("="));
  const sound = pairs.every((pair) => pair.length === 2 && pair.every((name) => name !== ""));
  reader.require("CHAOSGATE_ADMISSION_PAIRINGS", sound, "must be from=to, comma separated");
  const host = reader.text("CHAOSGATE_ADMISSION_HOST", "");
  return {
    port,
    host: host === "" ? undefined : host,
    tls: {
      texts: {
        certificate: reader.content("CHAOSGATE_ADMISSION_CERT"),
        key: reader.content("CHAOSGATE_ADMISSION_KEY"),
      },
      files: { certificate: reader.file("CHAOSGATE_ADMISSION_CERT"), key: reader.file("CHAOSGATE_ADMISSION_KEY") },
    },
    pairings: pairs.map(([from = "", to = ""]) => ({ from, to })),
    protectedNamespaces: reader.list("CHAOSGATE_ADMISSION_PROTECTED"),
  };
}

function daemons(reader: Reader): LocalClusterConfig["daemons"] {
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
