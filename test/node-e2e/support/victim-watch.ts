// Looks at one victim all the time, from outside of everything that was hit and everything that heals: a process of its own in the
// victim's network namespace times plain TCP connects, and nsenter reads the kernel's lists. Shares no code with the daemon.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { entering, kernelLists, median } from "../../../src/entrypoints/playground/observe.ts";

export type VictimWatch = {
  /** Whether the last connects were late or did not come about. */
  readonly isHarmed: () => boolean;
  /** What of somebody's making the last look found in the kernel. */
  readonly residue: () => readonly string[];
  /** The first instant from which on connects are fast and nothing is left; undefined while that is not so. */
  readonly healedAt: () => number | undefined;
  readonly stop: () => void;
};

/** One connect; NaN did not come about. */
export type Connect = { readonly at: number; readonly ms: number };
export type Look = { readonly at: number; readonly found: readonly string[]; readonly gone: boolean };

const EVERY_MS = 250;
/** A connect on one bridge takes a few milliseconds at most; the faults make it 200 ms late, or keep it from coming about. */
const LATE_MS = 100;
/** Of so many connects in a row the middle one counts: a busy machine makes single ones late. */
const WINDOW = 5;

/** Watches until it is stopped: connects from `netns` to `host`. */
export function watchVictim(netns: string, host: string, port: number): VictimWatch {
  const connects: Connect[] = [];
  const looks: Look[] = [];
  const child = startConnects(netns, host, port, (connect) => connects.push(connect));
  const over = new AbortController();
  void lookOn(netns, looks, over.signal);
  return {
    isHarmed: () => isLate(inOrder(connects).slice(-WINDOW)),
    residue: () => looks.at(-1)?.found ?? [],
    healedAt: () => healedSince(inOrder(connects), looks),
    stop: () => {
      over.abort();
      child.kill("SIGKILL");
    },
  };
}

/** The later of two instants: of the first connect after which they stay fast, and of the first look after which nothing is found. */
export function healedSince(connects: readonly Connect[], looks: readonly Look[]): number | undefined {
  const unclean = looks.findLastIndex(({ found }) => found.length > 0);
  const clean = looks[unclean + 1];
  if (clean === undefined) return undefined;
  // A pod that is gone answers nobody, and feels nothing.
  if (looks.at(-1)?.gone === true) return looks.find(({ gone }) => gone)?.at;
  const ends = connects.map((_, index) => index).slice(WINDOW - 1);
  const late = ends.findLast((end) => isLate(connects.slice(end - WINDOW + 1, end + 1))) ?? WINDOW - 2;
  // In the first window that is not late, the last three are fast.
  const fast = connects[late + 1 - Math.floor(WINDOW / 2)];
  return late + 1 >= connects.length || fast === undefined ? undefined : Math.max(fast.at, clean.at);
}

function isLate(connects: readonly Connect[]): boolean {
  return !(median(connects.map(({ ms }) => (Number.isNaN(ms) ? Number.POSITIVE_INFINITY : ms))) < LATE_MS);
}

/** Those that take long are told of after later ones. */
function inOrder(connects: readonly Connect[]): readonly Connect[] {
  return [...connects].sort((one, other) => one.at - other.at);
}

const CONNECTS = `
const net = require("node:net");
const [host, port, every] = [process.argv[1], Number(process.argv[2]), Number(process.argv[3])];
setInterval(() => {
  const [at, from] = [Date.now(), process.hrtime.bigint()];
  const say = (ms) => console.log(at + " " + ms);
  const socket = net.connect({ host, port });
  socket.setTimeout(3000, () => socket.destroy(new Error("timeout")));
  socket.on("connect", () => { say(Number(process.hrtime.bigint() - from) / 1e6); socket.destroy(); });
  socket.on("error", () => say(NaN));
}, every);
`;

function startConnects(netns: string, host: string, port: number, tell: (connect: Connect) => void): ChildProcess {
  const program = [process.execPath, "-e", CONNECTS, host, String(port), String(EVERY_MS)];
  const child = spawn("nsenter", [...entering(netns), ...program], { stdio: ["ignore", "pipe", "ignore"] });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [at, ms] = line.split(" ").map(Number);
    tell({ at: at ?? Number.NaN, ms: ms ?? Number.NaN });
  });
  return child;
}

async function lookOn(netns: string, looks: Look[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    looks.push(await look(netns));
    await delay(EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

async function look(netns: string): Promise<Look> {
  try {
    const found = residueIn(await kernelLists(netns));
    return { at: Date.now(), found, gone: false };
  } catch (thrown) {
    // A namespace may end between two of the lists. Whatever else keeps from looking is not healed.
    if (!existsSync(netns)) return { at: Date.now(), found: [], gone: true };
    return { at: Date.now(), found: [`nobody could look: ${thrown}`], gone: false };
  }
}

/** Lines that a pod's own network does not have: rules, chains, queueing disciplines and devices. */
export function residueIn(lists: string): readonly string[] {
  return lists.split("\n").filter((line) => line !== "" && !OF_A_POD.some((own) => own.test(line)));
}

/** Loopback and the pair's end in the pod; the kernel's own discipline on each. */
const OF_A_POD = [/^\d+: (lo|eth0)(@\S+)?: /, /^qdisc noqueue 0: dev (lo|eth0) root /];
