// Both halves of the story, started and stopped together.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type ClusterSide, startClusterSide } from "./cluster-side.ts";
import { demoSettings } from "./demo-settings.ts";
import { freePort, type GitHubSide, startGitHubSide } from "./github-side.ts";
import { type Keys, makeKeys } from "./keys.ts";
import type { Part } from "./part.ts";
import { openTap, type Tap } from "./tap.ts";

export type World = {
  readonly folder: string;
  readonly keys: Keys;
  readonly github: GitHubSide;
  readonly cluster: ClusterSide;
  readonly tap: Tap;
  /** The runner in service; after a murder, `startRunner` puts the next one here. */
  runner: Part;
  startRunner(): Promise<Part>;
  stop(): Promise<void>;
};

export type WorldOptions = {
  /** Logs, keys, journals and states go here. */
  readonly folder: string;
  /** Port of the page; any free one without. */
  readonly pagePort?: number;
  readonly backEnd?: string;
  /** Settings other than the story's. */
  readonly settings?: { readonly duration?: string; readonly errorsBelow?: number; readonly timeout?: string };
};

/** Starts everything and resolves when a pull request can be opened. Needs a sandbox. */
export async function startWorld({ folder, pagePort, backEnd, settings = {} }: WorldOptions): Promise<World> {
  mkdirSync(folder, { recursive: true });
  const keys = makeKeys(join(folder, "keys"));
  const cluster = await startClusterSide({ keys, folder, ...(backEnd !== undefined && { backEnd }) });
  const { clusterId } = cluster.shop;
  const text = demoSettings({ clusterId, runnerPublicKey: keys.runnerPublicKey, ...settings });
  const github = await startGitHubSide({
    keys,
    folder,
    files: { ".github/chaosgate.yml": text },
    ...(pagePort !== undefined && { port: pagePort }),
  });
  const tap = await openTap(github.botUrl, await freePort());
  const startRunner = (): Promise<Part> => cluster.startRunner(tap.url);
  const world: World = {
    folder,
    keys,
    github,
    cluster,
    tap,
    runner: await startRunner(),
    startRunner: async () => {
      world.runner = await startRunner();
      return world.runner;
    },
    stop: async () => {
      await world.runner.stop();
      await tap.close();
      await github.stop();
      await cluster.stop();
    },
  };
  return world;
}
