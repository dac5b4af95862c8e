// One part of the story as a real process: started with its output kept in a file, stopped by its process id.

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export type Part = {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Waits until the part's output has a match, and returns it; a part that ends first or stays silent is an error. */
  said(pattern: RegExp, withinMs?: number): Promise<RegExpMatchArray>;
  /** Ends it and resolves with the exit code once it is gone; `SIGKILL` is the murder of step 6. */
  stop(signal?: NodeJS.Signals, withinMs?: number): Promise<number | null>;
  running(): boolean;
  /** Resolves with the exit code when it ends by itself or is ended. */
  readonly ended: Promise<number | null>;
};

export type PartOptions = {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
};

/** Starts a part; its standard output and error go to `logFile`. */
export function startPart({ name, argv, env, logFile }: PartOptions): Part {
  const [command = "", ...args] = argv;
  const log = createWriteStream(logFile, { flags: "a" });
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  if (child.pid === undefined)
    throw new Error(`could not start ${name}: ${command} is not there; run \`make daemon\` or \`make setup\``);
  return {
    name,
    pid: child.pid,
    logFile,
    running,
    ended,
    said: (pattern, withinMs = 20_000) => waitForOutput({ name, logFile, running, pattern, withinMs }),
    stop: (signal = "SIGTERM", withinMs = 20_000) => stop(child, ended, signal, withinMs),
  };
}

type Wait = {
  readonly name: string;
  readonly logFile: string;
  running(): boolean;
  readonly pattern: RegExp;
  readonly withinMs: number;
};

async function waitForOutput({ name, logFile, running, pattern, withinMs }: Wait): Promise<RegExpMatchArray> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const match = readIfThere(logFile).match(pattern);
    if (match !== null) return match;
    if (!running()) break;
    await delay(50);
  }
  const lastLines = readIfThere(logFile).split("\n").slice(-15).join("\n");
  throw new Error(
    `${name} ${running() ? `did not say ${pattern} within ${withinMs} ms` : "ended"}; its last lines:\n${lastLines}`,
  );
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the part has not written anything yet
  }
}

async function stop(
  child: ChildProcess,
  ended: Promise<number | null>,
  signal: NodeJS.Signals,
  withinMs: number,
): Promise<number | null> {
  child.kill(signal);
  const overdue = setTimeout(() => child.kill("SIGKILL"), withinMs);
  const code = await ended;
  clearTimeout(overdue);
  return code;
}
