// A program of its own, started inside a pod's network namespace: prints as JSON how many milliseconds each of a few TCP
// connections took, by its own clock. Connections start a few milliseconds apart and wait for nobody, so slow ones take no longer
// together than alone. A connection that fails is null.

import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const [host = "", port, times, timeoutMs] = process.argv.slice(2);
const APART_MS = 10;

console.log(JSON.stringify(await connectTimes(Number(port), Number(times), Number(timeoutMs))));

async function connectTimes(toPort: number, count: number, withinMs: number): Promise<readonly (number | null)[]> {
  const measured: Promise<number | null>[] = [];
  for (let index = 0; index < count; index++) {
    measured.push(connectTime(toPort, withinMs));
    await pause(APART_MS);
  }
  return Promise.all(measured);
}

function connectTime(toPort: number, withinMs: number): Promise<number | null> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const socket = connect({ host, port: toPort, timeout: withinMs });
    const settle = (ms: number | null): void => {
      socket.destroy();
      resolve(ms);
    };
    socket.on("connect", () => settle(performance.now() - startedAt));
    socket.on("timeout", () => settle(null));
    socket.on("error", () => settle(null)); // refused or unreachable: a connection that failed has no time
  });
}
