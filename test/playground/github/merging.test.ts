import { afterEach, describe, expect, it } from "vitest";
import { createCheckRun } from "../../../src/playground/github/actions/checks.ts";
import { type Scene, type SceneOptions, setScene } from "../scene.ts";

const SHOP = { owner: "acme", repo: "shop" };

describe("merging in the stand-in", () => {
  let scene: Scene;
  afterEach(async () => {
    await scene.stop();
    expect(scene.standIn.violations).toEqual([]);
  });

  async function scenery(options: SceneOptions = {}) {
    scene = await setScene(options);
    const { standIn, repository, pull } = scene;
    return { standIn, repository, pull, people: standIn.people, app: scene.installation.app };
  }

  it.each([
    { name: "has not reported", conclusion: undefined, allowed: false },
    { name: "failed", conclusion: "failure", allowed: false },
    { name: "asks for something", conclusion: "action_required", allowed: false },
    { name: "passed", conclusion: "success", allowed: true },
    { name: "was skipped, which GitHub lets pass", conclusion: "skipped", allowed: true },
  ])("a required check that $name: allowed is $allowed", async ({ conclusion, allowed }) => {
    const { standIn, repository, pull, people, app } = await scenery({ requiredChecks: ["chaos / gate"] });
    if (conclusion !== undefined) {
      const change = { status: "completed", conclusion } as const;
      createCheckRun(standIn.world, repository, app, { name: "chaos / gate", headSha: pull.headSha, change });
    }
    const merge = () => people.merge(repository, "mia", 1);
    if (allowed) expect(merge().parents).toHaveLength(2);
    else expect(merge).toThrow(/Required status check "chaos \/ gate"/);
  });

  it("asks for a check again after a push, because the head is another one", async () => {
    const { standIn, repository, pull, people, app } = await scenery({ requiredChecks: ["chaos / gate"] });
    const change = { status: "completed", conclusion: "success" } as const;
    createCheckRun(standIn.world, repository, app, { name: "chaos / gate", headSha: pull.headSha, change });
    people.push(repository, "dev", { branch: "slow", files: { "chaos/slow.yaml": "a: 9\n" } });
    expect(() => people.merge(repository, "mia", 1)).toThrow(/is expected/);
  });

  it("refuses two sides that changed the same file, and says so before", async () => {
    const { repository, people } = await scenery();
    people.push(repository, "mia", { branch: "main", files: { "chaos/slow.yaml": "other\n" } });
    const { data } = await scene.asInstallation.rest.pulls.get({ ...SHOP, pull_number: 1 });
    expect(data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    expect(() => people.merge(repository, "mia", 1)).toThrow("Pull Request is not mergeable");
  });

  it("squashes into one commit with one parent", async () => {
    const { repository, people } = await scenery();
    const commit = people.merge(repository, "mia", 1, { squash: true });
    expect(commit).toMatchObject({ message: "Slow payment (#1)", parents: [expect.any(String)] });
  });

  it("shows a fork's pull request to the app, whose checks there name no pull request", async () => {
    const { standIn, repository, people } = await scenery();
    const fork = standIn.fork(repository, "stranger");
    people.push(fork, "stranger", { branch: "mine", files: { "chaos/mine.yaml": "m: 1\n" } });
    const pull = people.openPullRequest(repository, "stranger", { title: "From afar", branch: "mine", from: fork });
    const { rest } = scene.asInstallation;
    const { data } = await rest.pulls.get({ ...SHOP, pull_number: pull.number });
    expect(data.head.repo?.fork).toBe(true);
    expect(data.head.repo?.full_name).toBe("stranger/shop");
    const at = { ...SHOP, path: "chaos/mine.yaml", ref: pull.headSha };
    expect((await rest.repos.getContent(at)).status).toBe(200);
    const check = await rest.checks.create({ ...SHOP, name: "chaos / gate", head_sha: pull.headSha });
    expect(check.data.pull_requests).toEqual([]);
    expect(standIn.deliveries.filter(({ event }) => event === "push")).toHaveLength(1);
  });
});
