import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updateCheckRun } from "../../../src/playground/github/actions/checks.ts";
import { QUIET, type Scene, setScene } from "../scene.ts";

const SHOP = { owner: "acme", repo: "shop" };
const ISSUE = { ...SHOP, issue_number: 1 };

type Who = "installation" | "app" | "nobody" | "dev" | "guest" | "stranger";
type Refused = {
  readonly name: string;
  readonly who: Who;
  readonly status: number;
  readonly says?: RegExp;
  readonly ask: (octokit: Octokit, scene: Scene) => Promise<unknown>;
};

const long = (length: number) => "x".repeat(length);
const annotation = { path: "a", start_line: 1, end_line: 1, annotation_level: "notice", message: "m" } as const;

function check(octokit: Octokit, scene: Scene, more: object) {
  return octokit.rest.checks.create({ ...SHOP, name: "c", head_sha: scene.pull.headSha, ...more });
}

function reviewAt(
  octokit: Octokit,
  at: { readonly path: string; readonly start_line?: number; readonly line: number },
) {
  const comments = [{ ...at, side: "RIGHT", body: "here" }];
  return octokit.rest.pulls.createReview({ ...SHOP, pull_number: 1, event: "COMMENT", body: "look", comments });
}

const REFUSED: readonly Refused[] = [
  {
    name: "51 annotations in one request",
    who: "installation",
    status: 422,
    says: /annotations must NOT have more than 50/,
    ask: (octokit, scene) =>
      check(octokit, scene, { output: { title: "t", summary: "s", annotations: Array(51).fill(annotation) } }),
  },
  {
    name: "a summary of 65,536 characters",
    who: "installation",
    status: 422,
    says: /65535/,
    ask: (octokit, scene) => check(octokit, scene, { output: { title: "t", summary: long(65_536) } }),
  },
  {
    name: "four buttons",
    who: "installation",
    status: 422,
    says: /actions must NOT have more than 3/,
    ask: (octokit, scene) =>
      check(octokit, scene, { actions: Array(4).fill({ label: "l", description: "d", identifier: "i" }) }),
  },
  {
    name: "a button whose label has 21 characters",
    who: "installation",
    status: 422,
    says: /label must NOT have more than 20/,
    ask: (octokit, scene) =>
      check(octokit, scene, { actions: [{ label: long(21), description: "d", identifier: "i" }] }),
  },
  {
    name: "a check on a commit that does not exist",
    who: "installation",
    status: 422,
    says: /No commit found for SHA/,
    ask: (octokit) => octokit.rest.checks.create({ ...SHOP, name: "c", head_sha: "0".repeat(40) }),
  },
  {
    name: "a conclusion that GitHub does not know",
    who: "installation",
    status: 422,
    says: /conclusion/,
    ask: (octokit, scene) => check(octokit, scene, { conclusion: "great" }),
  },
  {
    name: "a comment of 65,537 characters",
    who: "installation",
    status: 422,
    says: /too long/,
    ask: (octokit) => octokit.rest.issues.createComment({ ...ISSUE, body: long(65_537) }),
  },
  {
    name: "a comment without a body",
    who: "dev",
    status: 422,
    says: /body/,
    ask: (octokit) =>
      octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...ISSUE } as never),
  },
  {
    name: "a deployment status of 141 characters",
    who: "installation",
    status: 422,
    says: /description is too long/,
    ask: async (octokit, scene) => {
      const { data } = await octokit.rest.repos.createDeployment({
        ...SHOP,
        ref: scene.pull.headSha,
        required_contexts: [],
      });
      const id = "id" in data ? data.id : 0;
      return octokit.rest.repos.createDeploymentStatus({
        ...SHOP,
        deployment_id: id,
        state: "queued",
        description: long(141),
      });
    },
  },
  {
    name: "a deployment of a commit whose checks have not passed",
    who: "installation",
    status: 409,
    says: /status checks failed/,
    ask: async (octokit, scene) => {
      await check(octokit, scene, { conclusion: "failure" });
      return octokit.rest.repos.createDeployment({ ...SHOP, ref: scene.pull.headSha });
    },
  },
  {
    name: "a page number that is a word",
    who: "installation",
    status: 422,
    says: /page/,
    ask: (octokit) => octokit.request("GET /repos/{owner}/{repo}/pulls", { ...SHOP, page: "two" as never }),
  },
  {
    name: "a write with a permission that the app does not have",
    who: "installation",
    status: 403,
    says: /not accessible by integration/,
    ask: (octokit) => octokit.rest.pulls.merge({ ...SHOP, pull_number: 1 }),
  },
  {
    name: "a check made by a person",
    who: "dev",
    status: 403,
    says: /GitHub App/,
    ask: (octokit, scene) => check(octokit, scene, {}),
  },
  {
    name: "a merge by somebody who may only read",
    who: "guest",
    status: 403,
    says: /write access/,
    ask: (octokit) => octokit.rest.pulls.merge({ ...SHOP, pull_number: 1 }),
  },
  {
    name: "a private repository, to a stranger, as though it were not there",
    who: "stranger",
    status: 404,
    ask: (octokit) => octokit.rest.repos.get(SHOP),
  },
  {
    name: "a private repository, to nobody",
    who: "nobody",
    status: 404,
    ask: (octokit) => octokit.rest.repos.get(SHOP),
  },
  {
    name: "an app's own route, to a person",
    who: "dev",
    status: 401,
    ask: (octokit) => octokit.rest.apps.getAuthenticated(),
  },
  {
    name: "a permission beyond the app's in a token",
    who: "app",
    status: 422,
    says: /not granted/,
    ask: (octokit, scene) =>
      octokit.rest.apps.createInstallationAccessToken({
        installation_id: scene.installation.id,
        permissions: { contents: "write" },
      }),
  },
  {
    name: "an installation that is not the app's",
    who: "app",
    status: 404,
    ask: (octokit) => octokit.rest.apps.createInstallationAccessToken({ installation_id: 99 }),
  },
  {
    name: "an approval of one's own pull request",
    who: "dev",
    status: 422,
    says: /approve your own/,
    ask: (octokit) => octokit.rest.pulls.createReview({ ...SHOP, pull_number: 1, event: "APPROVE" }),
  },
  {
    name: "a review's comment on a line that the diff does not show",
    who: "installation",
    status: 422,
    says: /Line could not be resolved/,
    ask: (octokit) => reviewAt(octokit, { path: "chaos/slow.yaml", line: 3 }),
  },
  {
    name: "a review's comment on a file that the pull request does not change",
    who: "installation",
    status: 422,
    says: /Path could not be resolved/,
    ask: (octokit) => reviewAt(octokit, { path: "README.md", line: 1 }),
  },
  {
    name: "a review's comment whose lines are the wrong way round",
    who: "installation",
    status: 422,
    says: /precede the end line/,
    ask: (octokit) => reviewAt(octokit, { path: "chaos/slow.yaml", start_line: 2, line: 1 }),
  },
  {
    name: "a merge of a head that has moved",
    who: "dev",
    status: 409,
    says: /Head branch was modified/,
    ask: (octokit) => octokit.rest.pulls.merge({ ...SHOP, pull_number: 1, sha: "0".repeat(40) }),
  },
  {
    name: "a second pull request from the same branch",
    who: "dev",
    status: 422,
    ask: (octokit) => octokit.rest.pulls.create({ ...SHOP, title: "again", head: "slow", base: "main" }),
  },
];

describe("the stand-in refuses, as GitHub does,", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await setScene({ isPrivate: true });
  });
  afterAll(async () => {
    await scene.stop();
    expect(scene.standIn.violations).toEqual([]);
  });

  it.each(REFUSED)("$name", async ({ who, status, says, ask }) => {
    const refusal = await ask(octokitOf(scene, who), scene).then(
      () => ({ status: 200, message: "it was allowed" }),
      (error: { status: number; message: string }) => error,
    );
    expect(refusal).toMatchObject({ status });
    if (says) expect(refusal.message).toMatch(says);
  });

  it("an edit of another app's check", async () => {
    const { standIn, repository, installation, asInstallation } = scene;
    const { data } = await check(asInstallation, scene, {});
    const run = repository.checkRuns.find(({ id }) => id === data.id);
    if (run === undefined) throw new Error("the check was not kept");
    const stranger = { ...installation.app, id: 8 };
    const edit = () => updateCheckRun(standIn.world, repository, run, stranger, { conclusion: "success" });
    expect(edit).toThrow(/Invalid app_id/);
  });

  it("an edit of somebody's comment by an app", async () => {
    const { standIn, repository, asInstallation } = scene;
    const comment = standIn.people.comment(repository, "mia", 1, "mine");
    const edit = asInstallation.rest.issues.updateComment({ ...SHOP, comment_id: comment.id, body: "not yours" });
    await expect(edit).rejects.toMatchObject({ status: 403 });
  });
});

function octokitOf(scene: Scene, who: Who): Octokit {
  if (who === "installation") return scene.asInstallation;
  if (who === "app") return scene.asApp;
  if (who !== "nobody") return scene.as(who);
  return new Octokit({ baseUrl: scene.apiUrl, log: QUIET });
}
