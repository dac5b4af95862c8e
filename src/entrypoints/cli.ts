#!/usr/bin/env node
// The command line: words -> one command -> text and an exit code (0 fine, 1 problems, 2 wrong words or unreadable files).

import { messageOf } from "../errors.ts";
import { runCommand } from "./cli/command.ts";

try {
  process.exitCode = await runCommand(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`chaosgate: ${messageOf(error)}\n`);
  process.exitCode = 2;
}
