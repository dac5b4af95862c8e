// More attacks on the running bot, over HTTP and through the stand-in: what people, other apps and clusters can write. Rows of the
// same table of docs/security.md as those of threats.test.ts, each beside its honest act.

import { generateKeyPairSync } from "node:crypto";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH, PREVIEWS_PATH, REPORTS_PATH } from "../../src/channel/protocol.ts";
import { readBotConfig } from "../../src/config/bot.ts";
import { startBot } from "../../src/entrypoints/bot/start.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import type { Snapshot } from "../../src/selector/snapshot.ts";
import { aReport } from "../fakes/run-report.ts";
import { aClusterWith, aPod, pods } from "../fakes/snapshot.ts";
import { delayOf, EXPERIMENT, MANIFEST, settingsFor } from "./support/files.ts";
import { appComments, checksOf, conclusionOf, deploymentsOf, planOf, say } from "./support/look.ts";
import { APP_ID, appManifest, buildTown, freePort, openPullRequest, type Town } from "./support/town.ts";

let town: Town;

beforeEach(async () => {
  town = await buildTown();
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

const REPOSITORY = { owner: "acme", name: "shop" };
const CLAIMS = { clusterId: "cluster-1", runner: "runner-1", repositories: [REPOSITORY] };

const people = () => town.github.people;
const gate = (pull: PullRequest) => conclusionOf(town, pull, "chaos / gate");
const runs = () => deploymentsOf(town, "chaosgate:run");
const run = (by: string, pull: PullRequest) => say(town, by, pull, `/chaos run --plan ${planOf(town, pull)}`);
const approve = (by: string, pull: PullRequest) => say(town, by, pull, `/chaos approve --plan ${planOf(town, pull)}`);
const reviewComment = (pull: PullRequest) =>
  appComments(town, pull).find(({ body }) => body.startsWith("<!-- chaosgate:review -->"))?.body ?? "";

type Waiting = { readonly claims: readonly { readonly ticket: string }[]; readonly previews: { previewId: string }[] };

async function waiting(): Promise<Waiting> {
  return (await town.ask(CLAIMS_PATH, CLAIMS)).body as Waiting;
}

/** The runner answers the open question with what its cluster looks like. */
async function answerPreview(snapshot: Snapshot): Promise<number> {
  const { previews } = await waiting();
  const answer = { clusterId: "cluster-1", previewId: previews[0]?.previewId, repository: REPOSITORY, snapshot };
  return (await town.ask(PREVIEWS_PATH, answer)).status;
}

async function settle(act: () => unknown): Promise<void> {
  act();
  await town.quiet();
}

const checkout = { labels: { app: "checkout" } };

describe("branches", () => {
  it("a branch that is renamed after its approval: what comes from the new name waits for its own word", async () => {
    const pull = await openPullRequest(town);
    await run("grace", pull);
    await settle(() => people().renameBranch(town.repository, "ada", "experiment", "other"));
    expect(pull.state).toBe("closed");
    expect((await waiting()).claims).toEqual([]);
    const again = people().openPullRequest(town.repository, "ada", { title: "Renamed", branch: "other" });
    await town.quiet();
    expect(gate(again)).toBe("action_required");
    expect(await run("grace", again)).toContain("Accepted");
  });

  it("a forced push whose new bytes have the old name", async () => {
    const pull = await openPullRequest(town);
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
    const files = { [MANIFEST]: delayOf("9s") };
    await settle(() => people().push(town.repository, "ada", { branch: "experiment", files, force: true }));
    expect(gate(pull)).toBe("action_required");
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
  });

  it("a manifest that is moved out of sight: to a path that no setting covers", async () => {
    const hidden = await openPullRequest(town, { "elsewhere/delay.yaml": EXPERIMENT[MANIFEST] ?? "" }, "hidden");
    expect(gate(hidden)).toBe("skipped");
    expect(await run("grace", hidden)).toContain("`review-accepts`");
    expect(runs()).toEqual([]);
    expect(await run("grace", await openPullRequest(town))).toContain("Accepted");
  });
});

describe("two apps on one repository", () => {
  it("neither believes, edits or stops what the other wrote", async () => {
    const other = await secondBot();
    const pull = await openPullRequest(town);
    const both = () => Promise.all([town.quiet(), other.idle()]).then(() => town.quiet());
    await both();
    const gates = checksOf(town, pull, "chaos / gate");
    expect(new Set(gates.map(({ app }) => app.id))).toEqual(new Set([APP_ID, OTHER_APP]));
    const plan = planOf(town, pull);
    people().comment(town.repository, "grace", pull.number, `/chaos approve --plan ${plan}`);
    await both();
    const approvals = checksOf(town, pull, "chaos / approval (grace)");
    expect(approvals.map(({ app }) => app.id).sort()).toEqual([OTHER_APP, APP_ID].sort());
    const bodies = pull.comments.filter(({ body }) => body.startsWith("<!-- chaosgate:review -->"));
    expect(bodies.map(({ by }) => by.app?.id).sort()).toEqual([OTHER_APP, APP_ID].sort());
    people().comment(town.repository, "grace", pull.number, `/chaos run --plan ${plan}`);
    await both();
    expect(new Set(runs().map(({ by }) => by.app?.id))).toEqual(new Set([APP_ID, OTHER_APP]));
    // The runner asks one of them, and is given only what that one signed.
    expect((await waiting()).claims).toHaveLength(1);
    await other.stop();
  });
});

const OTHER_APP = 4712;

/** Another installation of chaosgate, by somebody with another key, which hears of the same repository. */
async function secondBot() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const port = await freePort();
  const secret = "another webhook secret of enough characters.";
  const webhookUrl = `http://127.0.0.1:${port}/api/github/webhooks`;
  const app = { appId: OTHER_APP, slug: "chaosgate-two", publicKey, webhookUrl, secret, ...appManifest() };
  town.github.installApp({ ...app, repositories: [town.repository] });
  const variables = {
    ...town.variables,
    CHAOSGATE_APP_ID: String(OTHER_APP),
    CHAOSGATE_APP_KEY: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    CHAOSGATE_WEBHOOK_SECRET: secret,
    CHAOSGATE_LISTEN: `127.0.0.1:${port}`,
  };
  return startBot(readBotConfig(variables), pino({ level: "silent" }));
}

describe("manifests", () => {
  it.each([
    { bomb: "aliases that unfold without end", text: `a: &a [x,x,x,x,x,x,x,x,x]\n${unfolding()}` },
    { bomb: "brackets as deep as the file is long", text: `${"[".repeat(50_000)}\n` },
    {
      bomb: "a mistake in every line",
      text: `${"kind: NetworkChaos\napiVersion: chaos-mesh.org/v1alpha1\n---\n".repeat(5_000)}`,
    },
  ])("a file that would stall a review: $bomb", async ({ text }) => {
    const began = performance.now();
    const pull = await openPullRequest(town, { [MANIFEST]: `${text}${EXPERIMENT[MANIFEST]}` });
    expect(gate(pull)).toBe("failure");
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(checksOf(town, pull, "chaos / review")[0]?.annotations.length).toBeLessThanOrEqual(500);
    expect(gate(await openPullRequest(town, EXPERIMENT, "sound"))).toBe("action_required");
  });

  it.each([
    {
      name: "Kubernetes' own namespace",
      from: "namespaces: [staging]\n    labelSelectors: { app: checkout }",
      to: "namespaces: [kube-system]\n    labelSelectors: { app: checkout }",
    },
    {
      name: "a namespace of somebody else",
      from: "namespaces: [staging]\n    labelSelectors: { app: checkout }",
      to: "namespaces: [production]\n    labelSelectors: { app: checkout }",
    },
  ])("a manifest that reaches for $name", async ({ from, to }) => {
    const manifest = EXPERIMENT[MANIFEST]?.replace(from, to) ?? "";
    expect(manifest).toContain(to);
    const pull = await openPullRequest(town, { [MANIFEST]: manifest });
    expect(gate(pull)).toBe("failure");
    expect(await run("grace", pull)).toContain("`review-accepts`");
    expect(await run("grace", await openPullRequest(town, EXPERIMENT, "sound"))).toContain("Accepted");
  });

  it("an objective that the author brings along in the settings of the same pull request", async () => {
    const own = "  mine:\n    query: vector(0)\n    freshness: vector(0)\n    below: 1\n    baselineBelow: 1\n";
    const named = EXPERIMENT[MANIFEST]?.replace(
      "  name: delay\n",
      "  name: delay\n  annotations: { chaosgate.dev/objectives: mine }\n",
    );
    const brought = { [MANIFEST]: named ?? "", ".github/chaosgate.yml": `${settingsFor(town.runner.x)}${own}` };
    const pull = await openPullRequest(town, brought);
    await run("grace", pull);
    expect(runs()).toEqual([]);
    expect(await run("grace", await openPullRequest(town, EXPERIMENT, "sound"))).toContain("Accepted");
  });
});

/** Ten levels of nine: 3.5 thousand million values, were they unfolded. */
function unfolding(): string {
  const levels = [..."abcdefghijk"];
  const line = (name: string, below: string) => `${name}: &${name} [${Array(9).fill(`*${below}`).join(",")}]`;
  return `${levels
    .slice(1)
    .map((name, at) => line(name, levels[at] ?? "a"))
    .join("\n")}\n---\n`;
}

describe("what a cluster says", () => {
  it("pods whose names and labels draw in the diagram, mention people or turn around", async () => {
    const pull = await openPullRequest(town);
    const evil = 'x"] --> y[click me]\n```\n@olga <img src=x> \u202e';
    const hit = [aPod(evil, checkout), aPod("checkout-1", { ...checkout, workload: `Deployment/${evil}` })];
    const status = await answerPreview({
      ...aClusterWith([...hit, ...pods("checkout", 8, checkout)]),
      takenAt: Date.now(),
    });
    const body = reviewComment(pull);
    expect(status).toBe(200);
    expect(body).toContain("```mermaid");
    expect(body).toContain("click me");
    expect(body).not.toContain("\u202e");
    // Between backticks nobody is mentioned and nothing is drawn; a name's own backticks do not end a span.
    expect(body.replaceAll("\\`", "").replace(/`[^`\n]*`/g, "")).not.toMatch(/<img|@olga/);
    const diagram = /```mermaid\n([\s\S]*?)\n```/.exec(body)?.[1] ?? "";
    expect(diagram).not.toMatch(/click me|-->|`|\\/);
    expect(body.match(/^```/gm)?.length ?? 0).toSatisfy((fences: number) => fences % 2 === 0);
    const plain = await openPullRequest(town, { [MANIFEST]: delayOf("90ms") }, "plain");
    const own = deploymentsOf(town, "chaosgate:preview").at(-1)?.id;
    const snapshot = { ...aClusterWith(pods("checkout", 10, checkout)), takenAt: Date.now() };
    const answer = { clusterId: "cluster-1", previewId: String(own), repository: REPOSITORY, snapshot };
    expect((await town.ask(PREVIEWS_PATH, answer)).status).toBe(200);
    expect(reviewComment(plain)).toContain("checkout-0");
  });

  it("names of pods, to the readers of a public repository", async () => {
    const pull = await openPullRequest(town);
    const snapshot = { ...aClusterWith(pods("checkout", 10, checkout)), takenAt: Date.now() };
    expect(await answerPreview(snapshot)).toBe(200);
    expect(reviewComment(pull)).toContain("checkout-0");
    (town.repository as { private: boolean }).private = false;
    await say(town, "dan", pull, "/chaos plan");
    expect(await answerPreview(snapshot)).toBe(200);
    expect(reviewComment(pull)).toContain("10");
    expect(
      JSON.stringify([pull.comments.map(({ body }) => body), checksOf(town, pull, "chaos / review")[0]?.summary]),
    ).not.toContain("checkout-0");
  });

  it("a report that would flood the pull request", async () => {
    const pull = await openPullRequest(town);
    await run("grace", pull);
    const [queued] = runs();
    const { ticketId = "" } = (queued?.payload ?? {}) as { readonly ticketId?: string };
    expect(ticketId).not.toBe("");
    const about = { runId: `${ticketId}-0`, ticketId, plan: planOf(town, pull) ?? "", headSha: pull.headSha };
    const report = aReport({ ...about, pullRequest: pull.number, phase: "requested" });
    const flood = { ...report, because: "x".repeat(5_000_000) };
    expect((await town.ask(REPORTS_PATH, { report: flood })).status).toBeGreaterThanOrEqual(400);
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("pending");
    expect((await town.ask(REPORTS_PATH, { report: { ...report, verdict: undefined } })).status).toBe(200);
  });
});

describe("the queue", () => {
  it("a deployment that somebody else made, with the ticket of another one inside", async () => {
    const pull = await openPullRequest(town);
    await run("grace", pull);
    const [honest] = runs();
    await say(town, "dan", pull, "/chaos abort");
    expect((await waiting()).claims).toEqual([]);
    const body = {
      ref: pull.headSha,
      task: "chaosgate:run",
      environment: "chaos/staging",
      required_contexts: [],
      auto_merge: false,
      payload: honest?.payload,
    };
    const headers = { authorization: `Bearer ${people().token("dan")}` };
    const request = { method: "POST", path: "/repos/acme/shop/deployments", query: {}, headers };
    expect(town.github.handle({ ...request, body: JSON.stringify(body) }).status).toBe(201);
    expect((await waiting()).claims).toEqual([]);
    await run("grace", pull);
    expect((await waiting()).claims).toHaveLength(1);
  });

  it("statuses that somebody else adds: a lock stays, and what was taken back waits no more", async () => {
    const pull = await openPullRequest(town);
    const headers = { authorization: `Bearer ${people().token("dan")}` };
    const add = (id: number | undefined, state: string) => {
      const request = { method: "POST", path: `/repos/acme/shop/deployments/${id}/statuses`, query: {}, headers };
      expect(town.github.handle({ ...request, body: JSON.stringify({ state }) }).status).toBe(201);
    };
    await run("grace", pull);
    await say(town, "dan", pull, "/chaos abort");
    add(runs()[0]?.id, "queued");
    expect((await waiting()).claims).toEqual([]);
    await say(town, "grace", pull, '/chaos lock staging --reason "release" --for 1h');
    add(deploymentsOf(town, "chaosgate:lock")[0]?.id, "inactive");
    expect(await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`)).toContain("`not-locked`");
    await say(town, "grace", pull, "/chaos unlock staging");
    expect(await say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`)).toContain("Accepted");
  });
});
