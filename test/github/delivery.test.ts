import { describe, expect, it } from "vitest";
import { deliveryOf } from "../../src/github/delivery.ts";

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
    { action: "closed", extra: {}, becomes: undefined },
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
