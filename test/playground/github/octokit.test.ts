import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Scene, setScene } from "../scene.ts";

// The routes that the app uses, called with the real client; each answer was also judged by GitHub's own description.

const SHOP = { owner: "acme", repo: "shop" };
const PULL = { ...SHOP, pull_number: 1 };
const ISSUE = { ...SHOP, issue_number: 1 };

describe("the stand-in, to Octokit", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await setScene();
  });
  afterAll(async () => {
    await scene.stop();
    expect(scene.standIn.violations).toEqual([]);
  });

  it("knows an app by its JWT and leads it to its installation", async () => {
    const { rest } = scene.asApp;
    expect((await rest.apps.getAuthenticated()).data?.slug).toBe("chaosgate");
    expect((await rest.apps.listInstallations()).data.map(({ id }) => id)).toEqual([scene.installation.id]);
    expect((await rest.apps.getRepoInstallation(SHOP)).data.id).toBe(scene.installation.id);
  });

  it("gives an installation token that reaches its repositories", async () => {
    const { data } = await scene.asInstallation.rest.apps.listReposAccessibleToInstallation();
    expect(data.repositories.map(({ full_name }) => full_name)).toEqual(["acme/shop"]);
  });

  it("shows a pull request, its files with patches, and its commits", async () => {
    const { rest } = scene.asInstallation;
    const { data: pull } = await rest.pulls.get(PULL);
    expect(pull).toMatchObject({ number: 1, mergeable: true, changed_files: 1, additions: 2, commits: 1 });
    const { data: files } = await rest.pulls.listFiles(PULL);
    expect(files).toMatchObject([
      { filename: "chaos/slow.yaml", status: "added", patch: "@@ -0,0 +1,2 @@\n+a: 1\n+b: 2" },
    ]);
    const { data: commits } = await rest.pulls.listCommits(PULL);
    expect(commits.map(({ sha }) => sha)).toEqual([pull.head.sha]);
  });

  it("gives a file as base64, raw, and by commit", async () => {
    const { rest } = scene.asInstallation;
    const at = { ...SHOP, path: "chaos/slow.yaml", ref: scene.pull.headSha };
    const { data } = await rest.repos.getContent(at);
    expect(data).toMatchObject({ type: "file", encoding: "base64", content: "YTogMQpiOiAyCg==" });
    const raw = await rest.repos.getContent({ ...at, mediaType: { format: "raw" } });
    expect(raw.data).toBe("a: 1\nb: 2\n");
    await expect(rest.repos.getContent({ ...at, ref: "main" })).rejects.toMatchObject({ status: 404 });
  });

  it("lists a folder, a tree, a blob, a branch and a reference", async () => {
    const { rest } = scene.asInstallation;
    const { data: folder } = await rest.repos.getContent({ ...SHOP, path: "chaos", ref: "slow" });
    expect(Array.isArray(folder) && folder.map(({ name }) => name)).toEqual(["old.yaml", "slow.yaml"]);
    const { data: tree } = await rest.git.getTree({ ...SHOP, tree_sha: "slow", recursive: "1" });
    expect(tree.tree.map(({ path }) => path)).toEqual(["README.md", "chaos", "chaos/old.yaml", "chaos/slow.yaml"]);
    const { data: ref } = await rest.git.getRef({ ...SHOP, ref: "heads/slow" });
    const { data: branch } = await rest.repos.getBranch({ ...SHOP, branch: "slow" });
    expect([ref.object.sha, branch.commit.sha]).toEqual([scene.pull.headSha, scene.pull.headSha]);
  });

  it("compares two commits from where they parted", async () => {
    const { data } = await scene.asInstallation.rest.repos.compareCommitsWithBasehead({
      ...SHOP,
      basehead: "main...slow",
    });
    expect(data).toMatchObject({ status: "ahead", ahead_by: 1, behind_by: 0 });
    expect(data.files?.map(({ filename }) => filename)).toEqual(["chaos/slow.yaml"]);
  });

  it("takes a review with comments on lines, and lists them", async () => {
    const { rest } = scene.asInstallation;
    const comments = [
      { path: "chaos/slow.yaml", start_line: 1, start_side: "RIGHT", line: 2, side: "RIGHT", body: "c" },
    ];
    const { data: review } = await rest.pulls.createReview({ ...PULL, event: "COMMENT", body: "look", comments });
    const said = { path: "chaos/slow.yaml", start_line: 1, line: 2, diff_hunk: "@@ -0,0 +1,2 @@\n+a: 1\n+b: 2" };
    expect((await rest.pulls.listReviewComments(PULL)).data).toMatchObject([said]);
    const { data: own } = await rest.pulls.listCommentsForReview({ ...PULL, review_id: review.id });
    expect(own).toMatchObject([{ pull_request_review_id: review.id, user: { login: "chaosgate[bot]" } }]);
    expect((await rest.pulls.get(PULL)).data.review_comments).toBe(1);
  });

  it("keeps a comment through creation, edit, reaction and folding", async () => {
    const { rest, graphql } = scene.asInstallation;
    const { data: created } = await rest.issues.createComment({ ...ISSUE, body: "one" });
    expect(created).toMatchObject({ user: { login: "chaosgate[bot]" }, performed_via_github_app: { id: 7 } });
    await rest.issues.updateComment({ ...SHOP, comment_id: created.id, body: "two" });
    const reaction = { ...SHOP, comment_id: created.id, content: "eyes" } as const;
    expect((await rest.reactions.createForIssueComment(reaction)).status).toBe(201);
    expect((await rest.reactions.createForIssueComment(reaction)).status).toBe(200);
    await graphql(
      "mutation ($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } } }",
      { id: created.node_id },
    );
    const { data: comments } = await rest.issues.listComments(ISSUE);
    expect(comments.at(-1)).toMatchObject({ body: "two", reactions: { eyes: 1, total_count: 1 } });
    expect(scene.pull.comments.at(-1)?.minimized).toBe("outdated");
  });

  it("keeps a check run and adds the annotations of each update to those before", async () => {
    const { rest } = scene.asInstallation;
    const annotation = {
      path: "a.yaml",
      start_line: 1,
      end_line: 1,
      annotation_level: "failure",
      message: "no",
    } as const;
    const output = { title: "t", summary: "s", annotations: Array.from({ length: 50 }, () => annotation) };
    const run = { ...SHOP, name: "chaos / review", head_sha: scene.pull.headSha, external_id: "x" };
    const { data: created } = await rest.checks.create({ ...run, status: "in_progress", output });
    const id = { ...SHOP, check_run_id: created.id };
    const { data: updated } = await rest.checks.update({ ...id, conclusion: "failure", output });
    expect(updated).toMatchObject({ status: "completed", conclusion: "failure", output: { annotations_count: 100 } });
    const { data: page } = await rest.checks.listAnnotations({ ...id, per_page: 100 });
    expect(page).toHaveLength(100);
    const { data: listed } = await rest.checks.listForRef({ ...SHOP, ref: "slow", check_name: "chaos / review" });
    expect(listed.check_runs.map((each) => each.external_id)).toEqual(["x"]);
    expect(listed.check_runs[0]?.pull_requests.map(({ number }) => number)).toEqual([1]);
  });

  it("keeps a deployment with its payload, found again by task and environment", async () => {
    const { rest } = scene.asInstallation;
    const environment = "chaos/staging";
    const what = { ...SHOP, ref: scene.pull.headSha, environment, task: "chaosgate:run", payload: { ticket: "t" } };
    const { data } = await rest.repos.createDeployment({ ...what, required_contexts: [], auto_merge: false });
    if (!("id" in data)) throw new Error("no deployment came back");
    const id = { ...SHOP, deployment_id: data.id };
    await rest.repos.createDeploymentStatus({ ...id, state: "in_progress", description: "watching" });
    const { data: found } = await rest.repos.listDeployments({ ...SHOP, task: "chaosgate:run", environment });
    expect(found).toMatchObject([{ id: data.id, payload: { ticket: "t" } }]);
    const { data: statuses } = await rest.repos.listDeploymentStatuses(id);
    expect(statuses.map(({ state }) => state)).toEqual(["in_progress"]);
  });

  it("tells the role of a collaborator beside the old coarse permission", async () => {
    const { rest } = scene.asInstallation;
    const of = async (username: string) => {
      const { data } = await rest.repos.getCollaboratorPermissionLevel({ ...SHOP, username });
      return [data.permission, data.role_name];
    };
    expect(await of("mia")).toEqual(["write", "maintain"]);
    expect(await of("guest")).toEqual(["read", "read"]);
  });

  it("puts labels on and takes them off", async () => {
    const { rest } = scene.asInstallation;
    await rest.issues.addLabels({ ...ISSUE, labels: ["chaos:hold"] });
    expect((await rest.issues.listLabelsOnIssue(ISSUE)).data.map(({ name }) => name)).toEqual(["chaos:hold"]);
    await rest.issues.removeLabel({ ...ISSUE, name: "chaos:hold" });
    expect((await rest.issues.listLabelsOnIssue(ISSUE)).data).toEqual([]);
  });

  it("answers 304 to who has the newest answer already", async () => {
    const first = await scene.asInstallation.request("GET /repos/{owner}/{repo}", SHOP);
    const again = scene.asInstallation.request("GET /repos/{owner}/{repo}", {
      ...SHOP,
      headers: { "if-none-match": first.headers.etag ?? "" },
    });
    await expect(again).rejects.toMatchObject({ status: 304 });
  });

  it("cuts lists into pages that Octokit follows to the end", async () => {
    const { standIn, repository, asInstallation } = scene;
    const before = scene.pull.comments.length;
    for (let number = 0; number < 120; number++) standIn.people.comment(repository, "dev", 1, `comment ${number}`);
    const one = await asInstallation.rest.issues.listComments({ ...ISSUE, per_page: 500 });
    expect(one.data).toHaveLength(100);
    expect(one.headers.link).toContain('rel="next"');
    const all = await asInstallation.paginate(asInstallation.rest.issues.listComments, { ...ISSUE, per_page: 50 });
    expect(all).toHaveLength(before + 120);
  });

  it("merges for who may, and then answers that it is merged", async () => {
    await scene.as("mia").rest.pulls.merge({ ...PULL, sha: scene.pull.headSha });
    const { data } = await scene.asInstallation.rest.pulls.get(PULL);
    expect(data).toMatchObject({ merged: true, state: "closed", merged_by: { login: "mia" } });
    const content = await scene.asInstallation.rest.repos.getContent({ ...SHOP, path: "chaos/slow.yaml" });
    expect(content.status).toBe(200);
  });
});
