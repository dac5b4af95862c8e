// Chaos for the bot itself: the same story is told twice, once in order and once with deliveries lost, doubled, late and out of
// order and with a GitHub that fails and whose reads stay behind its writes. After the reconciler has looked, both worlds must look the same.

import { afterEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH } from "../../src/channel/protocol.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import type { WebhookEvent } from "../../src/playground/github/world.ts";
import { delayOf, MANIFEST } from "./support/files.ts";
import { createLag, type Lag } from "./support/lag.ts";
import { appComments, checksOf, conclusionOf, planOf } from "./support/look.ts";
import { buildTown, openPullRequest, type Spoil, type Town } from "./support/town.ts";

/** Sixty make more than a thousand deliveries, in make test-full; fewer show the same in a minute. */
const PULL_REQUESTS = process.env.CHAOSGATE_FULL === "1" ? 60 : 24;

let towns: Town[] = [];

afterEach(async () => {
  const violations = towns.flatMap(({ github }) => github.violations);
  await Promise.all(towns.map((town) => town.stop()));
  towns = [];
  expect(violations).toEqual([]);
});

/** mulberry32: the same seed gives the same chaos. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Weather = {
  readonly spoil: Spoil;
  /** Deliveries that were lost, doubled and held back; answers that were refused and that were lost. */
  readonly counts: { lost: number; doubled: number; late: number; limited: number; unanswered: number };
  readonly blow: (town: Town) => void;
  readonly lag: Lag;
  /** Lets go of what was held back, in another order. */
  readonly release: () => void;
  calm: boolean;
};

/** How long a write may stay unseen. Longer than anything that the bot does about one delivery in this town. */
const LAG_MS = 150;

const FAILED = { status: 500, headers: { "content-type": "application/json" }, body: '{"message":"Server Error"}' };
const LIMITED = {
  status: 403,
  headers: { "content-type": "application/json", "retry-after": "1" },
  body: '{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}',
};

function stormOf(seed: number): Weather {
  const random = randomOf(seed);
  const counts = { lost: 0, doubled: 0, late: 0, limited: 0, unanswered: 0 };
  const held: (() => void)[] = [];
  const lag = createLag(random, LAG_MS, 0.3);
  const weather: Weather = {
    counts,
    lag,
    calm: false,
    spoil: (request, answer) => {
      if (weather.calm || request.path.startsWith("/app")) return lag.spoil(request, answer);
      if (random() < 0.01) {
        counts.limited += 1;
        return LIMITED;
      }
      if (request.method !== "POST" || random() >= 0.05) return lag.spoil(request, answer);
      // It is done, and nobody hears that it was.
      counts.unanswered += 1;
      lag.spoil(request, answer);
      return FAILED;
    },
    blow: ({ github }) => {
      const { emit } = github.world;
      github.world.emit = (event: WebhookEvent) => {
        const dice = random();
        if (dice < 0.1) counts.lost += 1;
        else if (dice < 0.25) {
          counts.doubled += 1;
          emit(event);
          emit(event);
        } else if (dice < 0.5) {
          counts.late += 1;
          held.push(() => emit(event));
        } else emit(event);
      };
    },
    release: () => {
      for (const send of held.splice(0).sort(() => random() - 0.5)) send();
    },
  };
  return weather;
}

/** Everybody works on every pull request, in steps; `settle` lets each step come to rest. */
async function tell(town: Town, settle: () => Promise<void>): Promise<readonly PullRequest[]> {
  const { people } = town.github;
  const { repository } = town;
  const pulls: PullRequest[] = [];
  for (let n = 0; n < PULL_REQUESTS; n++) {
    people.push(repository, "ada", { branch: `b${n}`, files: { [MANIFEST]: delayOf(`${100 + n}ms`) } });
    pulls.push(people.openPullRequest(repository, "ada", { title: `Experiment ${n}`, branch: `b${n}` }));
  }
  await settle();
  for (const pull of pulls) people.comment(repository, "dan", pull.number, "/chaos status");
  await settle();
  for (const [n, pull] of pulls.entries()) {
    if (n % 2 === 0)
      people.push(repository, "ada", { branch: pull.head.branch, files: { [MANIFEST]: delayOf(`${500 + n}ms`) } });
  }
  await settle();
  for (const pull of pulls)
    people.comment(repository, "grace", pull.number, `/chaos approve --plan ${planOf(town, pull)}`);
  await settle();
  for (const [n, pull] of pulls.entries()) {
    const plan = planOf(town, pull);
    if (n % 3 === 0)
      people.comment(repository, n % 6 === 0 ? "grace" : "dan", pull.number, `/chaos run --plan ${plan}`);
  }
  await settle();
  return pulls;
}

/** What a reader sees of a pull request in the end, without ids and times. */
function pictureOf(town: Town, pull: PullRequest) {
  const count = (start: string) => appComments(town, pull).filter(({ body }) => body.startsWith(start)).length;
  const runs = town.repository.deployments.filter(({ task, sha }) => task === "chaosgate:run" && sha === pull.headSha);
  return {
    gate: conclusionOf(town, pull, "chaos / gate"),
    gates: checksOf(town, pull, "chaos / gate").length,
    reviews: checksOf(town, pull, "chaos / review").length,
    approvals: checksOf(town, pull, "chaos / approval (grace)").length,
    runChecks: checksOf(town, pull, "chaos / run (staging)").length,
    // Two towns have two runners, whose keys are in the settings and so in the plan.
    planned: planOf(town, pull) !== undefined,
    reviewComments: count("<!-- chaosgate:review -->"),
    replies: count("<!-- chaosgate:reply "),
    runs: runs.length,
    previews: town.repository.deployments.filter(
      ({ task, sha }) => task === "chaosgate:preview" && sha === pull.headSha,
    ).length,
  };
}

/** What GitHub holds against the app's installation. */
function usedOf({ github }: Town): number {
  const [installation] = github.world.installations.values();
  if (installation === undefined) throw new Error("the app is not installed");
  const { app, repositories } = installation;
  return github.limits.left({ kind: "installation", app, permissions: app.permissions, repositories }).used;
}

async function ticketsOf(town: Town): Promise<number> {
  const asked = { clusterId: "cluster-1", runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };
  return ((await town.ask(CLAIMS_PATH, asked)).body as { claims: unknown[] }).claims.length;
}

/** A story of five steps: opened, asked for its state, pushed to (every other), approved, and run (every third). */
const MOST_CALLS = 70;
const MOST_COUNTED = 52;

async function build(spoil?: Spoil): Promise<Town> {
  const town = await buildTown(undefined, spoil);
  town.github.limits.lift();
  towns.push(town);
  return town;
}

describe("the bot in chaos", () => {
  it("comes to the same end as in order, with nothing doubled", { timeout: 400_000 }, async () => {
    const calls = { count: 0, unchanged: 0 };
    const orderly = await build((request, answer) => {
      const answered = answer();
      if (request.path.startsWith("/repos/")) calls.count += 1;
      if (answered.status === 304) calls.unchanged += 1;
      return answered;
    });
    const expected = (await tell(orderly, orderly.quiet)).map((pull) => pictureOf(orderly, pull));
    expect(usedOf(orderly)).toBe(calls.count - calls.unchanged);
    const eachPull = { calls: calls.count / PULL_REQUESTS, counted: (calls.count - calls.unchanged) / PULL_REQUESTS };

    const storm = stormOf(20_261_126);
    const town = await build((request, answer) => storm.spoil(request, answer));
    // The bot's clock goes ahead, so that whatever was told before a look is certainly missed and not on its way.
    town.later(70_000);
    storm.blow(town);
    const untilNothingIsMissed = async () => {
      await town.quiet();
      storm.release();
      await town.quiet();
      await town.reconcile();
      // The storm passes, as every storm does: then one look has to be enough for what is left, and a second finds nothing.
      storm.calm = true;
      for (let look = 0; look < 2; look++) {
        storm.release();
        await town.reconcile();
      }
      storm.calm = false;
      await storm.lag.rest(town.github);
    };
    const pulls = await tell(town, untilNothingIsMissed);
    expect(pulls.map((pull) => pictureOf(town, pull))).toEqual(expected);
    expect(expected.every(({ gates, reviews, reviewComments }) => gates + reviews + reviewComments === 3)).toBe(true);
    storm.calm = true;
    expect(await ticketsOf(town)).toBe(PULL_REQUESTS / 6);
    const counts = { ...storm.counts, ...storm.lag.counts };
    console.log(
      `${town.github.deliveries.length} deliveries, ${JSON.stringify(counts)}; in order ${eachPull.calls.toFixed(1)} API calls a pull request, of which ${eachPull.counted.toFixed(1)} count`,
    );
    expect(eachPull.calls).toBeLessThan(MOST_CALLS);
    expect(eachPull.counted).toBeLessThan(MOST_COUNTED);
    expect(town.github.deliveries.length).toBeGreaterThan(16 * PULL_REQUESTS);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(PULL_REQUESTS / 3);
  });

  it("is not what the test would see of a bot that nobody helps: without a look something stays missing", async () => {
    const town = await build();
    const storm = stormOf(7);
    storm.blow(town);
    const pulls = await tell(town, town.quiet);
    expect(pulls.some((pull) => pictureOf(town, pull).gate === undefined)).toBe(true);
  });

  it("is not what the test would see of a bot that forgets what it wrote before GitHub's lists show it", async () => {
    const doubledAfter = async (ms: number) => {
      const lag = createLag(() => 0, 3_600_000, 1);
      const town = await build((request, answer) => lag.spoil(request, answer));
      await lag.rest(town.github, 0);
      const pull = await openPullRequest(town);
      town.later(ms);
      for (const delivery of [...town.github.deliveries]) town.github.replay(delivery);
      await town.quiet();
      const { gates, reviews, reviewComments, previews } = pictureOf(town, pull);
      return { gates, reviews, reviewComments, previews };
    };
    expect(await doubledAfter(0)).toEqual({ gates: 1, reviews: 1, reviewComments: 1, previews: 1 });
    expect(await doubledAfter(11_000)).toEqual({ gates: 2, reviews: 2, reviewComments: 2, previews: 2 });
  });
});
