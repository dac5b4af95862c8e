import { describe, expect, it } from "vitest";
import { deliveriesOf, deliveryOf } from "../../src/github/delivery.ts";

const common = {
  repository: { name: "shop", owner: { login: "acme" } },
  installation: { id: 9 },
  sender: { login: "ada", type: "User" },
};
const repository = { owner: "acme", name: "shop", installationId: 9 };
const pull_request = { number: 3, merged: false, head: { sha: "abc" } };

describe("a pull request's delivery", () => {
  it.each([
    { action: "opened", extra: {}, becomes: "opened" },
    { action: "reopened", extra: {}, becomes: "reopened" },
    { action: "synchronize", extra: {}, becomes: "synchronize" },
    { action: "edited", extra: { changes: { base: { ref: { from: "old" } } } }, becomes: "edited" },
    { action: "edited", extra: { changes: { title: { from: "old" } } }, becomes: undefined },
    { action: "closed", extra: {}, becomes: "closed" },
    { action: "closed", extra: { pull_request: { ...pull_request, merged: true } }, becomes: "merged" },
    { action: "labeled", extra: { label: { name: "chaos:hold" } }, becomes: "held" },
    { action: "labeled", extra: { label: { name: "bug" } }, becomes: undefined },
    { action: "unlabeled", extra: { label: { name: "chaos:hold" } }, becomes: "unheld" },
    { action: "assigned", extra: {}, becomes: undefined },
  ])("of action $action with $extra becomes $becomes", ({ action, extra, becomes }) => {
    const delivery = deliveryOf("d1", "pull_request", { ...common, action, pull_request, ...extra });
    const expected = {
      kind: "pull-request",
      id: "d1",
      repository,
      action: becomes,
      number: 3,
      sender: "ada",
      headSha: "abc",
    };
    expect(delivery).toEqual(becomes === undefined ? undefined : expected);
  });
});

const comment = {
  id: 5,
  node_id: "IC_5",
  body: "/chaos help",
  created_at: "2026-11-23T10:00:00Z",
  user: { login: "ada", type: "User" },
};

describe("a comment's delivery", () => {
  it("carries the body, the author and the second it was written", () => {
    const payload = { ...common, action: "created", issue: { number: 3, pull_request: {} }, comment };
    expect(deliveryOf("d2", "issue_comment", payload)).toMatchObject({
      kind: "comment",
      number: 3,
      comment: { id: 5, nodeId: "IC_5", body: "/chaos help", author: "ada", createdAt: Date.UTC(2026, 10, 23, 10) },
    });
  });

  it.each([
    { name: "an edited comment", payload: { action: "edited", issue: { number: 3, pull_request: {} }, comment } },
    {
      name: "a comment without a time",
      payload: { action: "created", issue: { number: 3, pull_request: {} }, comment: {} },
    },
  ])("is nobody's when it is $name", ({ payload }) => {
    expect(deliveryOf("d3", "issue_comment", { ...common, ...payload })).toBeUndefined();
  });
});

const queue = `refs/heads/gh-readonly-queue/main/pr-7-${"a".repeat(40)}`;
const suite = { app: { id: 9 }, head_sha: "abc" };

describe("another event's delivery", () => {
  it.each([
    {
      event: "merge_group",
      payload: { action: "checks_requested", merge_group: { head_sha: "abc", head_ref: queue } },
      is: { kind: "merge-group", headSha: "abc", number: 7 },
    },
    {
      event: "merge_group",
      payload: { action: "checks_requested", merge_group: { head_sha: "abc", head_ref: "refs/heads/pr-7" } },
      is: { kind: "merge-group", headSha: "abc" },
    },
    { event: "merge_group", payload: { action: "destroyed", merge_group: { head_sha: "abc" } }, is: undefined },
    {
      event: "check_suite",
      payload: { action: "rerequested", check_suite: suite },
      is: { kind: "check", action: "rerequested", appId: 9 },
    },
    { event: "check_suite", payload: { action: "requested", check_suite: suite }, is: undefined },
    {
      event: "pull_request_review",
      payload: { action: "submitted", review: { state: "approved" }, pull_request },
      is: { kind: "review", number: 3 },
    },
    {
      event: "pull_request_review",
      payload: { action: "submitted", review: { state: "commented" }, pull_request },
      is: undefined,
    },
    {
      event: "push",
      payload: { ref: "refs/heads/main", commits: [{ modified: [".github/chaosgate.yml"] }] },
      is: { kind: "push", branch: "main", touchesSettings: true },
    },
    {
      event: "push",
      payload: { ref: "refs/heads/main", commits: [{ modified: ["a"] }] },
      is: { kind: "push", touchesSettings: false },
    },
    {
      event: "push",
      payload: { ref: "refs/heads/main", commits: [{ modified: ["a"] }], forced: true },
      is: { kind: "push", touchesSettings: true },
    },
    { event: "push", payload: { ref: "refs/tags/v1", commits: [] }, is: undefined },
  ])("of $event with $payload is $is", ({ event, payload, is }) => {
    const delivery = deliveryOf("d4", event, { ...common, ...payload });
    if (is === undefined) expect(delivery).toBeUndefined();
    else expect(delivery).toMatchObject(is);
  });
});

describe("a hostile payload", () => {
  it.each([
    { name: "nothing", payload: undefined },
    { name: "a string", payload: "{}" },
    { name: "no installation", payload: { ...common, installation: undefined, action: "opened", pull_request } },
    {
      name: "a negative number",
      payload: { ...common, action: "opened", pull_request: { ...pull_request, number: -1 } },
    },
    { name: "inherited fields", payload: Object.create({ ...common, action: "opened", pull_request }) as unknown },
  ])("is nobody's: $name", ({ payload }) => {
    expect(deliveryOf("d4", "pull_request", payload)).toBeUndefined();
  });
});

describe("an installation", () => {
  const installation = { id: 9, account: { login: "acme" } };
  const named = (...names: readonly string[]) => names.map((full_name) => ({ id: 1, full_name }));

  it.each([
    { event: "installation", payload: { action: "created", repositories: named("acme/shop", "acme/cart") } },
    {
      event: "installation_repositories",
      payload: { action: "added", repositories_added: named("acme/shop", "acme/cart") },
    },
  ])("is a delivery for each repository of $event", ({ event, payload }) => {
    const common = { kind: "installed", id: "d5" };
    expect(deliveriesOf("d5", event, { ...payload, installation })).toEqual([
      { ...common, repository: { owner: "acme", name: "shop", installationId: 9 } },
      { ...common, repository: { owner: "acme", name: "cart", installationId: 9 } },
    ]);
  });

  it("of everything invites the first thirty repositories", () => {
    const repositories = named(...Array.from({ length: 31 }, (_, n) => `acme/${n}`));
    expect(deliveriesOf("d5", "installation", { action: "created", repositories, installation })).toHaveLength(30);
  });

  it.each([
    { name: "that ended", event: "installation", payload: { action: "deleted", repositories: named("acme/shop") } },
    {
      name: "that lost a repository",
      event: "installation_repositories",
      payload: { action: "removed", repositories_added: [] },
    },
    {
      name: "of names that are none",
      event: "installation",
      payload: { action: "created", repositories: [{ full_name: "shop" }, 7, null] },
    },
    { name: "without a list", event: "installation", payload: { action: "created", repositories: "acme/shop" } },
  ])("$name is nobody's", ({ event, payload }) => {
    expect(deliveriesOf("d5", event, { ...payload, installation })).toEqual([]);
  });
});
