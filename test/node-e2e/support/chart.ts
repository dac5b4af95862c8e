import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "../../../src/entrypoints/playground/github-side.ts";
import type { Keys } from "../../../src/entrypoints/playground/keys.ts";
import type { Cluster } from "./cluster.ts";

const run = promisify(execFile);

/** Where chaosgate itself lives. */
export const NAMESPACE = "chaosgate";

/** Our chart in the hands of whoever owns the cluster. */
export type Chart = {
  /** Installs it, or upgrades it with these values over those before. */
  install(changes?: Values): Promise<void>;
  uninstall(): Promise<void>;
};

export type Values = Readonly<Record<string, unknown>>;

export type Installation = {
  readonly cluster: Cluster;
  /** Registry and path of our images. */
  readonly images: string;
  /** A file of values over all others, of whoever owns the cluster. */
  readonly ownersValues?: string;
  readonly folder: string;
  readonly keys: Keys;
  readonly door: { readonly cert: string };
  readonly botUrl: string;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
};

/** The chart with everything that it is told here; its secrets are made at the first installation. */
export function chartOf(installation: Installation): Chart {
  const { cluster, folder, ownersValues } = installation;
  const helm = async (...words: readonly string[]) => {
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
    await run(".cache/bin/helm", [...words, "--namespace", NAMESPACE, "--wait", "--timeout", "180s"], { env });
  };
  return {
    install: async (changes = {}) => {
      await makeSecrets(installation);
      const [values, more] = [join(folder, "values.json"), join(folder, "changes.json")];
      writeFileSync(values, JSON.stringify(valuesOf(installation)));
      writeFileSync(more, JSON.stringify(changes));
      const chart = ["upgrade", "--install", "chaosgate", "charts/chaosgate"];
      const owners = ownersValues === undefined ? [] : ["--values", ownersValues];
      await helm(...chart, "--values", values, "--values", more, ...owners);
    },
    uninstall: () => helm("uninstall", "chaosgate"),
  };
}

async function makeSecrets({ cluster, keys, door }: Installation): Promise<void> {
  const secret = (name: string, data: Readonly<Record<string, string>>) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: NAMESPACE },
    stringData: data,
  });
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  await cluster.apply(
    secret("chaosgate-runner-key", { "runner.jwk": readFileSync(keys.runnerKeyFile, "utf8") }),
    secret("bot-ca", { "ca.crt": door.cert }),
  );
}

function valuesOf({ images, keys, botUrl, prometheusUrl, alertmanagerUrl }: Installation): Values {
  return {
    runner: {
      image: `${images}/runner:0.1.0`,
      botUrl,
      repositories: [REPOSITORY],
      caSecret: "bot-ca",
      prometheusUrl,
      alertmanagerUrl,
      extraEnv: {
        CHAOSGATE_POLL_SECONDS: "1",
        CHAOSGATE_BASELINE_POLLS: "5",
        CHAOSGATE_RECOVERY_SECONDS: "60",
        // GitHub allows 5,000 requests an hour, and each question of the runner costs the bot some.
        CHAOSGATE_ASK_SECONDS: "5",
      },
    },
    ticketKeys: JSON.parse(readFileSync(keys.ticketKeysFile, "utf8")),
    daemon: { image: `${images}/daemon:0.1.0`, effects: { network: true, process: true, fileIo: true } },
    admission: { pairings: [{ from: "staging-chaos", to: "staging" }] },
  };
}
