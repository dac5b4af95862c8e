// What one process finds of its own to be wrong, seen from outside: the clock that it shows, how long its files take, and what lies in
// its mounts and its vDSO. Shares no code with the daemon.

import { execFile } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { promisify } from "node:util";
import { median } from "./observe.ts";

const run = promisify(execFile);

const CLOCK = /^process_clock_seconds (\S+)$/m;

/** Milliseconds by which the clock that a pod shows is ahead of ours: of several answers the quickest, which had the least time to err. */
export async function clockAhead(ip: string, times = 15): Promise<number> {
  const answers: { readonly tookMs: number; readonly aheadMs: number }[] = [];
  for (let each = 0; each < times; each += 1) {
    const from = Date.now();
    const page = await (await fetch(`http://${ip}:9100/metrics`)).text();
    const to = Date.now();
    const theirs = Number(CLOCK.exec(page)?.[1]) * 1000;
    answers.push({ tookMs: to - from, aheadMs: theirs - (from + to) / 2 });
  }
  return answers.reduce((best, one) => (one.tookMs < best.tookMs ? one : best)).aheadMs;
}

const WRITE = `
const fs = require("node:fs");
const [path, times] = [process.argv[1], Number(process.argv[2])];
const file = fs.openSync(path, "w");
const took = Array.from({ length: times }, () => {
  const from = process.hrtime.bigint();
  fs.writeSync(file, "x", 0);
  return Number(process.hrtime.bigint() - from) / 1e6;
});
fs.closeSync(file);
fs.unlinkSync(path);
console.log(JSON.stringify(took));
`;

/** Milliseconds of the middle one of several writes to a new file, by a process that stands in the mounts of `pid`; `node` is there. */
export async function writeTime(pid: number, path: string, node = process.execPath, times = 15): Promise<number> {
  const argv = ["-t", String(pid), "-m", node, "-e", WRITE, path, String(times)];
  const { stdout } = await run("nsenter", argv);
  return median(JSON.parse(stdout) as number[]);
}

/** What of the mounts and of the vDSO of a process is not as the kernel made it; nothing means that nothing is left. */
export function foreignIn(pid: number): readonly string[] {
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, "utf8").split("\n");
  const ours = mounts.filter((line) => line.includes(" fuse."));
  const changed = vdsoOf(String(pid)).equals(vdsoOf("self")) ? [] : [`the vDSO of process ${pid} is not this one's`];
  return [...ours, ...changed];
}

function vdsoOf(pid: string): Buffer {
  const line = readFileSync(`/proc/${pid}/maps`, "utf8")
    .split("\n")
    .find((one) => one.endsWith("[vdso]"));
  const [start = 0, end = 0] = (line?.split(" ")[0] ?? "").split("-").map((hex) => Number.parseInt(hex, 16));
  const bytes = Buffer.alloc(end - start);
  const memory = openSync(`/proc/${pid}/mem`, "r");
  readSync(memory, bytes, 0, bytes.length, start);
  closeSync(memory);
  return bytes;
}
