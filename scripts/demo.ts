// demo.ts [--keep]: plays the story in a sandbox and, with --keep, leaves the page up at a loopback address until Ctrl-C.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { forward } from "./forward.ts";

const FOLDER = ".demo";
/** Inside and outside the same, so that the page's own links lead back to it. */
const PORT = 8417;

const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const socket = join(tmpdir(), `chaosgate-demo-${process.pid}.sock`);
const story = startStory();
const ended = new Promise<number>((resolve) => story.once("close", (code) => resolve(code ?? 1)));
// Ctrl-C reaches the sandbox by itself; this process stays to pass the exit code on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => story.kill("SIGTERM"));
if (values.keep) await Promise.race([showPage(), ended]);
process.exitCode = await ended;
rmSync(socket, { force: true });
process.exit();

function startStory(): ChildProcess {
  const words = [
    "src/entrypoints/playground.ts",
    "--folder",
    FOLDER,
    "--port",
    String(PORT),
    ...(values.keep ? ["--keep", socket] : []),
  ];
  return spawn("scripts/sandbox.sh", ["node", ...words], { stdio: "inherit" });
}

async function showPage(): Promise<void> {
  while (!existsSync(socket)) await delay(250);
  await forward(socket, PORT);
  console.log(
    `\nThe page is up at http://127.0.0.1:${PORT}/acme/shop/pull/1 until Ctrl-C; the boxes at its end take /chaos commands.`,
  );
}
