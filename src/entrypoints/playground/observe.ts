// Observers of the story. They share no code with the daemon, the runner or their probes: they enter a pod's network namespace
// with nsenter and look at the kernel's own lists, or time a plain TCP connect.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A network namespace: that of a process, or the one that a path such as /run/netns/NAME holds. */
export type Netns = number | string;

/** What the kernel of one pod's network namespace holds, as text without counters; equal texts mean nothing is left. */
export async function kernelLists(netns: Netns): Promise<string> {
  const lists = [
    ["iptables-legacy-save"],
    ["ip6tables-legacy-save"],
    ["iptables-nft-save"],
    ["ip6tables-nft-save"],
    ["tc", "qdisc", "show"],
    ["ip", "-o", "link"],
  ];
  const texts = await Promise.all(lists.map((argv) => inside(netns, argv)));
  return texts.map(normalised).join("\n");
}

/** Lines of the kernel's lists that are there now and were not before. */
export function leftBehind(before: string, now: string): readonly string[] {
  const known = new Set(before.split("\n"));
  return now.split("\n").filter((line) => line !== "" && !known.has(line));
}

/** The words of nsenter before those of the program that looks around there. */
export function entering(netns: Netns): readonly string[] {
  return typeof netns === "number" ? ["-t", String(netns), "-n"] : [`--net=${netns}`];
}

async function inside(netns: Netns, argv: readonly string[]): Promise<string> {
  const { stdout } = await run("nsenter", [...entering(netns), ...argv], { maxBuffer: 4_194_304 });
  return stdout;
}

/** Comments carry dates, chains carry counters, and an empty table appears as soon as anybody has looked at it. */
function normalised(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^(#|\*|COMMIT$|:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) ACCEPT )/.test(line))
    .map((line) => line.replace(/\[\d+:\d+\]/, "").replace(/\bqlen \d+/, ""))
    .filter((line) => line.trim() !== "")
    .join("\n");
}

const CONNECT = `
const net = require("node:net");
const [host, port, times] = [process.argv[1], Number(process.argv[2]), Number(process.argv[3])];
const once = () => new Promise((done) => {
  const from = process.hrtime.bigint();
  const socket = net.connect({ host, port });
  socket.setTimeout(10000, () => socket.destroy(new Error("timeout")));
  socket.on("connect", () => { const ms = Number(process.hrtime.bigint() - from) / 1e6; socket.destroy(); done(ms); });
  socket.on("error", () => done(null));
});
const later = (ms) => new Promise((done) => setTimeout(done, ms));
Promise.all(Array.from({ length: times }, (_, index) => later(25 * index).then(once))).then((all) => console.log(JSON.stringify(all)));
`;

/** Milliseconds of `times` TCP connects, started 25 ms apart, from inside the namespace of `pid`; failed ones are left out. */
export async function connectTimes(pid: number, host: string, port: number, times: number): Promise<readonly number[]> {
  const stdout = await inside(pid, [process.execPath, "-e", CONNECT, host, String(port), String(times)]);
  return (JSON.parse(stdout) as (number | null)[]).filter((ms) => ms !== null);
}

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
