import { Probot } from "probot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Scene, SECRET, setScene } from "../scene.ts";

describe("a webhook of the stand-in", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await setScene();
    tellTheStory(scene);
    await scene.standIn.settled();
  });
  afterAll(async () => {
    await scene.stop();
    expect(scene.standIn.violations).toEqual([]);
  });

  it("carries a signature that Probot accepts, over the bytes that arrived", async () => {
    const probot = new Probot({ appId: 7, privateKey: scene.privateKey, secret: SECRET, logLevel: "fatal" });
    await probot.ready();
    const { webhooks } = probot;
    for (const { headers, body } of scene.received) {
      expect(await webhooks.verify(body, String(headers["x-hub-signature-256"]))).toBe(true);
    }
    const [first] = scene.received;
    const changed = `${first?.body} `;
    expect(await webhooks.verify(changed, String(first?.headers["x-hub-signature-256"]))).toBe(false);
  });

  it("is sent for everything that people did, in order", () => {
    expect(
      scene.standIn.deliveries.map(({ event, action }) => (action === null ? event : `${event}.${action}`)),
    ).toEqual([
      "installation.created",
      "push",
      "check_suite.requested",
      "pull_request.opened",
      "issue_comment.created",
      "issue_comment.edited",
      "push",
      "pull_request.synchronize",
      "check_suite.requested",
      "pull_request.labeled",
      "pull_request_review.submitted",
      "pull_request.closed",
      "pull_request.reopened",
      "push",
      "check_suite.requested",
      "pull_request.closed",
    ]);
  });

  it("names installation, repository and sender, and a pull request's comment says that it is one", () => {
    const comment = scene.standIn.deliveries.find(({ event }) => event === "issue_comment");
    expect(JSON.parse(comment?.body ?? "")).toMatchObject({
      installation: { id: scene.installation.id },
      repository: { full_name: "acme/shop", default_branch: "main" },
      sender: { login: "mia" },
      issue: { number: 1, pull_request: { url: expect.stringContaining("/pulls/1") } },
      comment: { body: "/chaos run", user: { login: "mia" } },
    });
  });

  it("goes out again with the same guid when redelivered, and with another when replayed", async () => {
    const { standIn, received } = scene;
    const original = standIn.deliveries[0];
    if (original === undefined) throw new Error("nothing was delivered");
    const again = standIn.redeliver(original);
    const replayed = standIn.replay(original);
    await standIn.settled();
    expect([again.body, replayed.body]).toEqual([original.body, original.body]);
    expect(again.guid).toBe(original.guid);
    expect(replayed.guid).not.toBe(original.guid);
    expect(received.at(-1)?.headers["x-hub-signature-256"]).toBe(original.headers["x-hub-signature-256"]);
  });

  it("is listed to its app, which can ask for it again", async () => {
    const { data } = await scene.asApp.rest.apps.listWebhookDeliveries();
    const [newest] = data;
    const before = scene.received.length;
    await scene.asApp.rest.apps.redeliverWebhookDelivery({ delivery_id: newest?.id ?? 0 });
    await scene.standIn.settled();
    expect(scene.received).toHaveLength(before + 1);
  });

  it("about a check's button reaches only the app whose check it is", async () => {
    const { asInstallation, standIn, repository, pull } = scene;
    const { data } = await asInstallation.rest.checks.create({
      owner: "acme",
      repo: "shop",
      name: "chaos / run",
      head_sha: pull.headSha,
      actions: [{ label: "Abort now", description: "Stop it", identifier: "abort" }],
    });
    standIn.people.pressButton(repository, "mia", data.id, "abort");
    standIn.people.rerequest(repository, "mia", data.id);
    await standIn.settled();
    const bodies = standIn.deliveries.filter(({ event }) => event === "check_run").map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ action }) => action)).toEqual(["created", "requested_action", "rerequested"]);
    expect(bodies[1].requested_action).toEqual({ identifier: "abort" });
  });

  it("is not offered to an app without the permission that the event needs", async () => {
    const withoutIssues = setScene({ permissions: { pull_requests: "write" }, events: ["issue_comment"] });
    await expect(withoutIssues).rejects.toThrow(/cannot subscribe to issue_comment/);
  });
});

function tellTheStory({ standIn, repository }: Scene): void {
  const { people } = standIn;
  const comment = people.comment(repository, "mia", 1, "/chaos run");
  people.editComment(repository, "mia", comment.id, "never mind");
  people.push(repository, "dev", { branch: "slow", files: { "chaos/slow.yaml": "a: 2\n" } });
  people.label(repository, "mia", 1, "bug");
  people.review(repository, "mia", 1, "APPROVED");
  people.close(repository, "mia", 1);
  people.reopen(repository, "mia", 1);
  people.merge(repository, "mia", 1);
}
