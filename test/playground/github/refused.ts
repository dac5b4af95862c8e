// What the stand-in refuses and why: tried by refusals.test.ts, told by docs/stand-in.md.

import type { Octokit } from "@octokit/rest";
import type { Scene } from "../scene.ts";

const SHOP = { owner: "acme", repo: "shop" };
const ISSUE = { ...SHOP, issue_number: 1 };

export type Who = "installation" | "app" | "nobody" | "dev" | "guest" | "stranger";
export type Refused = {
  readonly name: string;
  readonly who: Who;
  readonly status: number;
  readonly why: string;
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

export const REFUSED: readonly Refused[] = [
  {
    name: "51 annotations in one request",
    who: "installation",
    status: 422,
    why: "GitHub takes 50 and adds those of the next request to them",
    says: /annotations must NOT have more than 50/,
    ask: (octokit, scene) =>
      check(octokit, scene, { output: { title: "t", summary: "s", annotations: Array(51).fill(annotation) } }),
  },
  {
    name: "a summary of 65,536 characters",
    who: "installation",
    status: 422,
    why: "the limit is 65,535, for a text too",
    says: /65535/,
    ask: (octokit, scene) => check(octokit, scene, { output: { title: "t", summary: long(65_536) } }),
  },
  {
    name: "four buttons",
    who: "installation",
    status: 422,
    why: "a check has three",
    says: /actions must NOT have more than 3/,
    ask: (octokit, scene) =>
      check(octokit, scene, { actions: Array(4).fill({ label: "l", description: "d", identifier: "i" }) }),
  },
  {
    name: "a button whose label has 21 characters",
    who: "installation",
    status: 422,
    why: "20 for the label and the identifier, 40 for the description",
    says: /label must NOT have more than 20/,
    ask: (octokit, scene) =>
      check(octokit, scene, { actions: [{ label: long(21), description: "d", identifier: "i" }] }),
  },
  {
    name: "a check on a commit that does not exist",
    who: "installation",
    status: 422,
    why: "a check belongs to a commit",
    says: /No commit found for SHA/,
    ask: (octokit) => octokit.rest.checks.create({ ...SHOP, name: "c", head_sha: "0".repeat(40) }),
  },
  {
    name: "a conclusion that GitHub does not know",
    who: "installation",
    status: 422,
    why: "the description lists them",
    says: /conclusion/,
    ask: (octokit, scene) => check(octokit, scene, { conclusion: "great" }),
  },
  {
    name: "a comment of 65,537 characters",
    who: "installation",
    status: 422,
    why: "the limit is 65,536",
    says: /too long/,
    ask: (octokit) => octokit.rest.issues.createComment({ ...ISSUE, body: long(65_537) }),
  },
  {
    name: "a comment without a body",
    who: "dev",
    status: 422,
    why: "the description requires it",
    says: /body/,
    ask: (octokit) =>
      octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...ISSUE } as never),
  },
  {
    name: "a deployment status of 141 characters",
    who: "installation",
    status: 422,
    why: "the limit of its description is 140",
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
    why: "unless `required_contexts` is empty, every check counts",
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
    why: "parameters are held to the description, too",
    says: /page/,
    ask: (octokit) => octokit.request("GET /repos/{owner}/{repo}/pulls", { ...SHOP, page: "two" as never }),
  },
  {
    name: "a write with a permission that the app does not have",
    who: "installation",
    status: 403,
    why: "an app may what its permissions say",
    says: /not accessible by integration/,
    ask: (octokit) => octokit.rest.pulls.merge({ ...SHOP, pull_number: 1 }),
  },
  {
    name: "a check made by a person",
    who: "dev",
    status: 403,
    why: "only apps have checks",
    says: /GitHub App/,
    ask: (octokit, scene) => check(octokit, scene, {}),
  },
  {
    name: "a merge by somebody who may only read",
    who: "guest",
    status: 403,
    why: "merging takes write access",
    says: /write access/,
    ask: (octokit) => octokit.rest.pulls.merge({ ...SHOP, pull_number: 1 }),
  },
  {
    name: "a private repository, to a stranger, as though it were not there",
    who: "stranger",
    status: 404,
    why: "that it exists is a secret, too",
    ask: (octokit) => octokit.rest.repos.get(SHOP),
  },
  {
    name: "a private repository, to nobody",
    who: "nobody",
    status: 404,
    why: "that it exists is a secret, too",
    ask: (octokit) => octokit.rest.repos.get(SHOP),
  },
  {
    name: "an app's own route, to a person",
    who: "dev",
    status: 401,
    why: "it takes the app's JWT",
    ask: (octokit) => octokit.rest.apps.getAuthenticated(),
  },
  {
    name: "a permission beyond the app's in a token",
    who: "app",
    status: 422,
    why: "a token may have less than its app and never more",
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
    why: "of another's installation an app knows nothing",
    ask: (octokit) => octokit.rest.apps.createInstallationAccessToken({ installation_id: 99 }),
  },
  {
    name: "an approval of one's own pull request",
    who: "dev",
    status: 422,
    why: "an author cannot approve",
    says: /approve your own/,
    ask: (octokit) => octokit.rest.pulls.createReview({ ...SHOP, pull_number: 1, event: "APPROVE" }),
  },
  {
    name: "a review's comment on a line that the diff does not show",
    who: "installation",
    status: 422,
    why: "a comment stands in the diff",
    says: /Line could not be resolved/,
    ask: (octokit) => reviewAt(octokit, { path: "chaos/slow.yaml", line: 3 }),
  },
  {
    name: "a review's comment on a file that the pull request does not change",
    who: "installation",
    status: 422,
    why: "a comment stands in the diff",
    says: /Path could not be resolved/,
    ask: (octokit) => reviewAt(octokit, { path: "README.md", line: 1 }),
  },
  {
    name: "a review's comment whose lines are the wrong way round",
    who: "installation",
    status: 422,
    why: "the first line precedes the last",
    says: /precede the end line/,
    ask: (octokit) => reviewAt(octokit, { path: "chaos/slow.yaml", start_line: 2, line: 1 }),
  },
  {
    name: "a merge of a head that has moved",
    who: "dev",
    status: 409,
    why: "whoever names a head means that one",
    says: /Head branch was modified/,
    ask: (octokit) => octokit.rest.pulls.merge({ ...SHOP, pull_number: 1, sha: "0".repeat(40) }),
  },
  {
    name: "a second pull request from the same branch",
    who: "dev",
    status: 422,
    why: "one from a branch onto another",
    ask: (octokit) => octokit.rest.pulls.create({ ...SHOP, title: "again", head: "slow", base: "main" }),
  },
  {
    name: "a pull request from a branch that is not there",
    who: "dev",
    status: 422,
    why: "it must be a branch of the repository or of a fork",
    ask: (octokit) => octokit.rest.pulls.create({ ...SHOP, title: "none", head: "nowhere", base: "main" }),
  },
  {
    name: "a pull request without a commit of its own",
    who: "dev",
    status: 422,
    why: "there is nothing to merge",
    says: /No commits between/,
    ask: (octokit) => octokit.rest.pulls.create({ ...SHOP, title: "empty", head: "main", base: "main" }),
  },
  {
    name: "a merge while a required check has not reported",
    who: "dev",
    status: 405,
    why: "a required check that never reports blocks for ever",
    says: /is expected/,
    ask: async (octokit, scene) => {
      scene.standIn.people.push(scene.repository, "dev", { branch: "other", files: { "a.txt": "1" } });
      const { data } = await octokit.rest.pulls.create({ ...SHOP, title: "other", head: "other", base: "main" });
      return octokit.rest.pulls.merge({ ...SHOP, pull_number: data.number });
    },
  },
  {
    name: "a comment by a reader on a locked pull request",
    who: "guest",
    status: 403,
    why: "people with write access still may, and apps",
    says: /locked/,
    ask: (octokit, { standIn, repository }) => {
      standIn.people.lock(repository, 1, true);
      const asked = octokit.rest.issues.createComment({ ...ISSUE, body: "but" });
      return asked.finally(() => standIn.people.lock(repository, 1, false));
    },
  },
  {
    name: "a credential that nobody has",
    who: "nobody",
    status: 401,
    why: "a wrong credential is worse than none",
    says: /Bad credentials/,
    ask: (octokit) => octokit.rest.repos.get({ ...SHOP, headers: { authorization: "token ghp_of_nobody" } }),
  },
  {
    name: "a route that GitHub has and the stand-in has not",
    who: "installation",
    status: 404,
    why: "what is not listed below is not there, so that nothing is taken for tried that is not",
    ask: (octokit) => octokit.rest.actions.listRepoWorkflows(SHOP),
  },
  {
    name: "a request too many in a minute",
    who: "installation",
    status: 403,
    why: '80 writes and 900 points a minute, 500 comments and reviews an hour (a choice within what GitHub says "in general")',
    says: /secondary rate limit/,
    ask: (octokit, { standIn }) => {
      standIn.limits.trip(1, 7);
      return octokit.rest.repos.get(SHOP);
    },
  },
  {
    name: "an edit of somebody's comment by an app",
    who: "installation",
    status: 403,
    why: "an app edits its own, whatever it may write",
    ask: (octokit, { standIn, repository }) => {
      const { id: comment_id } = standIn.people.comment(repository, "mia", 1, "mine");
      return octokit.rest.issues.updateComment({ ...SHOP, comment_id, body: "not yours" });
    },
  },
];
