#!/usr/bin/env node
// The command line: words -> one command -> text and an exit code (0 fine, 1 problems, 2 could not run).
// lint starts this very program on further threads when there are many files.

import { isMainThread } from "node:worker_threads";
import { messageOf } from "../errors.ts";
import { runCommand } from "./cli/command.ts";

try {
  if (isMainThread) leave(await runCommand(process.argv.slice(2)));
  else (await import("./cli/lint-chunks.ts")).lintOnThisThread();
} catch (error) {
  process.stderr.write(`chaosgate: ${messageOf(error)}\n`);
  leave(2);
}

/** Ends once everything is written: a command that has returned leaves nothing behind that would be worth waiting for. */
function leave(code: number): void {
  process.exitCode = code;
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
