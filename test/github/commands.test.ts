import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH, PREVIEWS_PATH } from "../../src/channel/protocol.ts";
import type { PullRequest } from "../../src/playground/github/repository.ts";
import { delayOf, MANIFEST } from "./support/files.ts";
import { appComments, conclusionOf, deploymentsOf, planOf, say } from "./support/look.ts";
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

const CLAIMS = { clusterId: "cluster-1", runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };

type Claims = { readonly claims: readonly unknown[]; readonly previews: readonly { readonly previewId: string }[] };

async function claims(): Promise<Claims> {
  return (await town.ask(CLAIMS_PATH, CLAIMS)).body as Claims;
}

const runs = () => deploymentsOf(town, "chaosgate:run");
const run = () => say(town, "grace", pull, `/chaos run --plan ${planOf(town, pull)}`);

describe("/chaos lock", () => {
  const LOCK = '/chaos lock staging --reason "release week" --for 2h';

  it("keeps every run out and says who, why and until when; unlock lets them in", async () => {
    expect(await say(town, "grace", pull, LOCK)).toContain("`staging` is locked until");
    const refused = await run();
    expect(refused).toContain("`not-locked`");
    expect(refused).toContain("`grace` has locked `staging`");
    expect(refused).toContain("`release week`");
    expect(runs()).toEqual([]);
    expect(await say(town, "olga", pull, "/chaos unlock staging")).toContain("is unlocked");
    expect(await run()).toContain("Accepted");
  });

  it("holds back what was queued before, and does not cancel it", async () => {
    await run();
    await say(town, "grace", pull, LOCK);
    expect((await claims()).claims).toEqual([]);
    await say(town, "grace", pull, "/chaos unlock staging");
    expect((await claims()).claims).toHaveLength(1);
  });

  it("is for whom the settings name, and so is its end", async () => {
    expect(await say(town, "dan", pull, LOCK)).toContain("`may-lock`");
    await say(town, "grace", pull, LOCK);
    expect(await say(town, "dan", pull, "/chaos unlock staging")).toContain("`may-lock`");
    expect(await run()).toContain("`not-locked`");
  });

  it("never stops an abort", async () => {
    await run();
    await say(town, "grace", pull, LOCK);
    expect(await say(town, "dan", pull, "/chaos abort")).toContain("is cancelled");
  });

  it("is none when somebody else than the app writes its deployment", async () => {
    const body = {
      ref: "main",
      task: "chaosgate:lock",
      environment: "chaos/staging",
      required_contexts: [],
      auto_merge: false,
      payload: { reason: "x", by: "dan", until: Date.now() + 3_600_000, comment: 1 },
    };
    const authorization = `Bearer ${town.github.people.token("dan")}`;
    const request = { method: "POST", path: "/repos/acme/shop/deployments", query: {}, headers: { authorization } };
    expect(town.github.handle({ ...request, body: JSON.stringify(body) }).status).toBe(201);
    expect(await run()).toContain("Accepted");
  });
});

describe("/chaos retry", () => {
  it("asks for an ended run once more, of the same plan and nothing newer", async () => {
    await run();
    const [ticket] = runs().map(({ payload }) => (payload as { ticketId: string }).ticketId);
    expect(await say(town, "grace", pull, `/chaos retry ${ticket}-0`)).toContain("`run-ended`");
    await say(town, "dan", pull, "/chaos abort");
    expect(await say(town, "dan", pull, `/chaos retry ${ticket}-0`)).toContain("`may-run`");
    expect(await say(town, "grace", pull, `/chaos retry ${ticket}-0`)).toContain("Accepted");
    expect(runs()).toHaveLength(2);
    town.github.people.push(town.repository, "ada", { branch: "experiment", files: { [MANIFEST]: delayOf("900ms") } });
    await town.quiet();
    expect(await say(town, "grace", pull, `/chaos retry ${ticket}`)).toContain("`plan-is-current`");
  });

  it("knows no run of another pull request", async () => {
    expect(await say(town, "grace", pull, "/chaos retry t00000000000000000000-0")).toContain("`run-known`");
  });
});

describe("/chaos status", () => {
  it("says what is missing and who supplies it, and nothing when nothing is", async () => {
    expect(await say(town, "rita", pull, "/chaos status")).toContain("Nothing is missing for a run.");
    await say(town, "dan", pull, "/chaos hold");
    await say(town, "grace", pull, '/chaos lock staging --reason "freeze" --for 1h');
    const told = await say(town, "rita", pull, "/chaos status");
    expect(told).toContain("| `not-held` |");
    expect(told).toContain("| `not-locked` |");
    expect(told).toContain("runs are asked for by `maintain` or `admin`");
  });
});

describe("/chaos explain", () => {
  it("says why a rule exists, or which is meant", async () => {
    expect(await say(town, "rita", pull, "/chaos explain error-test")).toContain("no timeout outlasts");
    expect(await say(town, "rita", pull, "/chaos explain eror-test")).toContain("Did you mean `error-test`?");
  });
});

describe("/chaos dry-run", () => {
  it("is answered in its own comment by what the runner sees, and injects and decides nothing", async () => {
    const gate = conclusionOf(town, pull, "chaos / gate");
    const before = appComments(town, pull)[0]?.body;
    const asked = await say(town, "dan", pull, "/chaos dry-run");
    expect(asked).toContain("Asked the runner of `staging`");
    const { previews } = await claims();
    expect(previews).toHaveLength(2);
    const newest = deploymentsOf(town, "chaosgate:preview").at(-1)?.id;
    const snapshot = { clusterId: "cluster-1", takenAt: Date.now(), namespaces: [], pods: [], nodes: [], budgets: [] };
    const answer = { clusterId: "cluster-1", previewId: String(newest), repository: CLAIMS.repositories[0], snapshot };
    expect((await town.ask(PREVIEWS_PATH, answer)).status).toBe(200);
    const told = appComments(town, pull).at(-1)?.body ?? "";
    expect(told).toContain("**Dry run** in `staging`");
    expect(appComments(town, pull)[0]?.body).toBe(before);
    expect(conclusionOf(town, pull, "chaos / gate")).toBe(gate);
    expect(runs()).toEqual([]);
    expect((await claims()).previews).toHaveLength(1);
  });

  it("needs write", async () => {
    expect(await say(town, "rita", pull, "/chaos dry-run")).toContain("`needs-write`");
  });
});
