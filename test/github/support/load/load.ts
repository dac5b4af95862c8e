// Many pull requests at once: a stand-in of GitHub with its limits on, the bot as a process of its own, and a thread that sends the
// webhooks. Both sides live by one clock that goes faster than the wall's, so that an hour of GitHub's limits takes minutes; what is
// measured of the bot's answers is the wall's time.

import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Clock } from "../../../../src/clock.ts";
import { type Part, startPart } from "../../../../src/entrypoints/playground/part.ts";
import type { PullRequest, Repository } from "../../../../src/playground/github/repository.ts";
import { serveStandIn } from "../../../../src/playground/github/serve.ts";
import { createStandIn, type StandIn } from "../../../../src/playground/github/stand-in.ts";
import type { Post } from "../../../../src/playground/github/webhooks/deliver.ts";
import type { Delivery, Installation } from "../../../../src/playground/github/world.ts";
import { runnerKey } from "../../../channel/runner-key.ts";
import { delayOf, settingsFor } from "../files.ts";
import { APP_ID, appManifest, freePort, ticketKey } from "../town.ts";
import type { Letter, Receipt } from "./hookshot.ts";
import { quickClock } from "./quick-clock.ts";

export type Load = {
  readonly pulls: number;
  readonly manifests: number;
  /** How many times faster than the wall's the clock goes. */
  readonly times: number;
  readonly habit?: "real" | "works-first" | "hoards";
  /** Whether the bot keeps GitHub's limits. */
  readonly throttle?: "on" | "off";
  /** GitHub's limit, and for how many minutes of its hour nothing was asked when the load comes. */
  readonly requestsPerHour?: number;
  readonly minutesGone?: number;
  /** What somebody says on the last pull request as soon as the first one has been reviewed. */
  readonly says?: string;
  /** By the wall's clock. */
  readonly withinMs: number;
};

export type Figures = {
  readonly deliveries: number;
  readonly unacknowledged: number;
  readonly acknowledgedMs: { readonly p50: number; readonly p99: number; readonly most: number };
  readonly reviewed: number;
  readonly calls: number;
  /** What GitHub holds against the installation in its hour of now. */
  readonly counted: number;
  /** Requests that a limit of GitHub refused. */
  readonly refused: { readonly primary: number; readonly secondary: number };
  /** Most requests within any minute and hour of GitHub's. */
  readonly busiest: { readonly requestsPerHour: number; readonly writesPerMinute: number };
  readonly githubSeconds: number;
  readonly wallSeconds: number;
  readonly peakMb: number;
  /** From what somebody said to its answer, and how many pull requests were reviewed by then. */
  readonly answered?: { readonly githubSeconds: number; readonly reviewedByThen: number };
};

type Call = { readonly at: number; readonly writes: boolean; readonly counts: boolean };

/** Plays a load to its end, or to `withinMs`, and says what was seen. */
export async function playLoad(load: Load): Promise<Figures> {
  const goBack = goAhead();
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-load-"));
  const mail = createMail();
  const town = await openTown(load, mail.post);
  const bot = await startBotProcess(town, load, folder);
  try {
    const pulls = openAll(town, load);
    const began = { wall: performance.now(), github: town.clock.now() };
    mail.release();
    const answered =
      load.says === undefined ? undefined : sayAndWait(town, pulls, load.says, load.withinMs).catch(() => undefined);
    const isDone = () => pulls.every((pull) => isReviewed(town, pull));
    // A load that is not done in time is a finding and not an accident: the figures say how far it came.
    await town.github.waitFor("all reviewed", isDone, load.withinMs).catch(() => undefined);
    const githubSeconds = (town.clock.now() - began.github) / 1000;
    const wallSeconds = (performance.now() - began.wall) / 1000;
    const said = await answered;
    await mail.arrived();
    return {
      ...mail.figures(),
      reviewed: pulls.filter((pull) => isReviewed(town, pull)).length,
      calls: town.calls.length,
      counted: town.calls.filter(({ counts }) => counts).length,
      refused: { ...town.github.limits.refused },
      busiest: busiestOf(town.calls),
      githubSeconds: Math.round(githubSeconds),
      wallSeconds: Math.round(wallSeconds * 10) / 10,
      peakMb: peakMbOf(bot.pid),
      ...(said !== undefined && { answered: said }),
    };
  } finally {
    await bot.stop("SIGKILL");
    await town.close();
    await mail.close();
    rmSync(folder, { recursive: true });
    goBack();
  }
}

/** Lets this process and those that it starts run ahead of others, where it may: what is measured is the bot, not its neighbours. */
function goAhead(): () => void {
  const pid = String(process.pid);
  const set = (policy: string, priority: string) =>
    spawnSync("chrt", ["--all-tasks", policy, "--pid", priority, pid]).status === 0;
  const may = set("--rr", "1");
  return () => void (may && set("--other", "0"));
}

type Town = {
  readonly github: StandIn;
  readonly repository: Repository;
  readonly clock: Clock;
  readonly startedAt: number;
  readonly calls: Call[];
  readonly variables: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
};

/** Made once: an RSA key takes longer than everything else here. */
const app = generateKeyPairSync("rsa", { modulusLength: 2048 });

async function openTown(load: Load, post: Post): Promise<Town> {
  const startedAt = Date.now();
  const quick = quickClock(startedAt, load.times);
  let behindMs = (load.minutesGone ?? 0) * 60_000;
  const clock = { ...quick, now: () => quick.now() - behindMs };
  const github = createStandIn({ clock, post });
  const calls: Call[] = [];
  const handle = github.handle;
  const serving = await serveStandIn({
    ...github,
    handle: (request) => {
      const answer = handle(request);
      const counts = answer.status !== 304;
      if (request.path.startsWith("/repos/")) calls.push({ at: clock.now(), writes: request.method !== "GET", counts });
      return answer;
    },
  });
  const files = { "README.md": "shop\n", ".github/chaosgate.yml": settingsFor(runnerKey().x) };
  const repository = github.createRepository({ fullName: "acme/shop", private: true, files });
  github.people.addCollaborator(repository, "ada", "write");
  const port = await freePort();
  const secret = "a webhook secret of forty-two characters..";
  const webhookUrl = `http://127.0.0.1:${port}/api/github/webhooks`;
  const install = { appId: APP_ID, publicKey: app.publicKey, webhookUrl, secret, ...appManifest() };
  const installation = github.installApp({ ...install, repositories: [repository] });
  github.limits.requestsPerHour = load.requestsPerHour ?? github.limits.requestsPerHour;
  github.limits.count(actorOf(installation), { writes: false, tells: false });
  behindMs = 0;
  const variables = {
    CHAOSGATE_APP_ID: String(APP_ID),
    CHAOSGATE_APP_KEY: app.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    CHAOSGATE_WEBHOOK_SECRET: secret,
    CHAOSGATE_TICKET_KEY: JSON.stringify(ticketKey()),
    CHAOSGATE_GITHUB_API_URL: serving.apiUrl,
    CHAOSGATE_GITHUB_THROTTLE: load.throttle ?? "on",
    CHAOSGATE_RECONCILE_SECONDS: "0",
    CHAOSGATE_LISTEN: `127.0.0.1:${port}`,
  };
  return { github, repository, clock, startedAt, calls, variables, close: serving.close };
}

function actorOf({ app, repositories }: Installation) {
  return { kind: "installation", app, permissions: app.permissions, repositories } as const;
}

async function startBotProcess({ startedAt, variables }: Town, load: Load, folder: string): Promise<Part> {
  const argv = [
    join(import.meta.dirname, "bot-process.ts"),
    String(startedAt),
    String(load.times),
    load.habit ?? "real",
  ];
  const bot = startPart({
    name: "bot",
    argv: [process.execPath, ...argv],
    env: variables,
    logFile: join(folder, "bot.log"),
  });
  await bot.said(/the bot listens/);
  return bot;
}

/** Every branch is pushed and every pull request opened while no webhook has left yet. */
function openAll({ github, repository }: Town, { pulls, manifests }: Load): readonly PullRequest[] {
  return Array.from({ length: pulls }, (_, n) => {
    const files = Object.fromEntries(
      Array.from({ length: manifests }, (_, m) => [
        `chaos/${n}/${m}.yaml`,
        delayOf(`${100 + n}ms`).replace("name: delay", `name: delay-${n}-${m}`),
      ]),
    );
    github.people.push(repository, "ada", { branch: `b${n}`, files });
    return github.people.openPullRequest(repository, "ada", { title: `Experiments ${n}`, branch: `b${n}` });
  });
}

/** The gate has concluded, the review's check has, and its comment is there: once each. */
function isReviewed({ repository }: Town, pull: PullRequest): boolean {
  const own = repository.checkRuns.filter(({ headSha }) => headSha === pull.headSha);
  const names = own.filter(({ status, conclusion }) => status === "completed" && conclusion !== "failure");
  const comments = pull.comments.filter(({ body }) => body.startsWith("<!-- chaosgate:review -->"));
  return own.length === 2 && names.length === 2 && comments.length === 1;
}

async function sayAndWait(town: Town, pulls: readonly PullRequest[], text: string, withinMs: number) {
  const { github, repository, clock } = town;
  await github.waitFor("the first review", () => pulls.some((pull) => isReviewed(town, pull)), withinMs);
  const last = pulls.at(-1) as PullRequest;
  const said = github.people.comment(repository, "ada", last.number, text);
  const saidAt = clock.now();
  const marker = `<!-- chaosgate:reply ${said.id} -->`;
  await github.waitFor("the answer", () => last.comments.some(({ body }) => body.startsWith(marker)), withinMs);
  const reviewedByThen = pulls.filter((pull) => isReviewed(town, pull)).length;
  return { githubSeconds: Math.round((clock.now() - saidAt) / 1000), reviewedByThen };
}

/** Keeps webhooks until they are released, and has each sent by another thread. */
function createMail() {
  const worker = new Worker(new URL("./hookshot.ts", import.meta.url));
  const held: Letter[] = [];
  const waiting = new Map<number, (receipt: Receipt) => void>();
  const receipts: Receipt[] = [];
  let released = false;
  worker.on("message", (receipt: Receipt) => {
    receipts.push(receipt);
    waiting.get(receipt.id)?.(receipt);
  });
  const post: Post = ({ id, app, headers, body }: Delivery) => {
    const letter = { id, url: app.webhook.url, headers, body };
    if (released) worker.postMessage([letter]);
    else held.push(letter);
    return new Promise((resolve, reject) =>
      waiting.set(id, ({ status }) => {
        waiting.delete(id);
        if (status === 0) reject(new Error("nobody answered in time"));
        else resolve({ status, answer: "" });
      }),
    );
  };
  return {
    post,
    release: () => {
      released = true;
      worker.postMessage(held);
    },
    figures: () => {
      const good = receipts.filter(({ status }) => status >= 200 && status < 300);
      const times = good.map(({ ms }) => ms).sort((a, b) => a - b);
      const at = (share: number) => Math.round((times[Math.ceil(share * times.length) - 1] ?? Number.NaN) * 10) / 10;
      const unacknowledged = receipts.length + waiting.size - good.length;
      const acknowledgedMs = { p50: at(0.5), p99: at(0.99), most: at(1) };
      return { deliveries: receipts.length + waiting.size, unacknowledged, acknowledgedMs };
    },
    arrived: async () => {
      // GitHub hangs up by itself.
      while (waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    close: () => worker.terminate(),
  };
}

function busiestOf(calls: readonly Call[]): Figures["busiest"] {
  const counted = calls.filter(({ counts }) => counts).map(({ at }) => at);
  const writes = calls.filter(({ writes }) => writes).map(({ at }) => at);
  return { requestsPerHour: mostWithin(counted, 3_600_000), writesPerMinute: mostWithin(writes, 60_000) };
}

/** The most of them that lie within any window of that length. */
function mostWithin(times: readonly number[], windowMs: number): number {
  let [first, most] = [0, 0];
  for (const [last, at] of times.entries()) {
    while (at - (times[first] ?? at) >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** The most memory that the process ever had resident, as its kernel says. */
function peakMbOf(pid: number): number {
  const [, kilobytes = "NaN"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
