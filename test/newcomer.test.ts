// Somebody reads the README and does what it says first. The time that passes until a reviewed pull request is in front of them is
// taken, reading included, and printed.

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "./github/support/town.ts";

const ROOT = resolve(import.meta.dirname, "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const FULL = process.env.CHAOSGATE_FULL === "1";
const FIVE_MINUTES = 300;
/** Words a minute of somebody who reads a technical text with care. */
const WORDS_A_MINUTE = 200;

/** What a checkout without anything to install may take; the control waits as long for nothing. */
const LINKED_MS = 20_000;

/** What git does not have: a clone begins without it. */
const MADE = [
  ".git",
  ".cache",
  ".bench",
  ".test",
  ".demo",
  "dist",
  "target",
  "node_modules",
  "src/daemon/generated",
].concat("src/manifest/generated");

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The first command of the README, and how many words stand before it. */
function firstCommand(readme: string): { readonly words: readonly string[]; readonly wordsBefore: number } {
  const [before = "", block = ""] = readme.split(/^```sh\n/m);
  const [line = ""] = block.split("\n");
  return { words: line.replace(/\s+#.*$/, "").split(" "), wordsBefore: before.split(/\s+/).length };
}

type Seen = { readonly seconds: number; readonly page: string; readonly said: string };

/** Gives the command in a checkout, waits until it shows a pull request that was reviewed, and looks at its page; then Ctrl-C. */
async function follow(checkout: string, [program = "", ...args]: readonly string[], withinMs: number): Promise<Seen> {
  const began = performance.now();
  const port = await freePort();
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const where = program === "make" ? [`PORT=${port}`] : ["--port", String(port)];
  const child = spawn(program, [...args, ...where], { cwd: checkout, detached: true, stdio: [...stdio] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const group = -(child.pid ?? Number.NaN);
  const late = setTimeout(() => process.kill(group, "SIGTERM"), withinMs);
  let said = "";
  try {
    const address = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        said += String(chunk);
        const [, url] = /reviewed after .*\n {2}(http:\S+)/.exec(said) ?? [];
        if (url !== undefined) resolve(url);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      void ended.then(() => reject(new Error(`it ended without a review:\n${said.slice(-2000)}`)));
    });
    const page = await (await fetch(address)).text();
    return { seconds: (performance.now() - began) / 1000, page, said };
  } finally {
    clearTimeout(late);
    if (child.exitCode === null) process.kill(group, "SIGTERM");
    await ended;
  }
}

/** A checkout as a clone has it. */
function cloned(): string {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-clone-"));
  folders.push(folder);
  cpSync(ROOT, folder, { recursive: true, filter: (source) => !MADE.includes(relative(ROOT, source)) });
  return folder;
}

/** A checkout that has what was installed and made here. */
function linked(): string {
  const folder = cloned();
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const made of ["src/daemon/generated", "src/manifest/generated"])
    cpSync(join(ROOT, made), join(folder, made), { recursive: true });
  return folder;
}

function expectReviewed({ page }: Seen): void {
  // The page is written by another program than the bot: what stands on it is what a person sees.
  expect(page).toContain("chaos / review");
  expect(page).toContain("spec.value");
}

describe("a newcomer who reads the README and gives its first command", () => {
  const { words, wordsBefore } = firstCommand(README);
  const reading = (wordsBefore / WORDS_A_MINUTE) * 60;

  it("has a reviewed pull request before them", async () => {
    const seen = await follow(ROOT, words, 50_000);
    expectReviewed(seen);
    console.log(
      `${reading.toFixed(0)} s of reading, ${seen.seconds.toFixed(1)} s of \`${words.join(" ")}\`; everything was installed`,
    );
    expect(reading + seen.seconds).toBeLessThan(FIVE_MINUTES);
  });

  // By the command inside of `make try`, which would install anew what is only linked here.
  const tryOut = (checkout: string) => follow(checkout, [process.execPath, "scripts/try.ts"], LINKED_MS);

  it("would not have one of a bot that may write no checks", async () => {
    const broken = linked();
    const manifest = readFileSync(join(ROOT, "app.yml"), "utf8");
    writeFileSync(join(broken, "app.yml"), manifest.replace("checks: write", "checks: read"));
    await expect(tryOut(broken)).rejects.toThrow(/without a review:.*pull request 1 is open/s);
  });

  it("has one in the same checkout and the same time of a bot that may", async () => {
    expectReviewed(await tryOut(linked()));
  });

  it.skipIf(!FULL)(
    "has one within five minutes of a clone, with all that has to be installed",
    { timeout: 400_000 },
    async () => {
      const fresh = cloned();
      expect(existsSync(join(fresh, "node_modules"))).toBe(false);
      const seen = await follow(fresh, words, 350_000);
      expectReviewed(seen);
      const cache = existsSync(join(homedir(), ".npm/_cacache")) ? "npm's downloads were cached" : "nothing was cached";
      console.log(
        `${reading.toFixed(0)} s of reading, ${seen.seconds.toFixed(1)} s from a clone to a reviewed pull request; ${cache}`,
      );
      expect(reading + seen.seconds).toBeLessThan(FIVE_MINUTES);
    },
  );
});
