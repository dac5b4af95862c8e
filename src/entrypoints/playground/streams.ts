// Streams between two pods, measured by observers that share no code with the model: a server in one network namespace, a client in
// another, and the client's own clock.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { median } from "./observe.ts";

const run = promisify(execFile);

const PORT = 9555;
/** What one round of the stream carries: the first window of a connection, which no slow start has to grow to (RFC 6928). */
export const WINDOW_BYTES = 14_480;
/** Jitter moves one connection by a tenth; the median of five by less. */
const CONNECTIONS = 5;

/**
 * `w`: a window, then the next one for each byte that comes back. `tN`: N bytes, then the end. While it serves, its namespace takes
 * Reno, which every kernel has: BBR would pace a window over part of the round trip. An accepted socket takes what is chosen at that
 * moment and not what the listening one had (net/ipv4/tcp_minisocks.c, tcp_ca_openreq_child), so the choice is put back at the end.
 */
const SERVER = `
const fs = require("node:fs");
const CONTROL = "/proc/sys/net/ipv4/tcp_congestion_control";
const usual = fs.readFileSync(CONTROL, "utf8");
fs.writeFileSync(CONTROL, "reno");
process.on("SIGTERM", () => { fs.writeFileSync(CONTROL, usual); process.exit(); });
require("node:net").createServer((socket) => {
  socket.setNoDelay(true).on("error", () => {});
  socket.on("data", (data) => {
    const text = data.toString("latin1");
    if (text.startsWith("t")) socket.end(Buffer.alloc(Number(text.slice(1))));
    else socket.write(Buffer.alloc(${WINDOW_BYTES}));
  });
}).listen(${PORT}, () => console.log("listening"));
`;

const WINDOWED = `
const [host, seconds] = [process.argv[1], Number(process.argv[2])];
const socket = require("node:net").connect({ host, port: ${PORT}, noDelay: true });
let [got, rounds] = [0, []];
socket.on("connect", () => socket.write("w"));
socket.on("data", (data) => {
  got += data.length;
  if (got < ${WINDOW_BYTES}) return;
  got = 0;
  rounds.push(performance.now());
  if (performance.now() > 1000 * seconds) { console.log(JSON.stringify(rounds)); process.exit(); }
  socket.write("w");
});
`;

const TRANSFER = `
const [host, bytes] = [process.argv[1], Number(process.argv[2])];
const once = () => new Promise((done) => {
  const from = performance.now();
  const socket = require("node:net").connect({ host, port: ${PORT}, noDelay: true });
  let got = 0;
  socket.on("connect", () => socket.write("t" + bytes));
  socket.on("data", (data) => {
    got += data.length;
    if (got === bytes) done(performance.now() - from);
  });
});
Promise.all(Array.from({ length: ${CONNECTIONS} }, once)).then((all) => { console.log(JSON.stringify(all)); process.exit(); });
`;

export type Ends = { readonly server: { readonly pid: number; readonly ip: string }; readonly clientPid: number };

/** Bytes per second of a stream that has one window under way at a time, its first round left out. */
export async function measureWindowed(ends: Ends, seconds: number): Promise<number> {
  const rounds = await measured(ends, WINDOWED, seconds);
  const [first = Number.NaN, last = Number.NaN] = [rounds[0], rounds.at(-1)];
  return (WINDOW_BYTES * (rounds.length - 1)) / ((last - first) / 1000);
}

/** Median seconds of five new connections, from the first packet to the last byte of an answer. */
export async function measureTransfer(ends: Ends, bytes: number): Promise<number> {
  return median(await measured(ends, TRANSFER, bytes)) / 1000;
}

async function measured({ server, clientPid }: Ends, client: string, amount: number): Promise<readonly number[]> {
  const serving = spawn("nsenter", inside(server.pid, SERVER), { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await new Promise((resolve) => serving.stdout.once("data", resolve));
    const { stdout } = await run("nsenter", inside(clientPid, client, server.ip, String(amount)), { timeout: 60_000 });
    return JSON.parse(stdout) as number[];
  } finally {
    serving.kill();
    await once(serving, "exit");
  }
}

function inside(pid: number, script: string, ...words: readonly string[]): string[] {
  return ["-t", String(pid), "-n", process.execPath, "-e", script, ...words];
}
