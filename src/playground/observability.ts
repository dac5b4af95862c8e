// A real Prometheus that scrapes every pod each second and a real Alertmanager behind it, both on loopback of the sandbox, with
// everything they keep under one folder.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { alertmanagerConfig, prometheusConfig, prometheusRules } from "./observability-config.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

export type ObservabilityOptions = {
  /** Folder for configuration, storage and logs. */
  readonly directory: string;
  /** file_sd targets that the cluster rewrites. */
  readonly targetsFile: string;
  /** Where scripts/packages.sh unpacked the binaries. */
  readonly binaryDirectory?: string;
  readonly prometheusPort?: number;
  readonly alertmanagerPort?: number;
};

export type Observability = {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly prometheus: ServerProcess;
  readonly alertmanager: ServerProcess;
  stop(): Promise<void>;
};

/** Starts both and resolves when both are ready; rejects with AppError when one does not come up. */
export async function startObservability(options: ObservabilityOptions): Promise<Observability> {
  const { prometheusPort = 9090, alertmanagerPort = 9093 } = options;
  const binaries = options.binaryDirectory ?? ".cache/debian/usr/bin";
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const [prometheus, alertmanager] = await Promise.all([
    startPrometheus(binaries, directory, resolve(options.targetsFile), prometheusPort, alertmanagerPort),
    startAlertmanager(binaries, directory, alertmanagerPort),
  ]);
  return {
    prometheusUrl: prometheus.url,
    alertmanagerUrl: alertmanager.url,
    prometheus,
    alertmanager,
    stop: async () => {
      await Promise.all([prometheus.stop(), alertmanager.stop()]);
    },
  };
}

function startPrometheus(
  binaries: string,
  directory: string,
  targetsFile: string,
  port: number,
  alertmanagerPort: number,
): Promise<ServerProcess> {
  const configFile = join(directory, "prometheus.json");
  const rulesFile = join(directory, "rules.json");
  writeFileSync(rulesFile, JSON.stringify(prometheusRules(), undefined, 1));
  const config = prometheusConfig({ targetsFile, rulesFile, alertmanager: `127.0.0.1:${alertmanagerPort}` });
  writeFileSync(configFile, JSON.stringify(config, undefined, 1));
  return startServerProcess({
    name: "prometheus",
    code: "PROMETHEUS_UNREACHABLE",
    argv: [
      join(binaries, "prometheus"),
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(directory, "prometheus")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    logFile: join(directory, "prometheus.log"),
    url: `http://127.0.0.1:${port}`,
    readyPath: "/-/ready",
  });
}

function startAlertmanager(binaries: string, directory: string, port: number): Promise<ServerProcess> {
  const configFile = join(directory, "alertmanager.json");
  writeFileSync(configFile, JSON.stringify(alertmanagerConfig(), undefined, 1));
  return startServerProcess({
    name: "alertmanager",
    code: "ALERTMANAGER_REFUSED",
    argv: [
      join(binaries, "prometheus-alertmanager"),
      `--config.file=${configFile}`,
      `--storage.path=${join(directory, "alertmanager")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // One instance: no gossip, so no port besides the web's.
      "--cluster.listen-address=",
      "--log.level=warn",
    ],
    logFile: join(directory, "alertmanager.log"),
    url: `http://127.0.0.1:${port}`,
    readyPath: "/-/ready",
  });
}
