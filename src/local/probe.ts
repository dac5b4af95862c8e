import { fileURLToPath } from "node:url";
import { AppError } from "../errors.ts";
import type { PodAddress, VictimRef } from "../run/ports.ts";
import { runCommand } from "./run-command.ts";
import type { LocalPod, LocalState } from "./state.ts";
import { podByUid } from "./views.ts";

const CONNECT_CLOCK = fileURLToPath(new URL("./connect-clock.ts", import.meta.url));
const CONNECTIONS = 10;
const CONNECTION_TIMEOUT_MS = 5_000;
const PROGRAM_TIMEOUT_MS = 8_000;

/** Times of a few TCP connections in ms, from inside one pod to another. Rejects with AppError when none was made. */
export async function measureConnectTimes(
  state: LocalState,
  from: VictimRef,
  to: PodAddress,
): Promise<readonly number[]> {
  const source = podByUid(state, from.podUid);
  const peer = podByUid(state, to.podUid);
  if (source === undefined) throw refusal(from.pod, to.pod, `${from.pod} is gone`);
  if (peer === undefined) throw refusal(from.pod, to.pod, `${to.pod} is gone`);
  const times = await timesFrom(source, to.ip, portOf(peer));
  if (times.length === 0) throw refusal(from.pod, to.pod, `none of ${CONNECTIONS} connections was made`);
  return times;
}

async function timesFrom({ pid }: LocalPod, ip: string, port: number): Promise<readonly number[]> {
  const clock = [process.execPath, CONNECT_CLOCK, ip, String(port), String(CONNECTIONS), String(CONNECTION_TIMEOUT_MS)];
  const printed = await runCommand(["nsenter", "-t", String(pid), "-n", ...clock], { timeoutMs: PROGRAM_TIMEOUT_MS });
  const times = JSON.parse(printed) as readonly (number | null)[];
  return times.filter((ms) => ms !== null);
}

function portOf(peer: LocalPod): number {
  const port = peer.ports.http ?? Object.values(peer.ports)[0];
  if (port === undefined) throw refusal("a pod", peer.name, `${peer.name} declares no port`);
  return port;
}

function refusal(from: string, to: string, why: string): AppError {
  return new AppError("CLUSTER_REFUSED", `could not time connections from ${from} to ${to}: ${why}`, {
    facts: { from, to },
  });
}
