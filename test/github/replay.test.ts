import { createHmac, randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH } from "../../src/channel/protocol.ts";
import { readBotConfig } from "../../src/config/bot.ts";
import { startBot } from "../../src/entrypoints/bot/start.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import { appComments, deploymentsOf, planOf, say } from "./support/look.ts";
import { buildTown, openPullRequest, type Town } from "./support/town.ts";

let town: Town;
let pull: PullRequest;

beforeEach(async () => {
  town = await buildTown();
  pull = await openPullRequest(town);
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

/** The delivery of the newest comment that somebody wrote; the app's own comments are delivered too. */
function commentDelivery(login: string) {
  const found = town.github.deliveries.findLast(({ event, body }) => {
    return event === "issue_comment" && JSON.parse(body).comment.user.login === login;
  });
  if (found === undefined) throw new Error(`no comment of ${login} was delivered`);
  return found;
}

const CLAIMS = { clusterId: "cluster-1", runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };

async function ticketsHandedOut(): Promise<number> {
  const { body } = await town.ask(CLAIMS_PATH, CLAIMS);
  return (body as { claims: unknown[] }).claims.length;
}

describe("one comment runs once", () => {
  beforeEach(async () => {
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
  });

  it("when its delivery is sent again", async () => {
    const comments = appComments(town, pull).length;
    town.github.redeliver(commentDelivery("grace"));
    await town.quiet();
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
    expect(appComments(town, pull)).toHaveLength(comments);
  });

  it("when its body is replayed with fresh headers", async () => {
    town.github.replay(commentDelivery("grace"));
    await town.quiet();
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
    expect(await ticketsHandedOut()).toBe(1);
  });

  it("when its body is replayed and the answer was deleted meanwhile", async () => {
    const marked = appComments(town, pull).find(({ body }) => body.startsWith("<!-- chaosgate:reply"));
    pull.comments.splice(
      pull.comments.findIndex(({ id }) => id === marked?.id),
      1,
    );
    town.github.replay(commentDelivery("grace"));
    await town.quiet();
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
  });

  it("but a second comment of the same words runs again", async () => {
    await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);
    expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(2);
  });
});

it("runs once when two bots take the same delivery at the same moment", async () => {
  const variables = { ...town.variables, CHAOSGATE_LISTEN: "127.0.0.1:0" };
  const second = await startBot(readBotConfig(variables), pino({ level: "silent" }));
  await say(town, "dan", pull, "/chaos help");
  const body = replaceComment(town, pull, `/chaos run --plan ${planOf(town, pull)}`);
  await Promise.all([town.bot, second].map(({ address }) => deliver(address, body, town.webhookSecret)));
  await Promise.all([town.quiet(), second.idle()]);
  expect(await ticketsHandedOut()).toBe(1);
  await second.stop();
});

it("hears nothing that is signed with another secret, and nothing that is not signed", async () => {
  const body = replaceComment(town, pull, `/chaos run --plan ${planOf(town, pull)}`);
  const wrong = await deliver(town.bot.address, body, "another secret that is long enough to be one");
  const without = await deliver(town.bot.address, body, undefined);
  await town.quiet();
  expect([wrong, without].every((status) => status >= 400)).toBe(true);
  expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
});

it("hears nothing that GitHub does not confirm: a comment that says something else by now", async () => {
  await say(town, "dan", pull, "/chaos help");
  const payload = JSON.parse(commentDelivery("dan").body);
  payload.comment.body = `/chaos run --plan ${planOf(town, pull)}`;
  payload.comment.user.login = "grace";
  payload.sender.login = "grace";
  payload.comment.id = town.github.people.comment(town.repository, "grace", pull.number, "nothing to see").id;
  await deliver(town.bot.address, JSON.stringify(payload), town.webhookSecret);
  await town.quiet();
  expect(deploymentsOf(town, "chaosgate:run")).toEqual([]);
});

/** Writes grace's comment without delivering it, and makes the body of its delivery from an earlier one. */
function replaceComment({ github, repository }: Town, { number }: PullRequest, text: string): string {
  const [installation] = github.world.installations.values();
  const emit = github.world.emit;
  github.world.emit = () => {};
  const comment = github.people.comment(repository, "grace", number, text);
  github.world.emit = emit;
  return JSON.stringify({
    action: "created",
    issue: { number, pull_request: {} },
    comment: {
      id: comment.id,
      node_id: `IC_${comment.id}`,
      body: text,
      created_at: new Date(comment.createdAt).toISOString(),
      user: { login: "grace", type: "User" },
    },
    repository: { name: "shop", owner: { login: "acme" } },
    installation: { id: installation?.id },
    sender: { login: "grace", type: "User" },
  });
}

async function deliver(address: string, body: string, secret: string | undefined): Promise<number> {
  const signature =
    secret === undefined
      ? {}
      : { "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}` };
  const headers = {
    "content-type": "application/json",
    "x-github-event": "issue_comment",
    "x-github-delivery": randomUUID(),
    ...signature,
  };
  return (await fetch(`${address}/api/github/webhooks`, { method: "POST", headers, body })).status;
}
