// One pod: a real process in network and mount namespaces of its own.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { BRIDGE, type PodPlace } from "./addresses.ts";
import { keepOutput } from "./bounded-log.ts";
import type { ServiceDeclaration } from "./declaration.ts";
import { createVolume, removeVolume, withOwnMounts } from "./mounts.ts";
import { createPodNetwork, removePodNetwork } from "./network.ts";

export type PodProcess = {
  readonly pid: number;
  /** Resolves when the process has ended and its network namespace is gone. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL when it does not listen within the grace. */
  end(graceMs: number): Promise<string>;
};

export type PodIdentity = { readonly name: string; readonly namespace: string; readonly place: PodPlace };

export type PodSurroundings = {
  /** Folder that the command's paths are relative to. */
  readonly workingDirectory: string;
  readonly logDirectory: string;
  readonly endpointsFile: string;
};

const MAX_LOG_BYTES = 1_048_576;

/** Starts a pod's process; rejects with AppError when its network cannot be made. */
export async function startPodProcess(
  service: ServiceDeclaration,
  pod: PodIdentity,
  around: PodSurroundings,
): Promise<PodProcess> {
  await createPodNetwork(pod.place);
  if (service.volume !== undefined) createVolume(pod.name, service.volume);
  const [first = "", ...words] = commandOf(service, pod);
  const child = spawn(first, words, {
    cwd: around.workingDirectory,
    env: environmentOf(service, pod, around),
    stdio: ["ignore", "pipe", "pipe"],
  });
  keepOutput([child.stdout, child.stderr], join(around.logDirectory, `${pod.name}.log`), MAX_LOG_BYTES).catch(() => {
    // The disk is full or the folder is gone: a pod goes on without its log.
  });
  const ended = endOf(child, pod);
  return { pid: child.pid ?? 0, ended, end: (graceMs) => end(child, ended, graceMs) };
}

/** Each of these programs becomes the next one, so the first one's process id is the pod's. */
function commandOf({ command, volume }: ServiceDeclaration, { name, place }: PodIdentity): readonly string[] {
  const [program = "", ...args] = command;
  const own = program === "node" ? process.execPath : program;
  return withOwnMounts(name, volume, ["nsenter", `--net=/run/netns/${place.netns}`, own, ...args]);
}

/** Nothing of the supervisor's own environment: a pod gets what is declared and where it is. */
function environmentOf(service: ServiceDeclaration, pod: PodIdentity, around: PodSurroundings): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    ...service.env,
    POD_NAME: pod.name,
    POD_NAMESPACE: pod.namespace,
    POD_IP: pod.place.ipv4,
    NODE_IP: BRIDGE.ipv4,
    CHAOSGATE_ENDPOINTS: around.endpointsFile,
  };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

async function endOf(child: Child, { name, place }: PodIdentity): Promise<string> {
  const how = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not start: ${error.message}`));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `killed by ${signal}`));
  });
  // The pod has ended whatever became of these; what is left of them ends with the sandbox. One that fails does not keep the other.
  const tried = await Promise.allSettled([removePodNetwork(place), (async () => removeVolume(name))()]);
  const failures = tried.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
  return [how, ...failures].join("; ");
}

async function end(child: Child, ended: Promise<string>, graceMs: number): Promise<string> {
  child.kill("SIGTERM");
  const overdue = setTimeout(() => child.kill("SIGKILL"), graceMs);
  const how = await ended;
  clearTimeout(overdue);
  return how;
}
