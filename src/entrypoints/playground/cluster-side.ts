// The cluster half of the story: the shop in its namespaces, Prometheus and Alertmanager, the node daemon with its keeper, and the
// runner. Everything is a process of its own; nothing here talks to the GitHub half except the runner, which dials the bot.

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDeclaration } from "../../local/declaration.ts";
import { type LocalClusterHandle, startLocalCluster } from "../../local/supervisor.ts";
import { type Observability, startObservability } from "../../playground/observability.ts";
import { REPOSITORY } from "./github-side.ts";
import type { Keys } from "./keys.ts";
import { type Part, startPart } from "./part.ts";

export const DAEMON = process.env.CHAOSGATE_DAEMON_BINARY ?? ".cache/target/release/chaosgated";
const SHOP = "src/playground/shop/shop.yaml";

export type ClusterSide = {
  readonly shop: LocalClusterHandle;
  readonly observability: Observability;
  readonly daemon: Part;
  readonly keeper: Part;
  readonly daemonAddress: string;
  readonly daemonStateFolder: string;
  /** Starts a runner towards a bot; a second one after the first was killed finds its journal. */
  startRunner(botUrl: string): Promise<Part>;
  stop(): Promise<void>;
};

export type ClusterSideOptions = { readonly keys: Keys; readonly folder: string; readonly backEnd?: string };

/** Starts the shop and everything that watches or hurts it; resolves when every replica is ready. */
export async function startClusterSide({ keys, folder, backEnd = "auto" }: ClusterSideOptions): Promise<ClusterSide> {
  const shop = await startShop(folder);
  const observability = await startObservability({
    directory: join(folder, "observability"),
    targetsFile: shop.targetsFile,
  });
  const daemonStateFolder = join(folder, "daemon");
  mkdirSync(daemonStateFolder, { recursive: true, mode: 0o700 });
  const daemon = startDaemon({ keys, folder, backEnd, stateFolder: daemonStateFolder, clusterId: shop.clusterId });
  const [, address = ""] = await daemon.said(/"listening":"([^"]+)"/);
  const keeper = startPart({
    name: "keeper",
    argv: [DAEMON, "keep", "--state-dir", daemonStateFolder],
    logFile: join(folder, "keeper.log"),
  });
  await shop.ready(60_000);
  let runners = 0;
  return {
    shop,
    observability,
    daemon,
    keeper,
    daemonAddress: address,
    daemonStateFolder,
    startRunner: async (botUrl) => {
      runners += 1;
      const environment = runnerEnvironment({ keys, folder, shop, observability, address, botUrl });
      const logFile = join(folder, `runner-${runners}.log`);
      const runner = startPart({
        name: "runner",
        argv: [process.execPath, "src/entrypoints/runner.ts"],
        env: environment,
        logFile,
      });
      await runner.said(/runner started/);
      return runner;
    },
    stop: async () => {
      await Promise.all([daemon.stop(), keeper.stop()]);
      await observability.stop();
      await shop.stop();
    },
  };
}

async function startShop(folder: string): Promise<LocalClusterHandle> {
  const declared = parseDeclaration(readFileSync(SHOP, "utf8"));
  if (!declared.ok) throw new Error(`${SHOP}: ${declared.problems.join("; ")}`);
  return startLocalCluster({
    declaration: declared.declaration,
    stateDirectory: join(folder, "shop"),
    workingDirectory: process.cwd(),
  });
}

type DaemonStart = {
  readonly keys: Keys;
  readonly folder: string;
  readonly backEnd: string;
  readonly stateFolder: string;
  readonly clusterId: string;
};

function startDaemon({ keys, folder, backEnd, stateFolder, clusterId }: DaemonStart): Part {
  const flags: Readonly<Record<string, string>> = {
    listen: "127.0.0.1:0",
    "state-dir": stateFolder,
    "cluster-id": clusterId,
    node: "local",
    "tls-cert": keys.daemon.certFile,
    "tls-key": keys.daemon.keyFile,
    "client-ca": keys.caFile,
    "ticket-keys": keys.ticketKeysFile,
    "back-end": backEnd,
  };
  const words = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  return startPart({
    name: "daemon",
    argv: [DAEMON, "serve", ...words, "--allow-local-victims"],
    logFile: join(folder, "daemon.log"),
  });
}

type RunnerStart = {
  readonly keys: Keys;
  readonly folder: string;
  readonly shop: LocalClusterHandle;
  readonly observability: Observability;
  readonly address: string;
  readonly botUrl: string;
};

function runnerEnvironment({
  keys,
  folder,
  shop,
  observability,
  address,
  botUrl,
}: RunnerStart): Readonly<Record<string, string>> {
  return {
    CHAOSGATE_RUNNER_NAME: "runner-local",
    CHAOSGATE_BOT_URL: botUrl,
    CHAOSGATE_RUNNER_KEY_FILE: keys.runnerKeyFile,
    CHAOSGATE_TICKET_KEYS_FILE: keys.ticketKeysFile,
    CHAOSGATE_REPOSITORIES: REPOSITORY,
    CHAOSGATE_LOCAL_STATE: shop.stateFile,
    CHAOSGATE_DAEMONS: `local=${address}`,
    CHAOSGATE_DAEMON_CERT_FILE: keys.runner.certFile,
    CHAOSGATE_DAEMON_KEY_FILE: keys.runner.keyFile,
    CHAOSGATE_DAEMON_CA_FILE: keys.caFile,
    CHAOSGATE_PROMETHEUS_URL: observability.prometheusUrl,
    CHAOSGATE_ALERTMANAGER_URL: observability.alertmanagerUrl,
    CHAOSGATE_JOURNAL_DIR: join(folder, "journal"),
    CHAOSGATE_POLL_SECONDS: "1",
    CHAOSGATE_BASELINE_POLLS: "5",
    CHAOSGATE_RECOVERY_SECONDS: "60",
    CHAOSGATE_ASK_SECONDS: "1",
  };
}
