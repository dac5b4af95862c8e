// What observers look at on a node, of its pods' processes: nsenter, /proc, the kernel's lists and plain connections. None shares code
// with the daemon. Called here where this machine is the node; in a pod of the node this is a program that is asked line by line,
// because one that starts for each look comes too late on a busy node.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { connectTimes, kernelLists } from "../../../src/entrypoints/playground/observe.ts";
import { foreignIn, writeTime } from "../../../src/entrypoints/playground/own-world.ts";
import type { Answer } from "./line.ts";

export type Looks = {
  /** What the kernel of each process's network namespace holds, as text; many at once, because each look is a program that starts. */
  kernelLists(pids: readonly number[]): Promise<readonly string[]>;
  /** Milliseconds of connects from inside a process's network namespace; failed ones are left out. */
  connectTimes(pid: number, host: string, port: number, times: number): Promise<readonly number[]>;
  /** Milliseconds of the middle one of several writes to a new file, in a process's mounts. */
  writeTime(pid: number, path: string): Promise<number>;
  /** What of a process's mounts and vDSO is not the kernel's. */
  foreignIn(pid: number): Promise<readonly string[]>;
  /** Seconds by which a server's clock is ahead of the node's. */
  clockOf(ip: string): Promise<number>;
  /** The first living process of each container that has one. */
  processes(containerIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Writes files of a folder of the node, each whole. */
  keep(folder: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** Empties such a folder. */
  forget(folder: string): Promise<void>;
  /** The body of what a URL answers. */
  fetched(url: string): Promise<string>;
  /** Whether a TCP connection comes about within five seconds. */
  reaches(host: string, port: number): Promise<boolean>;
};

/** A look's name, of those that there are. */
export type LookName = keyof Looks;

export const LOOKS: Looks = {
  kernelLists: (pids) => Promise.all(pids.map((pid) => kernelLists(pid))),
  connectTimes: (pid, host, port, times) => connectTimes(pid, host, port, times),
  writeTime: (pid, path) => writeTime(pid, path, "/usr/bin/node"),
  foreignIn: async (pid) => foreignIn(pid),
  clockOf,
  processes: async (containerIds) => firstProcesses(containerIds),
  keep: async (folder, files) => {
    for (const [name, text] of Object.entries(files)) replace(folder, name, text);
  },
  forget: async (folder) => {
    for (const name of readdirSync(folder)) rmSync(`${folder}/${name}`, { force: true });
  },
  fetched: async (url) => (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text(),
  reaches,
};

/** Node.js writes its Date header once a second and answers with it until the next. */
const HEADER_KEPT_MS = 1_100;

/** By a Date header that was written after this was asked. */
async function clockOf(ip: string): Promise<number> {
  await delay(HEADER_KEPT_MS);
  return new Promise((resolve, reject) => {
    const asked = request({ host: ip, port: 8080, path: "/", timeout: 5_000 }, (response) => {
      response.resume();
      resolve((Date.parse(response.headers.date ?? "") - Date.now()) / 1000);
    });
    asked.on("timeout", () => asked.destroy(new Error(`${ip} did not answer within 5 s`)));
    asked.on("error", reject).end();
  });
}

function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.on("connect", () => end(true));
    socket.on("timeout", () => end(false));
    socket.on("error", () => end(false));
  });
}

/** Readers find the old text or the new one, and nothing between. */
function replace(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/.new`, text);
  renameSync(`${folder}/.new`, `${folder}/${name}`);
}

type Member = { readonly pid: number; readonly container: string; readonly startedAt: number };

/** By the cgroups, whose names have the container's id in them whatever the runtime: of those in one, who started first. */
function firstProcesses(containerIds: readonly string[]): Readonly<Record<string, number>> {
  const members = readdirSync("/proc").flatMap((name) => memberOf(name, containerIds) ?? []);
  // The oldest comes last, and stays.
  const byAge = members.sort((one, other) => other.startedAt - one.startedAt || other.pid - one.pid);
  return Object.fromEntries(byAge.map(({ container, pid }) => [container, pid]));
}

function memberOf(name: string, containerIds: readonly string[]): Member | undefined {
  if (!/^\d+$/.test(name)) return undefined;
  try {
    const groups = readFileSync(`/proc/${name}/cgroup`, "utf8");
    const container = containerIds.find((id) => groups.includes(id));
    if (container === undefined) return undefined;
    // proc(5): behind the name in parentheses comes the state, and 19 fields later the start in ticks since boot.
    const [state, ...fields] = readFileSync(`/proc/${name}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return state === "Z" || state === "X" ? undefined : { pid: Number(name), container, startedAt: Number(fields[18]) };
  } catch {
    return undefined; // it ended meanwhile
  }
}

/** Each line asks for one look, and is answered by a line of its number when that is done. */
if (import.meta.main) createInterface({ input: process.stdin }).on("line", (text) => void answered(text));

async function answered(text: string): Promise<void> {
  const { id, name, words } = JSON.parse(text) as { id: number; name: string; words: readonly unknown[] };
  try {
    const look = Object.entries(LOOKS).find(([known]) => known === name)?.[1];
    if (look === undefined) throw new Error(`no look is named ${name}`);
    const answer: unknown = await Reflect.apply(look, undefined, words);
    tell({ id, answer });
  } catch (thrown) {
    tell({ id, why: String(thrown) });
  }
}

function tell(answer: Answer): void {
  console.log(JSON.stringify(answer));
}
