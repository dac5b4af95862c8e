// Attacks on the running bot, over HTTP and through the stand-in: each row of docs/security.md's second table is one test here, of
// the same name. Each begins or ends with the honest act, which must succeed: an attack that fails for another reason shows nothing.

import { createHmac, randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH, REPORTS_PATH } from "../../src/channel/protocol.ts";
import { systemClock } from "../../src/clock.ts";
import { readBotConfig } from "../../src/config/bot.ts";
import { startBot } from "../../src/entrypoints/bot/start.ts";
import { writeApprovalMark } from "../../src/github/marks.ts";
import type { FileChanges } from "../../src/playground/github/git/store.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { runnerKey } from "../channel/runner-key.ts";
import { aReport } from "../fakes/run-report.ts";
import { delayOf, EXPERIMENT, MANIFEST, settingsFor } from "./support/files.ts";
import { appComments, checksOf, conclusionOf, deploymentsOf, planOf, say } from "./support/look.ts";
import { buildTown, openPullRequest, type Spoil, type Town } from "./support/town.ts";

let town: Town;
let spoil: Spoil | undefined;

beforeEach(async () => {
  spoil = undefined;
  town = await buildTown(undefined, (request, answer) => (spoil ?? ((_, given) => given()))(request, answer));
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

const CLAIMS = { clusterId: "cluster-1", runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };

const people = () => town.github.people;
const gate = (pull: PullRequest) => conclusionOf(town, pull, "chaos / gate");
const runs = () => deploymentsOf(town, "chaosgate:run");
const open = (files?: FileChanges, branch?: string) =>
  openPullRequest(town, files as Readonly<Record<string, string | null>>, branch);

async function push(by: string, files: FileChanges, branch = "experiment"): Promise<void> {
  people().push(town.repository, by, { branch, files });
  await town.quiet();
}

async function force(by: string, files: FileChanges, branch = "experiment"): Promise<void> {
  people().push(town.repository, by, { branch, files, force: true });
  await town.quiet();
}

async function run(by: string, pull: PullRequest, plan = planOf(town, pull)): Promise<string> {
  return say(town, by, pull, `/chaos run --plan ${plan}`);
}

async function approve(by: string, pull: PullRequest, plan = planOf(town, pull)): Promise<string> {
  return say(town, by, pull, `/chaos approve --plan ${plan}`);
}

async function claims(): Promise<
  readonly { readonly ticket: string; readonly files: readonly { base64: string }[] }[]
> {
  return ((await town.ask(CLAIMS_PATH, CLAIMS)).body as { claims: [] }).claims;
}

async function settings(change: (text: string) => string, branch = "main"): Promise<void> {
  const files = { ".github/chaosgate.yml": change(settingsFor(town.runner.x)) };
  await push("olga", files, branch);
}

/** The same signed body under another event's name, as somebody can send who saw one delivery. */
async function sendAs(event: string, body: string): Promise<number> {
  const headers = {
    "content-type": "application/json",
    "x-github-event": event,
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": `sha256=${createHmac("sha256", town.webhookSecret).update(body).digest("hex")}`,
  };
  const { status } = await fetch(`${town.bot.address}/api/github/webhooks`, { method: "POST", headers, body });
  await town.quiet();
  return status;
}

describe("between plan and run", () => {
  it("a push after the command: the ticket dies with the head, and never carries other bytes", async () => {
    const pull = await open();
    await run("grace", pull);
    const [honest] = await claims();
    expect(Buffer.from(honest?.files[0]?.base64 ?? "", "base64").toString()).toBe(EXPERIMENT[MANIFEST]);
    town.unheard(() =>
      people().push(town.repository, "ada", { branch: "experiment", files: { [MANIFEST]: delayOf("9s") } }),
    );
    expect(await claims()).toEqual([]);
    expect(runs()[0]?.statuses.at(-1)?.state).toBe("inactive");
  });

  it("a plan of an older head", async () => {
    const pull = await open();
    const old = planOf(town, pull);
    await push("ada", { [MANIFEST]: delayOf("9s") });
    expect(await run("grace", pull, old)).toContain("`plan-is-current`");
    expect(await run("grace", pull)).toContain("Accepted");
  });

  it("a branch that is forced back and forth: an approval of one head does not come back with other bytes", async () => {
    const pull = await open();
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
    await push("ada", { [MANIFEST]: delayOf("9s") });
    expect(gate(pull)).toBe("action_required");
    await force("ada", { [MANIFEST]: delayOf("100ms"), "docs/a.md": "x\n" });
    expect(gate(pull)).toBe("action_required");
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
  });

  it("the role or team is lost between command and execution", async () => {
    const pull = await open();
    await run("grace", pull);
    expect(await claims()).toHaveLength(1);
    people().addCollaborator(town.repository, "grace", "write");
    expect(await claims()).toEqual([]);
    await settings((text) => text.replace("run: { roles: [maintain, admin] }", "run: { teams: [sre] }"));
    people().team("acme", "sre", "grace", true);
    expect(await run("grace", pull)).toContain("Accepted");
    expect(await claims()).toHaveLength(1);
    people().team("acme", "sre", "grace", false);
    expect(await claims()).toEqual([]);
  });

  it("the pull request is closed while a ticket waits", async () => {
    const pull = await open();
    await run("grace", pull);
    expect(await claims()).toHaveLength(1);
    people().close(town.repository, "ada", pull.number);
    await town.quiet();
    expect(await claims()).toEqual([]);
    people().reopen(town.repository, "ada", pull.number);
    await town.quiet();
    expect(await claims()).toEqual([]);
    expect(await run("grace", pull)).toContain("Accepted");
  });
});

describe("approvals", () => {
  it("reuse after a push", async () => {
    const pull = await open();
    const old = planOf(town, pull);
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
    await push("ada", { [MANIFEST]: delayOf("9s") });
    expect(gate(pull)).toBe("action_required");
    expect(await approve("grace", pull, old)).toContain("`plan-is-current`");
    expect(gate(pull)).toBe("action_required");
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
  });

  it("of oneself", async () => {
    people().push(town.repository, "grace", { branch: "hers", files: EXPERIMENT });
    const pull = people().openPullRequest(town.repository, "grace", { title: "Hers", branch: "hers" });
    await town.quiet();
    expect(await approve("grace", pull)).toContain("`four-eyes`");
    expect(gate(pull)).toBe("action_required");
    await approve("olga", pull);
    expect(gate(pull)).toBe("success");
  });

  it("of the last pusher", async () => {
    const pull = await open();
    await push("grace", { [MANIFEST]: delayOf("90ms") });
    expect(await approve("grace", pull)).toContain("`four-eyes`");
    expect(gate(pull)).toBe("action_required");
    await approve("olga", pull);
    expect(gate(pull)).toBe("success");
  });

  it("of whoever pushed a branch that somebody else opened", async () => {
    people().push(town.repository, "grace", { branch: "hers", files: EXPERIMENT });
    const pull = people().openPullRequest(town.repository, "ada", { title: "For grace", branch: "hers" });
    await town.quiet();
    expect(await approve("grace", pull)).toContain("`four-eyes`");
    expect(gate(pull)).toBe("action_required");
    await approve("olga", pull);
    expect(gate(pull)).toBe("success");
  });

  it("in the name of another app", async () => {
    const pull = await open();
    const other = people().token("ada");
    const mark = writeApprovalMark({
      plan: planOf(town, pull) ?? "",
      environment: "staging",
      login: "grace",
      comment: 1,
    });
    const [own] = checksOf(town, pull, "chaos / gate");
    if (own === undefined) throw new Error("there is no gate");
    const foreign = { ...own, app: { ...own.app, id: 999, slug: "chaosgate2" }, status: "completed" as const };
    const forged = { ...foreign, id: own.id + 1_000_000, name: "chaos / approval (grace)", externalId: mark };
    town.repository.checkRuns.push({ ...forged, conclusion: "success", annotations: [] });
    expect(other).not.toBe("");
    await say(town, "dan", pull, "/chaos plan");
    expect(gate(pull)).toBe("action_required");
    town.repository.checkRuns.push({
      ...forged,
      app: own.app,
      id: own.id + 2_000_000,
      conclusion: "success",
      annotations: [],
    });
    await say(town, "dan", pull, "/chaos plan");
    expect(gate(pull)).toBe("success");
  });
});

describe("deliveries", () => {
  it("replayed under another event's name", async () => {
    const pull = await open();
    await run("grace", pull);
    const heard = town.github.deliveries.findLast(
      ({ event, body }) => event === "issue_comment" && JSON.parse(body).comment.user.login === "grace",
    );
    const before = JSON.stringify([town.repository.deployments.length, pull.comments.length, pull.labels]);
    for (const event of ["pull_request", "pull_request_review", "check_run", "check_suite", "merge_group", "push"])
      expect(await sendAs(event, heard?.body ?? "")).toBeLessThan(500);
    expect(await sendAs("issue_comment", heard?.body ?? "")).toBeLessThan(300);
    expect(JSON.stringify([town.repository.deployments.length, pull.comments.length, pull.labels])).toBe(before);
    expect(runs()).toHaveLength(1);
  });

  it("a comment edited into a command", async () => {
    const pull = await open();
    const comment = people().comment(town.repository, "grace", pull.number, "looks good");
    await town.quiet();
    const words = `/chaos run --plan ${planOf(town, pull)}`;
    people().editComment(town.repository, "grace", comment.id, words);
    await town.quiet();
    expect(runs()).toEqual([]);
    expect(await say(town, "grace", pull, words)).toContain("Accepted");
  });

  it("a bot's comment", async () => {
    const pull = await open();
    const words = `/chaos run --plan ${planOf(town, pull)}`;
    people().addCollaborator(town.repository, "robot[bot]", "admin");
    const robot = town.github.world.users.get("robot[bot]");
    town.github.world.users.set("robot[bot]", { ...(robot as NonNullable<typeof robot>), type: "Bot" });
    expect(await say(town, "robot[bot]", pull, words)).toBe("");
    expect(runs()).toEqual([]);
    expect(await say(town, "grace", pull, words)).toContain("Accepted");
  });
});

describe("the channel", () => {
  async function ticketOf(pull: PullRequest): Promise<TicketClaims> {
    await run("grace", pull);
    return decodeJwt<TicketClaims>((await claims())[0]?.ticket ?? "");
  }

  it("a forged report", async () => {
    const pull = await open();
    const ticket = await ticketOf(pull);
    const about = { runId: `${ticket.jti}-0`, ticketId: ticket.jti, plan: ticket.plan, headSha: ticket.head_sha };
    const report = aReport({ ...about, pullRequest: pull.number, phase: "finished", verdict: "resilient" });
    const forged = await runnerKey().request(REPORTS_PATH, { report }, { at: Math.floor(Date.now() / 1000) });
    const headers = { authorization: forged.headers.authorization ?? "", "content-type": "application/json" };
    const sent = { method: "POST", headers, body: Buffer.from(forged.rawBody) };
    expect((await fetch(`${town.bot.address}${REPORTS_PATH}`, sent)).status).toBeGreaterThanOrEqual(400);
    expect(conclusionOf(town, pull, "chaos / run (staging)")).toBe("pending");
    expect(
      (await town.ask(REPORTS_PATH, { report: { ...report, phase: "requested", verdict: undefined } })).status,
    ).toBe(200);
  });

  it("another cluster's runner asks for the order", async () => {
    const pull = await open();
    await run("grace", pull);
    const asked = { ...CLAIMS, clusterId: "cluster-2" };
    const signed = await town.runner.request(CLAIMS_PATH, asked, {
      cluster: "cluster-2",
      at: Math.floor(Date.now() / 1000),
    });
    const headers = { authorization: signed.headers.authorization ?? "", "content-type": "application/json" };
    const sent = { method: "POST", headers, body: Buffer.from(signed.rawBody) };
    const answer = await fetch(`${town.bot.address}${CLAIMS_PATH}`, sent);
    expect(answer.ok ? ((await answer.json()) as { claims: unknown[] }).claims : []).toEqual([]);
    expect(await claims()).toHaveLength(1);
  });
});

describe("settings and branches", () => {
  const permissive = (text: string) => text.replaceAll("[maintain, admin]", "[read, triage, write, maintain, admin]");

  it("permissive settings on another branch", async () => {
    people().push(town.repository, "ada", { branch: "lax", files: {} });
    await settings(permissive, "lax");
    people().push(town.repository, "ada", { branch: "experiment", files: EXPERIMENT });
    const pull = people().openPullRequest(town.repository, "ada", { title: "x", branch: "experiment", base: "lax" });
    await town.quiet();
    expect(await run("ada", pull)).toContain("`may-run`");
    expect(await run("grace", pull)).toContain("`default-branch`");
    expect(runs()).toEqual([]);
    people().retarget(town.repository, "dan", pull.number, "main");
    await town.quiet();
    expect(await run("ada", pull)).toContain("`may-run`");
    expect(await run("grace", pull)).toContain("Accepted");
  });

  it("retargeted after it was approved", async () => {
    people().push(town.repository, "olga", { branch: "lax", files: { "docs/b.md": "b\n" } });
    const pull = await open();
    await run("grace", pull);
    expect(await claims()).toHaveLength(1);
    people().retarget(town.repository, "dan", pull.number, "lax");
    await town.quiet();
    expect(await claims()).toEqual([]);
    expect(await run("grace", pull)).toContain("`default-branch`");
    people().retarget(town.repository, "dan", pull.number, "main");
    await town.quiet();
    await run("grace", pull);
    expect(await claims()).toHaveLength(1);
    town.unheard(() => people().retarget(town.repository, "dan", pull.number, "lax"));
    expect(await claims()).toEqual([]);
  });

  it("one commit of two pull requests, of which the one onto a branch that holds the experiment skips the gate", async () => {
    const { sha } = people().push(town.repository, "ada", { branch: "experiment", files: EXPERIMENT });
    town.repository.git.branches.set("lax", sha);
    people().push(town.repository, "ada", { branch: "experiment", files: { "docs/a.md": "a\n" } });
    const what = { title: "Harmless", branch: "experiment", base: "lax" };
    const aside = people().openPullRequest(town.repository, "ada", what);
    await town.quiet();
    expect(gate(aside)).toBe("skipped");
    const pull = people().openPullRequest(town.repository, "ada", { title: "The real one", branch: "experiment" });
    await town.quiet();
    expect(gate(pull)).toBe("action_required");
    await say(town, "ada", aside, "/chaos plan");
    expect(gate(pull)).toBe("action_required");
    await say(town, "ada", pull, "/chaos plan");
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
  });

  it("settings that are tightened on the default branch judge what is open already", async () => {
    const pull = await open();
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
    await settings((text) => text.replace("approve: { roles: [maintain, admin]", "approve: { roles: [admin]"));
    expect(gate(pull)).not.toBe("success");
    await approve("grace", pull);
    expect(gate(pull)).not.toBe("success");
    await approve("olga", pull);
    expect(gate(pull)).toBe("success");
  });

  it("a merge queue whose commit holds other manifests than were approved", async () => {
    const pull = await open();
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
    const gateAt = (sha: string) =>
      town.repository.checkRuns.findLast(({ name, headSha }) => name === "chaos / gate" && headSha === sha)?.conclusion;
    const honest = people().enqueue(town.repository, "olga", pull.number);
    await town.quiet();
    expect(gateAt(honest.sha)).toBe("success");
    const swapped = people().enqueue(town.repository, "olga", pull.number, { [MANIFEST]: delayOf("9s") });
    await town.quiet();
    expect(gateAt(swapped.sha)).toBe("failure");
  });

  it("a fork", async () => {
    const fork = town.github.fork(town.repository, "ada");
    people().push(fork, "ada", { branch: "experiment", files: EXPERIMENT });
    const what = { title: "From afar", branch: "experiment", from: fork };
    const pull = people().openPullRequest(town.repository, "ada", what);
    await town.quiet();
    expect(await run("grace", pull)).toContain("`no-forks`");
    expect(await approve("grace", pull)).toContain("`no-forks`");
    expect(deploymentsOf(town, "chaosgate:preview")).toEqual([]);
    expect(await run("grace", await open(EXPERIMENT, "ours"))).toContain("Accepted");
  });
});

describe("the gate is never green", () => {
  /** The honest act: what is sound waits for an approval, and is green with one. */
  async function turnsGreen(pull: PullRequest): Promise<void> {
    expect(gate(pull)).toBe("action_required");
    await approve("grace", pull);
    expect(gate(pull)).toBe("success");
  }

  it("when zero experiments were analysed in a file that was meant to hold some", async () => {
    const pull = await open({ [MANIFEST]: "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n" });
    expect(gate(pull)).not.toBe("success");
    const none = await open({ [MANIFEST]: "# nothing\n" }, "none");
    expect(gate(none)).not.toBe("success");
    await turnsGreen(await open(EXPERIMENT, "some"));
  });

  it("when GitHub fails us in the middle, and is looked at again when it answers", async () => {
    let failing = true;
    spoil = (request, answer) => {
      if (!failing || !request.path.endsWith("/files")) return answer();
      return { status: 500, headers: { "content-type": "application/json" }, body: '{"message":"Server Error"}' };
    };
    const pull = await open();
    expect(["failure", "pending", undefined]).toContain(gate(pull));
    failing = false;
    town.later(120_000);
    await town.reconcile();
    await turnsGreen(pull);
  });

  it("when the bot ends in the middle, and another begins", async () => {
    const { bot } = town;
    let ended = false;
    spoil = (request, answer) => {
      if (request.path.endsWith("/files")) ended = true;
      return ended ? { status: 502, headers: {}, body: "" } : answer();
    };
    const pull = await open();
    expect(["failure", "pending", undefined]).toContain(gate(pull));
    spoil = undefined;
    const variables = { ...town.variables, CHAOSGATE_LISTEN: "127.0.0.1:0" };
    const clock = { ...systemClock, now: () => Date.now() + 120_000 };
    const next = await startBot(readBotConfig(variables), pino({ level: "silent" }), clock);
    await next.reconcile();
    await next.idle();
    await next.stop();
    await bot.idle();
    await turnsGreen(pull);
  });

  it("when a file is binary, or larger than GitHub gives out", async () => {
    const binary = await open({ [MANIFEST]: `\u0000\u0001${EXPERIMENT[MANIFEST]}` }, "binary");
    expect(gate(binary)).toBe("failure");
    const huge = await open({ [MANIFEST]: `# ${"x".repeat(1_100_000)}\n${EXPERIMENT[MANIFEST]}` }, "huge");
    expect(gate(huge)).toBe("failure");
    await turnsGreen(await open({ [MANIFEST]: `# ${"x".repeat(60_000)}\n${EXPERIMENT[MANIFEST]}` }, "large"));
  });

  it("when 300 files hide one experiment with a mistake", async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`docs/${n}.md`, `${n}\n`]));
    const bad = await open({ ...many, [MANIFEST]: delayOf("100 parsecs") }, "many");
    expect(gate(bad)).toBe("failure");
    expect(gate(await open(many, "harmless"))).toBe("skipped");
    await turnsGreen(await open({ ...many, ...EXPERIMENT }, "right"));
  });
});

describe("text", () => {
  it("that mentions people, draws HTML or a diagram, or turns around", async () => {
    const name = "x`@olga <img src=x> \u202e ```mermaid";
    const pull = await open({
      [MANIFEST]: EXPERIMENT[MANIFEST]?.replace("name: delay", `name: ${JSON.stringify(name)}`) ?? "",
    });
    await say(town, "grace", pull, '/chaos lock staging --reason "@olga" --for 1h');
    await say(town, "dan", pull, "/chaos `@olga`<img>");
    const bodies = appComments(town, pull).map(({ body }) =>
      body.replace(/```[\s\S]*?```/g, "").replace(/`[^`\n]*`/g, ""),
    );
    expect(bodies.length).toBeGreaterThan(1);
    for (const body of bodies) expect(body).not.toMatch(/@olga|<img|\u202e/);
    const plain = await open(EXPERIMENT, "plain");
    expect(appComments(town, plain)[0]?.body).toContain("`delay`");
  });
});
