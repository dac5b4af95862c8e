import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulate, startEmulate } from "./emulate.ts";
import { QUIET, SECRET } from "./scene.ts";

// Which of the app's routes emulate has, so that the story against it claims no more than that.

describe("emulate, with a door in front", () => {
  let emulate: Emulate;
  let octokit: Octokit;
  const events: string[] = [];
  const hook = createServer((request, response) => {
    events.push(String(request.headers["x-github-event"]));
    request.resume();
    response.end();
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
    const webhookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
    const files = { ".github/chaosgate.yml": "version: 1\n" };
    emulate = await startEmulate({ appId: 7, webhookUrl, webhookSecret: SECRET, files });
    const auth = { appId: 7, privateKey: emulate.privateKey, installationId: emulate.installationId };
    octokit = new Octokit({ baseUrl: emulate.apiUrl, authStrategy: createAppAuth, auth, log: QUIET });
  });
  afterAll(async () => {
    await emulate.close();
    await new Promise((resolve) => hook.close(resolve));
  });

  it("tells the app of a pull request, shows its true files, and takes checks and comments for it", async () => {
    const number = await emulate.openPullRequest("slow", { "chaos/slow.yaml": "a: 1\n" });
    const shop = { owner: emulate.owner, repo: emulate.repo };
    const { data: pull } = await octokit.rest.pulls.get({ ...shop, pull_number: number });
    const { data: files } = await octokit.rest.pulls.listFiles({ ...shop, pull_number: number });
    expect(files.map(({ filename }) => filename)).toEqual(["chaos/slow.yaml"]);
    const content = await octokit.rest.repos.getContent({ ...shop, path: "chaos/slow.yaml", ref: "slow" });
    expect(content.data).toMatchObject({ encoding: "base64" });
    const check = await octokit.rest.checks.create({ ...shop, name: "chaos / gate", head_sha: pull.head.sha });
    expect(check.status).toBe(201);
    const comment = await octokit.rest.issues.createComment({ ...shop, issue_number: number, body: "reviewed" });
    expect(comment.status).toBe(201);
    expect(events).toContain("pull_request");
  });

  it("lacks reactions, deployments and GraphQL, and the door says so", async () => {
    const shop = { owner: emulate.owner, repo: emulate.repo };
    const asks = [
      octokit.rest.reactions.createForIssueComment({ ...shop, comment_id: 1, content: "eyes" }),
      octokit.rest.repos.listDeployments(shop),
      octokit.graphql("query { viewer { login } }"),
    ];
    const answers = await Promise.allSettled(asks);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect([...emulate.lacking()].sort()).toEqual([
      "GET /repos/mia/shop/deployments",
      "POST /graphql",
      "POST /repos/mia/shop/issues/comments/1/reactions",
    ]);
  });
});
