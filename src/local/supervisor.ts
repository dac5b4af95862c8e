// A cluster without a cluster: a declaration enters, real processes in network namespaces of their own run, and three files say at
// every moment what is there. Runs only inside a sandbox (scripts/sandbox.sh), so that nothing outlives it.

import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../clock.ts";
import { AppError } from "../errors.ts";
import { BRIDGE } from "./addresses.ts";
import { Controller } from "./controller.ts";
import type { Declaration } from "./declaration.ts";
import { createBridge, hasIpv6, removeBridge } from "./network.ts";
import { identify, type ProcessId } from "./process-id.ts";
import { podOf } from "./replica.ts";
import { type LocalState, readState, writeAtomically } from "./state.ts";
import { endpointsOf, scrapeTargetsOf } from "./views.ts";

export type SupervisorOptions = {
  readonly declaration: Declaration;
  /** Where state.json, endpoints.json, targets.json and the pods' logs are kept. */
  readonly stateDirectory: string;
  /** Folder that the declared commands' paths are relative to. */
  readonly workingDirectory: string;
  /** Absent: the id that stateDirectory already has, else a new one. */
  readonly clusterId?: string;
  readonly clock?: Clock;
  readonly newUid?: () => string;
  readonly log?: (line: string) => void;
};

export type LocalClusterHandle = {
  readonly clusterId: string;
  /** For createLocalCluster. */
  readonly stateFile: string;
  /** For Prometheus' file_sd. */
  readonly targetsFile: string;
  readonly logDirectory: string;
  state(): LocalState;
  /** Resolves when every declared replica is ready; rejects with AppError after `withinMs`. */
  ready(withinMs: number): Promise<void>;
  /** Kills a pod's process; the controller replaces the pod. */
  kill(podName: string, signal?: NodeJS.Signals): void;
  /** Replaces every pod of `namespace/service` by one with other environment variables, new ones first. */
  rollOut(service: string, env: Readonly<Record<string, string>>): Promise<void>;
  /** Ends every pod and takes the network away; asked twice it is the same end. */
  stop(): Promise<void>;
};

/** Starts a local cluster; resolves when every process has been started, which is before they are ready. */
export async function startLocalCluster(options: SupervisorOptions): Promise<LocalClusterHandle> {
  requireSandbox();
  const { stateDirectory, workingDirectory, clock = systemClock } = options;
  const paths = pathsIn(stateDirectory);
  mkdirSync(paths.logDirectory, { recursive: true });
  const clusterId = options.clusterId ?? clusterIdIn(paths.stateFile) ?? randomUUID();
  const own = ownProcess();
  const state = (): LocalState => stateOf(options.declaration, controller, { clusterId, own, now: clock.now() });
  const controller = new Controller(options.declaration, {
    around: { workingDirectory, ...paths },
    newUid: options.newUid ?? randomUUID,
    now: clock.now,
    changed: () => publish(state(), paths),
    log: options.log ?? (() => {}),
  });
  await createBridge();
  publish(state(), paths);
  await controller.start();
  return handleOf(controller, state, paths, clock);
}

/** The state last: who sees a pod there finds it in the other files too. */
function publish(state: LocalState, { endpointsFile, targetsFile, stateFile }: Paths): void {
  writeAtomically(endpointsFile, endpointsOf(state.pods));
  writeAtomically(targetsFile, scrapeTargetsOf(state.pods));
  writeAtomically(stateFile, state);
}

function handleOf(controller: Controller, state: () => LocalState, paths: Paths, clock: Clock): LocalClusterHandle {
  let stopped: Promise<void> | undefined;
  return {
    clusterId: state().clusterId,
    stateFile: paths.stateFile,
    targetsFile: paths.targetsFile,
    logDirectory: paths.logDirectory,
    state,
    ready: (withinMs) => waitUntilReady(controller, clock, withinMs, paths.logDirectory),
    kill: (podName, signal = "SIGKILL") => killPod(controller, podName, signal),
    rollOut: (service, env) => controller.rollOut(service, env),
    stop: () => {
      stopped ??= controller.stop().then(removeBridge);
      return stopped;
    },
  };
}

type Paths = {
  readonly stateFile: string;
  readonly endpointsFile: string;
  readonly targetsFile: string;
  readonly logDirectory: string;
};

function pathsIn(folder: string): Paths {
  return {
    stateFile: join(folder, "state.json"),
    endpointsFile: join(folder, "endpoints.json"),
    targetsFile: join(folder, "targets.json"),
    logDirectory: join(folder, "logs"),
  };
}

function requireSandbox(): void {
  if (process.env.CHAOSGATE_SANDBOX === "1") return;
  throw new AppError(
    "CLUSTER_REFUSED",
    "could not start a local cluster outside a sandbox: it makes network namespaces and devices on this machine; run the command through scripts/sandbox.sh",
  );
}

function clusterIdIn(stateFile: string): string | undefined {
  try {
    return readState(stateFile).clusterId;
  } catch {
    return undefined; // no cluster was here before
  }
}

function ownProcess(): ProcessId {
  const own = identify(process.pid);
  if (own === undefined) throw new Error("this process is not in /proc; is /proc mounted for this pid namespace?");
  return own;
}

type Moment = { readonly clusterId: string; readonly own: ProcessId; readonly now: number };

function stateOf(declaration: Declaration, controller: Controller, moment: Moment): LocalState {
  const ipv6 = hasIpv6();
  return {
    version: 1,
    clusterId: moment.clusterId,
    supervisor: moment.own,
    updatedAt: moment.now,
    namespaces: declaration.namespaces,
    exemptions: [{ cidr: `${BRIDGE.ipv4}/32`, port: 0 }, ...(ipv6 ? [{ cidr: `${BRIDGE.ipv6}/128`, port: 0 }] : [])],
    pods: controller.replicas.map((replica) => podOf(replica, ipv6)),
  };
}

async function waitUntilReady(
  controller: Controller,
  clock: Clock,
  withinMs: number,
  logDirectory: string,
): Promise<void> {
  const until = clock.now() + withinMs;
  while (!controller.allReady()) {
    if (clock.now() >= until) throw notReady(controller, withinMs, logDirectory);
    await clock.sleep(50);
  }
}

function notReady(controller: Controller, withinMs: number, logDirectory: string): AppError {
  const waiting = controller.replicas.filter(({ ready }) => !ready).map(({ name }) => name);
  const which = waiting.length === 0 ? "a pod keeps ending" : `${waiting.join(", ")} did not pass the readiness check`;
  return new AppError(
    "CLUSTER_REFUSED",
    `could not start the local cluster within ${withinMs} ms: ${which}; look at the logs in ${logDirectory}`,
  );
}

function killPod(controller: Controller, podName: string, signal: NodeJS.Signals): void {
  const replica = controller.replicas.find(({ name }) => name === podName);
  if (replica === undefined) throw new Error(`no pod ${podName} in the local cluster`);
  process.kill(replica.process.pid, signal);
}
