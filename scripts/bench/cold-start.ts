// Measures the Lambda function from the start of its process to the answer of its first event, beside a bare Probot app that is
// bundled by the same means and is given the same signed delivery: each start a process of its own, in turn, medians. The platform
// adds its own time to both. Run by `make bench-cold-start`, which writes .bench/cold-start.json.

import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { buildTown, openPullRequest, type Town } from "../../test/github/support/town.ts";
import { bundleInParts } from "../bundle.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const RUNS = 20;
/** The acceptance's bound on the median, for a delivery that is answered. */
const MOST_MS = 300;

/** Loads a bundle, hands it one event, and says how long ago the process was started: `performance.now` counts from there. */
const COLD_START = `
const { handler } = await import(process.argv[1]);
const answer = await handler(JSON.parse(process.env.EVENT));
const ms = performance.now();
console.log(JSON.stringify({ ms, status: answer?.statusCode ?? 0 }));
process.exit();
`;

type Start = { readonly ms: number; readonly status: number };
type Candidate = {
  readonly file: string;
  readonly event: unknown;
  readonly status: number;
  readonly before?: () => void;
};

const folder = mkdtempSync(join(tmpdir(), "bench-cold-start-"));
const town = await buildTown();
// Twenty reviews of one pull request within a minute are this bench's doing.
town.github.limits.lift();
const lambda = createServer((request, response) => request.resume().on("end", () => response.writeHead(202).end()));
try {
  await new Promise<void>((done) => lambda.listen(0, "127.0.0.1", done));
  const figures = await measureAll(town);
  mkdirSync(resolve(ROOT, ".bench"), { recursive: true });
  writeFileSync(resolve(ROOT, ".bench/cold-start.json"), `${JSON.stringify(figures, undefined, 2)}\n`);
  console.log(JSON.stringify(figures.medianMs), "(.bench/cold-start.json)");
  if (!(figures.medianMs.answered <= MOST_MS)) {
    console.error(`the median of a cold start to an answered delivery is over ${MOST_MS} ms`);
    process.exitCode = 1;
  }
} finally {
  lambda.close();
  await town.stop();
  rmSync(folder, { recursive: true });
}

async function measureAll(town: Town) {
  const ours = join(folder, "chaosgate", "lambda.mjs");
  const bare = join(folder, "probot", "bare-probot.mjs");
  const bytes = {
    chaosgate: await bundleInParts("lambda.ts", ours),
    chaosgateUntilAnswered: statSync(ours).size,
    probot: await bundleInParts(join(import.meta.dirname, "github/bare-probot.ts"), bare),
  };
  const pull = await openPullRequest(town);
  // From here on nobody but the function works on anything.
  await town.bot.stop();
  const delivered = town.github.deliveries.findLast(({ event }) => event === "pull_request");
  if (delivered === undefined) throw new Error("the pull request was not delivered");
  const url = urlEvent(delivered.headers, delivered.body);
  const [installationId = 0] = town.github.world.installations.keys();
  const repository = { owner: "acme", name: "shop", installationId };
  const common = { kind: "pull-request", id: "d-1", action: "opened", number: pull.number, sender: "ada" };
  const work = { chaosgate: "delivery", delivery: { ...common, repository, headSha: pull.headSha } };
  const forget = () => {
    town.repository.checkRuns.length = 0;
    town.repository.deployments.length = 0;
    pull.comments.length = 0;
  };
  const times = await inTurn({
    answered: { file: ours, event: url, status: 202 },
    bareProbot: { file: bare, event: url, status: 200 },
    reviewed: { file: ours, event: work, status: 0, before: forget },
  });
  const names = town.repository.checkRuns.map(({ name }) => name).sort();
  if (names.join() !== "chaos / gate,chaos / review")
    throw new Error(`the function published ${names.join() || "nothing"}`);
  const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, node: process.version };
  const medianMs = mapped(times, median);
  return { runs: RUNS, medianMs, slowestMs: mapped(times, (all) => Math.max(...all)), bytes, machine };
}

/** In turn, so that whatever else the machine does meets all; the first round only brings the files into memory. */
async function inTurn<Name extends string>(candidates: Readonly<Record<Name, Candidate>>) {
  const names = Object.keys(candidates) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let run = 0; run <= RUNS; run++) {
    for (const name of names) {
      const { file, event, status, before } = candidates[name];
      before?.();
      const start = await coldStart(file, event);
      if (start.status !== status) throw new Error(`${name} answered ${start.status} and not ${status}`);
      if (run > 0) times[name].push(start.ms);
    }
  }
  return times;
}

async function coldStart(file: string, event: unknown): Promise<Start> {
  const { port } = lambda.address() as AddressInfo;
  const platform = {
    AWS_REGION: "eu-central-1",
    AWS_LAMBDA_FUNCTION_NAME: "chaosgate",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}`,
  };
  const env = { ...town.variables, ...platform, EVENT: JSON.stringify(event) };
  const argv = ["--input-type=module", "-e", COLD_START, file];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env, timeout: 20_000 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

function urlEvent(headers: Readonly<Record<string, string>>, body: string) {
  const signature = `sha256=${createHmac("sha256", town.webhookSecret).update(body).digest("hex")}`;
  return {
    rawPath: "/api/github/webhooks",
    headers: { ...headers, "x-hub-signature-256": signature },
    requestContext: { http: { method: "POST" } },
    body,
    isBase64Encoded: false,
  };
}

function mapped<Name extends string>(times: Readonly<Record<Name, number[]>>, of: (all: readonly number[]) => number) {
  const entries = Object.entries<number[]>(times).map(([name, all]) => [name, Math.round(of(all) * 10) / 10]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2;
}
