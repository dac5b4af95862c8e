import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBotConfig } from "../../src/config/bot.ts";
import { type RunningBot, startBot } from "../../src/entrypoints/bot/start.ts";
import { type Emulate, startEmulate } from "../playground/emulate.ts";
import { BROKEN, delayOf, EXPERIMENT, MANIFEST, settingsFor } from "./support/files.ts";
import { freePort, ticketKey } from "./support/town.ts";

// The GitHub part of the story against somebody else's GitHub. It has no deployments, so nothing can be handed over: the settings
// pin no cluster, and what is shown is the review, the gate, and a run that is refused with its reason.

const APP_ID = 7;
const SECRET = "a webhook secret of forty-two characters..";

let emulate: Emulate;
let bot: RunningBot;

beforeAll(async () => {
  const port = await freePort();
  const settings = settingsFor("unused").replace(/^ {4}(cluster|runnerKey): .*\n/gm, "");
  emulate = await startEmulate({
    appId: APP_ID,
    webhookUrl: `http://127.0.0.1:${port}/api/github/webhooks`,
    webhookSecret: SECRET,
    files: { ".github/chaosgate.yml": settings },
  });
  const config = readBotConfig({
    CHAOSGATE_APP_ID: String(APP_ID),
    CHAOSGATE_APP_KEY: emulate.privateKey,
    CHAOSGATE_WEBHOOK_SECRET: SECRET,
    CHAOSGATE_TICKET_KEY: JSON.stringify(ticketKey()),
    CHAOSGATE_GITHUB_API_URL: emulate.apiUrl,
    CHAOSGATE_GITHUB_THROTTLE: "off",
    CHAOSGATE_LISTEN: `127.0.0.1:${port}`,
  });
  bot = await startBot(config, pino({ level: process.env.CHAOSGATE_TEST_LOG ?? "silent" }));
});

afterAll(async () => {
  await bot.stop();
  await emulate.close();
});

/** What stands at a path under the repository as soon as it satisfies; emulate tells nobody when something changes. */
async function eventually<T>(path: string, find: (answer: Record<string, unknown>) => T | undefined): Promise<T> {
  let found: T | undefined;
  const look = async () => {
    found = find(await emulate.as("mia", "GET", `/repos/${emulate.owner}/${emulate.repo}${path}`));
    return found;
  };
  await expect.poll(look, { timeout: 10_000 }).toBeDefined();
  return found as T;
}

type Run = { readonly name: string; readonly conclusion: string | null };

async function gateOf(branch: string): Promise<string> {
  return eventually(`/commits/${branch}/check-runs`, (answer) => {
    const runs = (answer.check_runs ?? []) as Run[];
    return runs.find(({ name }) => name === "chaos / gate")?.conclusion ?? undefined;
  });
}

function commentOf(number: number, text: string): Promise<string> {
  return eventually(`/issues/${number}/comments`, (answer) => {
    const bodies = Object.values(answer).map((comment) => (comment as { body?: string } | null)?.body ?? "");
    return bodies.find((body) => body.includes(text));
  });
}

describe("on somebody else's GitHub", () => {
  it("a broken manifest fails the gate and is explained in a comment", async () => {
    const number = await emulate.openPullRequest("broken", BROKEN);
    expect(await gateOf("broken")).toBe("failure");
    expect(await commentOf(number, "<!-- chaosgate:review -->")).toContain("spec.value");
  });

  it("a fix that is certain is suggested at its line, once", async () => {
    const unquoted = { [MANIFEST]: delayOf("100ms").replace('value: "30"', "value: 30") };
    const number = await emulate.openPullRequest("unquoted", unquoted);
    const said = await eventually(`/pulls/${number}/comments`, (answer) => {
      const comments = Object.values(answer) as { readonly path: string; readonly body: string }[];
      return comments.length > 0 ? comments : undefined;
    });
    expect(said.map(({ path }) => path)).toEqual([MANIFEST]);
    expect(said[0]?.body).toContain("```suggestion\n  value: '30'\n```");
    await emulate.as("mia", "POST", `/repos/${emulate.owner}/${emulate.repo}/issues/${number}/comments`, {
      body: "/chaos plan",
    });
    expect(await commentOf(number, "<!-- chaosgate:reply")).toBeDefined();
    await bot.idle();
    const reviews = await emulate.as("mia", "GET", `/repos/${emulate.owner}/${emulate.repo}/pulls/${number}/reviews`);
    expect(Object.values(reviews)).toHaveLength(1);
  });

  it("a good one is reviewed, and a run where no cluster is pinned is refused with the reason", async () => {
    const number = await emulate.openPullRequest("good", EXPERIMENT);
    expect(await gateOf("good")).toBe("success");
    const path = `/repos/${emulate.owner}/${emulate.repo}/issues/${number}/comments`;
    await emulate.as("mia", "POST", path, { body: "/chaos run" });
    expect(await commentOf(number, "**Refused:**")).toContain("`environment-pinned`");
  });

  it("a command on a plain issue is nobody's", async () => {
    const repository = `/repos/${emulate.owner}/${emulate.repo}`;
    const issue = await emulate.as("mia", "POST", `${repository}/issues`, { title: "An issue" });
    await emulate.as("mia", "POST", `${repository}/issues/${issue.number}/comments`, { body: "/chaos help" });
    await expect.poll(() => emulate.asked.some(({ path }) => path.endsWith(`/pulls/${issue.number}`))).toBe(true);
    await bot.idle();
    const comments = await emulate.as("mia", "GET", `${repository}/issues/${issue.number}/comments`);
    expect(Object.values(comments)).toHaveLength(1);
  });

  it("nothing but decoration is missing from it", () => {
    expect(emulate.lacking().filter((route) => !route.endsWith("/reactions"))).toEqual([]);
  });
});
