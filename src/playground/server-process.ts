// A server that somebody else wrote, as a process: started, waited for until it says that it is ready, ended by its id.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { AppError, type RefusalCode } from "../errors.ts";

export type ServerProcess = {
  readonly pid: number;
  readonly url: string;
  readonly logFile: string;
  /** Ends it and resolves when it is gone; ending one that is gone already is fine. */
  stop(signal?: NodeJS.Signals): Promise<void>;
};

export type ServerProcessOptions = {
  readonly name: string;
  /** Of the refusal when it does not come up. */
  readonly code: RefusalCode;
  readonly argv: readonly string[];
  readonly logFile: string;
  readonly url: string;
  readonly readyPath: string;
};

const READY_WITHIN_MS = 20_000;
const GRACE_MS = 5_000;

/** Starts a server and resolves when its ready page answers 200; rejects with AppError and ends it otherwise. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const [program = "", ...args] = options.argv;
  if (!existsSync(program)) throw refusal(options, `${program} is not there; run scripts/packages.sh`);
  const log = openSync(options.logFile, "a");
  const child = spawn(program, args, { stdio: ["ignore", log, log] });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve()); // it never ran: the wait for its ready page tells
  });
  const server = {
    pid: child.pid ?? 0,
    url: options.url,
    logFile: options.logFile,
    stop: (signal: NodeJS.Signals = "SIGTERM") => stop(child, ended, signal),
  };
  await waitUntilReady(child, options).catch(async (thrown: unknown) => {
    await server.stop("SIGKILL");
    throw thrown;
  });
  return server;
}

async function waitUntilReady(child: ChildProcess, options: ServerProcessOptions): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (!(await answers(options.url + options.readyPath))) {
    if (child.exitCode !== null || child.signalCode !== null) throw refusal(options, `it ended; ${lastLines(options)}`);
    if (performance.now() > until)
      throw refusal(options, `it was not ready after ${READY_WITHIN_MS} ms; ${lastLines(options)}`);
    await pause(50);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false; // not listening yet
  }
}

async function stop(child: ChildProcess, ended: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  const overdue = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await ended;
  clearTimeout(overdue);
}

function lastLines({ logFile }: ServerProcessOptions): string {
  const tail = readFileSync(logFile, "utf8").trim().split("\n").slice(-3).join(" | ");
  return `its log ${logFile} ends with: ${tail.slice(0, 600)}`;
}

function refusal({ name, code, argv }: ServerProcessOptions, why: string): AppError {
  return new AppError(code, `could not start ${name}: ${why}`, { facts: { program: argv[0] } });
}
