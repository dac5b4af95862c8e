import { createAppAuth } from "@octokit/auth-app";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { readBotConfig } from "../../src/config/bot.ts";
import { startBot } from "../../src/entrypoints/bot/start.ts";
import { foldOlderRuns, runMarker } from "../../src/github/comments.ts";
import { type Octokit, octokitFor } from "../../src/github/octokit.ts";
import { openRepository } from "../../src/github/repository.ts";
import { createComment } from "../../src/playground/github/actions/comments.ts";
import { appComments, conclusionOf, say } from "./support/look.ts";
import { APP_ID, buildTown, freePort, openPullRequest, type Town } from "./support/town.ts";

let town: Town;

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

const PLACES = [
  // https://HOST/api/v3
  { name: "a GitHub Enterprise Server", apiRoot: "/api/v3", other: "" },
  // https://api.github.com, https://api.SUBDOMAIN.ghe.com
  { name: "GitHub, or its data residency", apiRoot: "", other: "/api/v3" },
] as const;

describe.each(PLACES)("on $name", ({ apiRoot, other }) => {
  it("a pull request is reviewed, a command answered once, and lists are read beyond their first page", async () => {
    town = await buildTown(undefined, undefined, apiRoot);
    const pull = await openPullRequest(town);
    expect(conclusionOf(town, pull, "chaos / gate")).toBe("action_required");
    for (let n = 0; n < 110; n++) town.github.people.comment(town.repository, "ada", pull.number, `word ${n}`);
    await town.quiet();
    expect(await say(town, "grace", pull, "/chaos status")).toContain("plan");
    for (const delivery of [...town.github.deliveries]) town.github.replay(delivery);
    await town.quiet();
    expect(appComments(town, pull)).toHaveLength(2);
  });

  it("comments of earlier runs are folded away by GraphQL, which is not below the root of REST", async () => {
    town = await buildTown(undefined, undefined, apiRoot);
    const pull = await openPullRequest(town);
    const [installation] = town.github.world.installations.values();
    if (installation === undefined) throw new Error("the app is not installed");
    const { app, id } = installation;
    const byApp = { user: app.bot, app };
    const old = createComment(town.github.world, town.repository, pull, byApp, `${runMarker("a-0")}\nan old run`);
    const Client = octokitFor({ throttle: false });
    const auth = { appId: APP_ID, privateKey: town.variables.CHAOSGATE_APP_KEY, installationId: id };
    const baseUrl = town.variables.CHAOSGATE_GITHUB_API_URL;
    const octokit = new Client({ baseUrl, authStrategy: createAppAuth, auth } as never) as unknown as Octokit;
    const self = { appId: APP_ID, login: app.bot.login };
    const repository = await openRepository(octokit, self, { owner: "acme", name: "shop", installationId: id });
    await foldOlderRuns(repository, pull.number, "b-0");
    expect(old.minimized).toBe("outdated");
    await town.quiet();
  });

  it("a bot that was told the other root does not start", async () => {
    town = await buildTown(undefined, undefined, apiRoot);
    const port = await freePort();
    const { baseUrl } = town.github.world;
    const variables = {
      ...town.variables,
      CHAOSGATE_GITHUB_API_URL: `${baseUrl}${other}`,
      CHAOSGATE_LISTEN: `127.0.0.1:${port}`,
    };
    await expect(startBot(readBotConfig(variables), pino({ level: "silent" }))).rejects.toThrow();
  });
});
