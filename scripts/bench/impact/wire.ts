// Runs a plan on a wire: packet queue on this kernel, netem in user-mode Linux. Enters: batches. Leaves: samples by cell.
// Needs to be inside scripts/sandbox.sh; what is started ends with it.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Batch, type Cell, nameOf, roundTripsId } from "./grid.ts";

export type BackEnd = "netem" | "packet-queue";

const KERNEL = "/usr/bin/linux.uml";
const INIT = resolve("daemon/tests/wire/init.sh");
const TEST = "the_wire_answers_a_plan";
/** The longest plan takes a sixth of it. */
const PATIENCE_MS = 15 * 60_000;

/** Why a back end cannot be measured here, or undefined. */
export function missing(backEnd: BackEnd): string | undefined {
  if (process.env.CHAOSGATE_SANDBOX !== "1") return "not inside scripts/sandbox.sh";
  if (backEnd === "packet-queue" || existsSync(KERNEL)) return undefined;
  return `${KERNEL} is not there: apt-get install user-mode-linux kmod`;
}

/** The test binary that measures; built where it is not. */
export function buildWire(): string {
  const words = ["test", "--release", "--locked", "--test", "impact_wire", "--no-run", "--message-format=json"];
  const { status, stdout, stderr } = spawnSync("cargo", words, { encoding: "utf8", maxBuffer: 64 << 20 });
  const executables = stdout.matchAll(/"executable":"([^"]*impact_wire-[^"]*)"/g);
  const [found] = [...executables];
  if (status !== 0 || found?.[1] === undefined) throw new Error(`cargo could not build impact_wire:\n${stderr}`);
  return found[1];
}

/** What one cell showed, as impact_wire.rs writes it. */
export type Seen = Readonly<Record<string, unknown>>;

/** Measures batches one after the other and returns what each id showed. */
export async function runPlan(
  backEnd: BackEnd,
  binary: string,
  batches: readonly Batch[],
): Promise<ReadonlyMap<string, Seen>> {
  const folder = mkdtempSync(join(tmpdir(), "impact-wire-"));
  try {
    const plan = join(folder, "plan.json");
    writeFileSync(plan, JSON.stringify({ batches }));
    return answersOf(await output(backEnd === "netem" ? otherKernel(binary, plan) : thisKernel(binary, plan)), batches);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Program = { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };

function thisKernel(binary: string, plan: string): Program {
  const env = { WIRE_PLAN: plan, CHAOSGATE_TEST_BACK_END: "packet-queue" };
  return { argv: [binary, "--ignored", "--nocapture", "--exact", TEST], env };
}

function otherKernel(binary: string, plan: string): Program {
  const settings = [`WIRE_BINARY=${binary}`, `WIRE_PLAN=${plan}`, "CHAOSGATE_TEST_BACK_END=netem"];
  const console = ["con=null", "con0=fd:0,fd:1", "quiet"];
  const root = ["rootfstype=hostfs", "rootflags=/", "ro", "mem=1G"];
  return { argv: [KERNEL, ...root, ...console, `init=${INIT}`, ...settings, "CHAOSGATE_TEST_IN_UML=1"], env: {} };
}

/**
 * Ahead of everything else that runs here, where this user may: a stream sees its wire late whenever the process that is the wire waits
 * for a processor. Measured on two cores with eight busy processes: 10 to 25 % of throughput at 25 ms, and 0.4 % ahead of them.
 */
function aheadOfOthers(argv: readonly string[]): readonly string[] {
  const ahead = ["chrt", "--rr", "1"];
  return spawnSync("chrt", ["--rr", "1", "true"]).status === 0 ? [...ahead, ...argv] : argv;
}

function output({ argv, env }: Program): Promise<string> {
  const [command = "", ...words] = aheadOfOthers(argv);
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(timer);
      resolve(chunks.join(""));
    });
  });
}

function answersOf(text: string, batches: readonly Batch[]): ReadonlyMap<string, Seen> {
  const answers = [...text.matchAll(/wire (\{.*\})\s*$/gm)].map(([, line = ""]) => JSON.parse(line));
  const end = answers.at(-1);
  if (end?.done !== batches.length) throw new Error(`the wire broke off:\n${text.slice(-4000)}`);
  return new Map(answers.slice(0, -1).map(({ id, seen }) => [id, seen]));
}

/** The figure of a cell in the unit of its prediction; null for a pool that never filled. The wire's own round trip is taken off latency. */
export function figureOf(cell: Cell, seen: ReadonlyMap<string, Seen>, baseline: Baseline): number | null {
  if (cell.group === "latency") {
    const key = cell.of === "exchange" ? "exchangeMs" : "connectMs";
    return (median(listOf(answerOf(seen, roundTripsId(cell.delayMs)), key)) - baseline[key]) / 1000;
  }
  const answer = answerOf(seen, nameOf(cell));
  if (cell.group === "transfer") return median(listOf(answer, "seconds"));
  if (cell.group === "saturation") return typeof answer.seconds === "number" ? answer.seconds : null;
  return Number(answer.bytesPerSecond);
}

/** Round trips of the wire without a fault, medians. */
export type Baseline = { readonly exchangeMs: number; readonly connectMs: number };

export function baselineOf(seen: ReadonlyMap<string, Seen>): Baseline {
  const answer = answerOf(seen, roundTripsId(0));
  return { exchangeMs: median(listOf(answer, "exchangeMs")), connectMs: median(listOf(answer, "connectMs")) };
}

/** The release of the kernel that the wire is in. */
export function kernelOf(seen: ReadonlyMap<string, Seen>): string {
  return String(answerOf(seen, "kernel").release);
}

function answerOf(seen: ReadonlyMap<string, Seen>, id: string): Seen {
  const answer = seen.get(id);
  if (answer === undefined) throw new Error(`the wire did not answer ${id}`);
  return answer;
}

function listOf(answer: Seen, key: string): readonly number[] {
  const list = answer[key];
  if (!Array.isArray(list)) throw new Error(`the wire's answer has no list ${key}`);
  return list.map(Number);
}

/** The middle one, and of an even number the lower of the two middle ones. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
