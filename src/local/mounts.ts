// A pod's own mounts: what is mounted for one pod, a file fault of the node daemon above all, is seen by that pod alone. A declared
// volume is an empty directory that lives as long as its pod.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** On the sandbox's own tmpfs, so that a slow disk of this machine is no fault of an experiment. */
const VOLUMES = "/run/chaosgate-volumes";

/** The words that put a command into mounts of its own; with a volume, its directory is bound over the declared path first. */
export function withOwnMounts(pod: string, volume: string | undefined, argv: readonly string[]): readonly string[] {
  const own = ["unshare", "--mount", "--propagation", "private", "--"];
  if (volume === undefined) return [...own, ...argv];
  // The text is constant and every word of the pod's is an argument: mount has no way to become the next program.
  return [
    ...own,
    "sh",
    "-c",
    'mount --bind "$1" "$2" && shift 2 && exec "$@"',
    "sh",
    directoryOf(pod),
    volume,
    ...argv,
  ];
}

/** Makes a pod's directory, and the place where it is bound. */
export function createVolume(pod: string, volume: string): void {
  mkdirSync(directoryOf(pod), { recursive: true });
  mkdirSync(volume, { recursive: true });
}

/** Takes a pod's directory away with what is in it; one that never was is no failure. */
export function removeVolume(pod: string): void {
  rmSync(directoryOf(pod), { recursive: true, force: true });
}

function directoryOf(pod: string): string {
  return join(VOLUMES, pod);
}
