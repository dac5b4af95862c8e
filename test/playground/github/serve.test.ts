import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createReview } from "../../../src/playground/github/actions/reviews.ts";
import { serveStandIn } from "../../../src/playground/github/serve.ts";
import { createStandIn } from "../../../src/playground/github/stand-in.ts";
import { createPage } from "../../../src/playground/page/page.ts";

it("serves the API on a unix socket as well", async () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-socket-"));
  const standIn = createStandIn();
  const socketPath = join(folder, "github.sock");
  const serving = await serveStandIn(standIn, { listen: { socketPath } });
  const status = await new Promise((resolve, reject) => {
    request({ socketPath, path: "/api/v3/rate_limit" }, (answer) => resolve(answer.statusCode))
      .on("error", reject)
      .end();
  });
  await serving.close();
  rmSync(folder, { recursive: true });
  expect(status).toBe(200);
});

it.each([
  { name: "a route that GitHub does not have", path: "/api/v3/nothing", status: 404 },
  { name: "a malformed escape", path: "/api/v3/users/%E0%A4%A", status: 404 },
  { name: "a page that does not exist", path: "/acme/nothing/pull/1", status: 404 },
  { name: "a path out of the assets", path: "/_/assets/..%2fpage.ts", status: 404 },
  { name: "a property of every object as an asset", path: "/_/assets/constructor", status: 404 },
  { name: "a malformed escape in a file's name", path: "/acme/shop/blob/main/%E0%A4%A", status: 404 },
  { name: "a malformed escape in a login", path: "/_/avatars/%E0%A4%A", status: 200 },
  { name: "the front page", path: "/", status: 200 },
  { name: "a file at a branch with a slash", path: "/acme/shop/blob/feature/x/chaos/a.yaml", status: 200 },
])("answers $name with $status", async ({ path, status }) => {
  const standIn = createStandIn();
  const repository = standIn.createRepository({ fullName: "acme/shop" });
  standIn.people.push(repository, "acme", { branch: "feature/x", files: { "chaos/a.yaml": "<script>" } });
  const serving = await serveStandIn(standIn, { page: createPage(standIn) });
  const answer = await fetch(serving.url + path);
  await answer.text();
  await serving.close();
  expect([answer.status, standIn.violations]).toEqual([status, []]);
  if (path.includes("/blob/")) expect(answer.headers.get("content-type")).toContain("text/plain");
});

it.each(["", "/files"])(
  "shows a review's comment with its suggestion on the page%s of the pull request",
  async (tab) => {
    const standIn = createStandIn();
    const { people, world } = standIn;
    const repository = standIn.createRepository({ fullName: "acme/shop" });
    people.push(repository, "acme", { branch: "slow", files: { "a.yaml": "value: 30\n" } });
    const pull = people.openPullRequest(repository, "acme", { title: "Slow", branch: "slow" });
    const comments = [{ path: "a.yaml", side: "RIGHT", line: 1, body: "```suggestion\nvalue: '<30>'\n```" }] as const;
    createReview(world, repository, pull, { user: pull.author }, { state: "COMMENTED", body: "look", comments });
    const serving = await serveStandIn(standIn, { page: createPage(standIn) });
    const page = await (await fetch(`${serving.url}/acme/shop/pull/${pull.number}${tab}`)).text();
    await serving.close();
    expect(page).toContain("a.yaml:1</code>");
    expect(page).toContain("value: &#39;&#60;30&#62;&#39;");
  },
);
