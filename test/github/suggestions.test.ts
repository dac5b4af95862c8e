import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBotConfig } from "../../src/config/bot.ts";
import { startBot } from "../../src/entrypoints/bot/start.ts";
import type { PullRequest, Review } from "../../src/playground/github/repository.ts";
import { delayOf, EXPERIMENT, MANIFEST } from "./support/files.ts";
import { checksOf, conclusionOf } from "./support/look.ts";
import { APP_ID, buildTown, openPullRequest, type Town } from "./support/town.ts";

let town: Town;

beforeEach(async () => {
  town = await buildTown();
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

const LATENCY = "    latency: 100ms";
const MISTAKE = delayOf("100ms").replace('value: "30"', "value: 30");
const MISTAKEN = { [MANIFEST]: MISTAKE };
const LINE = MISTAKE.split("\n").findIndex((line) => line.includes("value: 30")) + 1;

function suggestionsOf({ reviews }: PullRequest): readonly Review[] {
  return reviews.filter(({ by }) => by.app?.id === APP_ID);
}

async function push(files: Readonly<Record<string, string>>): Promise<void> {
  town.github.people.push(town.repository, "ada", { branch: "experiment", files });
  await town.quiet();
}

async function rerequest(pull: PullRequest): Promise<void> {
  const [check] = checksOf(town, pull, "chaos / review");
  town.github.people.rerequest(town.repository, "dan", check?.id ?? 0);
  await town.quiet();
}

function redeliverOpened(): void {
  const opened = town.github.deliveries.find(({ event, action }) => event === "pull_request" && action === "opened");
  if (opened === undefined) throw new Error("no pull request was delivered");
  town.github.redeliver(opened);
  town.github.replay(opened);
}

describe("a fix that is certain", () => {
  it("is suggested at its line, in a review of the head that decides nothing", async () => {
    const pull = await openPullRequest(town, MISTAKEN);
    const [review, ...more] = suggestionsOf(pull);
    expect(more).toEqual([]);
    expect(review).toMatchObject({ state: "COMMENTED", commitSha: pull.headSha });
    expect(review?.comments).toMatchObject([{ path: MANIFEST, line: LINE, side: "RIGHT" }]);
    expect(review?.comments[0]?.body).toMatch(/```suggestion\n {2}value: '30'\n```$/);
  });

  it("makes the manifest valid when it is committed as it is written", async () => {
    const pull = await openPullRequest(town, MISTAKEN);
    const [comment] = suggestionsOf(pull)[0]?.comments ?? [];
    const [, replacement = ""] = /```suggestion\n(.*)\n```$/s.exec(comment?.body ?? "") ?? [];
    const lines = MISTAKE.split("\n");
    lines.splice(LINE - 1, 1, replacement);
    await push({ [MANIFEST]: lines.join("\n") });
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("action_required");
    expect(suggestionsOf(pull)).toHaveLength(1);
  });

  it("is suggested to a fork too", async () => {
    const { github, repository, quiet } = town;
    const fork = github.fork(repository, "ada");
    github.people.push(fork, "ada", { branch: "experiment", files: MISTAKEN });
    const from = { title: "From afar", branch: "experiment", from: fork };
    const pull = github.people.openPullRequest(repository, "ada", from);
    await quiet();
    expect(suggestionsOf(pull)).toHaveLength(1);
  });

  it("is not suggested where there is nothing to mend", async () => {
    expect(suggestionsOf(await openPullRequest(town, EXPERIMENT))).toEqual([]);
  });

  it("outside the diff is left to the check, where GitHub would refuse the comment", async () => {
    const { github, repository } = town;
    github.people.push(repository, "olga", { branch: "main", files: MISTAKEN });
    const pull = await openPullRequest(town, { [MANIFEST]: MISTAKE.replace(LATENCY, "    latency: 200ms") });
    expect(suggestionsOf(pull)).toEqual([]);
    const annotations = checksOf(town, pull, "chaos / review").flatMap((run) => run.annotations);
    expect(annotations).toContainEqual(expect.objectContaining({ path: MANIFEST, startLine: LINE }));
    expect(await statusOfReviewAt(pull, LINE)).toBe(422);
    expect(await statusOfReviewAt(pull, MISTAKE.split("\n").indexOf(LATENCY) + 1)).toBe(200);
  });
});

/** Comments on a line as ada. */
async function statusOfReviewAt({ number }: PullRequest, line: number): Promise<number> {
  const { people, world } = town.github;
  const comments = [{ path: MANIFEST, line, side: "RIGHT", body: "here" }];
  const answer = await fetch(`${world.baseUrl}/api/v3/repos/acme/shop/pulls/${number}/reviews`, {
    method: "POST",
    headers: { authorization: `token ${people.token("ada")}`, "content-type": "application/json" },
    body: JSON.stringify({ event: "COMMENT", body: "look", comments }),
  });
  return answer.status;
}

describe("a fix is said once", () => {
  it("when deliveries are repeated, the check is asked for again, and the bot was restarted", async () => {
    const pull = await openPullRequest(town, MISTAKEN);
    redeliverOpened();
    await town.quiet();
    await rerequest(pull);
    await town.bot.stop();
    const port = new URL(town.bot.address).port;
    const variables = { ...town.variables, CHAOSGATE_LISTEN: `127.0.0.1:${port}` };
    const second = await startBot(readBotConfig(variables), pino({ level: "silent" }));
    await rerequest(pull);
    await second.idle();
    expect(suggestionsOf(pull)).toHaveLength(1);
    await second.stop();
  });

  it("because of its marker: without the review, a repeated delivery says it again", async () => {
    const pull = await openPullRequest(town, MISTAKEN);
    pull.reviews.length = 0;
    redeliverOpened();
    await town.quiet();
    expect(suggestionsOf(pull).length).toBeGreaterThan(0);
  });

  it("and not again by a commit that leaves its line alone", async () => {
    const pull = await openPullRequest(town, MISTAKEN);
    await push({ [MANIFEST]: MISTAKE.replace(LATENCY, "    latency: 200ms") });
    expect(suggestionsOf(pull)).toHaveLength(1);
  });

  it("but again, for the new head, when its line was written anew", async () => {
    const pull = await openPullRequest(town, MISTAKEN);
    await push({ [MANIFEST]: MISTAKE.replace("value: 30", "value: 31") });
    expect(suggestionsOf(pull).map(({ comments }) => comments.length)).toEqual([1, 1]);
    expect(suggestionsOf(pull)[1]?.commitSha).toBe(pull.headSha);
  });

  it("whatever other people write into their reviews", async () => {
    const { github, repository } = town;
    const pull = await openPullRequest(town, EXPERIMENT);
    const { sha } = github.people.push(repository, "ada", { branch: "experiment", files: MISTAKEN });
    github.people.review(repository, "dan", pull.number, "COMMENTED", `<!-- chaosgate:suggestions ${sha} -->`);
    await town.quiet();
    expect(suggestionsOf(pull)).toHaveLength(1);
  });
});
