import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleInParts } from "../../scripts/bundle.ts";
import { buildTown, openPullRequest, type Town } from "../github/support/town.ts";

const folder = mkdtempSync(join(tmpdir(), "chaosgate-lambda-"));
const file = join(folder, "lambda.mjs");
let town: Town;

beforeAll(async () => {
  await bundleInParts("lambda.ts", file);
  town = await buildTown();
});

afterAll(async () => {
  await town.stop();
  rmSync(folder, { recursive: true });
});

/** A cold start in a fresh process: loads the bundle, hands it one event, and says how long that took. */
const COLD_START = `
const begin = performance.now();
const cpuBefore = process.cpuUsage();
const { handler } = await import(process.argv[1]);
const answer = await handler(JSON.parse(process.env.EVENT));
const { user, system } = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, answeredMs: performance.now() - begin, answer: answer ?? null }));
`;

type ColdStart = {
  /** Processor time from before loading, which does not depend on what else this machine does. */
  readonly cpuMs: number;
  readonly answeredMs: number;
  readonly answer: { statusCode: number } | null;
};

async function coldStart(event: unknown): Promise<ColdStart> {
  const env = { ...town.variables, EVENT: JSON.stringify(event) };
  const argv = ["--input-type=module", "-e", COLD_START, file];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { env, timeout: 20_000 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

function ignored(): unknown {
  const body = JSON.stringify({ zen: "Keep it logically awesome." });
  const signature = `sha256=${createHmac("sha256", town.webhookSecret).update(body).digest("hex")}`;
  return {
    rawPath: "/api/github/webhooks",
    headers: { "x-github-event": "ping", "x-hub-signature-256": signature },
    requestContext: { http: { method: "POST" } },
    body,
    isBase64Encoded: false,
  };
}

it("is a small entry with parts, and what it needs for its first answer is the entry alone", () => {
  expect(readdirSync(folder).sort()).toEqual(["lambda", "lambda.mjs"]);
  expect(statSync(file).size).toBeLessThan(20_000);
});

it("answers its first webhook for a fraction of the work, because the bot is not loaded for it", async () => {
  const { answer, answeredMs, cpuMs } = await coldStart(ignored());
  console.log(`cold start to first answer, webhook: ${answeredMs.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms of CPU`);
  expect(answer?.statusCode).toBe(200);
  expect(cpuMs).toBeLessThan(250);
});

it("does the work of a delivery from cold", async () => {
  const pull = await openPullRequest(town);
  town.repository.checkRuns.length = 0;
  const [installation] = town.github.world.installations.keys();
  const delivery = {
    kind: "pull-request",
    id: "d-1",
    repository: { owner: "acme", name: "shop", installationId: installation },
    action: "opened",
    number: pull.number,
    sender: "ada",
    headSha: pull.headSha,
  };
  const { answer, answeredMs, cpuMs } = await coldStart({ chaosgate: "delivery", delivery });
  console.log(`cold start to a published review: ${answeredMs.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms of CPU`);
  expect(answer).toBeNull();
  expect(town.repository.checkRuns.map(({ name }) => name).sort()).toEqual(["chaos / gate", "chaos / review"]);
});
