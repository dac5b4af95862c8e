import { describe, expect, it } from "vitest";
import { type Asked, createOwnWrites } from "../../src/github/own-writes.ts";

const SHOP = "/api/v3/repos/acme/shop";
const COMMENTS = `${SHOP}/issues/7/comments`;

function asked(method: string, path: string, query: Readonly<Record<string, string>> = {}): Asked {
  return { method, path, query: new URLSearchParams(query) };
}

/** A memory whose clock the test turns. */
function memory() {
  let now = 0;
  const own = createOwnWrites(() => now);
  const turn = (ms: number) => {
    now += ms;
  };
  const list = (path: string, listed: readonly object[], query = {}) =>
    (own.seen(asked("GET", path, query), listed, true) as { id: number }[]).map(({ id }) => id);
  return { own, turn, list };
}

describe("a client's own writes", () => {
  it("stand at the end of a list of comments that does not show them yet, once", () => {
    const { own, list } = memory();
    own.note(asked("POST", COMMENTS), { id: 3, body: "mine" });
    expect(list(COMMENTS, [{ id: 1 }, { id: 2 }])).toEqual([1, 2, 3]);
    expect(list(COMMENTS, [{ id: 1 }, { id: 2 }, { id: 3 }])).toEqual([1, 2, 3]);
  });

  it("stand on the last page and on no other", () => {
    const { own } = memory();
    own.note(asked("POST", COMMENTS), { id: 3 });
    expect(own.seen(asked("GET", COMMENTS), [{ id: 1 }], false)).toEqual([{ id: 1 }]);
  });

  it.each([
    { name: "another pull request's comments", path: `${SHOP}/issues/8/comments` },
    { name: "another repository's comments", path: "/api/v3/repos/acme/other/issues/7/comments" },
  ])("are not in $name", ({ path }) => {
    const { own, list } = memory();
    own.note(asked("POST", COMMENTS), { id: 3 });
    expect(list(path, [])).toEqual([]);
  });

  it("are forgotten after ten seconds", () => {
    const { own, turn, list } = memory();
    own.note(asked("POST", COMMENTS), { id: 3 });
    turn(10_000);
    expect(list(COMMENTS, [])).toEqual([3]);
    turn(1);
    expect(list(COMMENTS, [])).toEqual([]);
  });

  it("replace what a list still shows of them, unless somebody has changed it later", () => {
    const { own } = memory();
    own.note(asked("POST", COMMENTS), { id: 3, body: "one", updated_at: "2026-11-26T10:00:00Z" });
    const change = { id: 3, body: "two", updated_at: "2026-11-26T10:00:00Z" };
    own.note(asked("PATCH", `${SHOP}/issues/comments/3`), change);
    const old = { id: 3, body: "one", updated_at: "2026-11-26T10:00:00Z" };
    const theirs = { id: 3, body: "theirs", updated_at: "2026-11-26T10:00:01Z" };
    expect(own.seen(asked("GET", COMMENTS), [old], true)).toEqual([change]);
    expect(own.seen(asked("GET", COMMENTS), [theirs], true)).toEqual([theirs]);
  });

  it("are found at their commit, by name, when they are check runs", () => {
    const { own } = memory();
    own.note(asked("POST", `${SHOP}/check-runs`), { id: 5, name: "gate", head_sha: "abc" });
    const look = (ref: string, query = {}) =>
      own.seen(asked("GET", `${SHOP}/commits/${ref}/check-runs`, query), { total_count: 0, check_runs: [] }, true);
    const found = { total_count: 0, check_runs: [{ id: 5, name: "gate", head_sha: "abc" }] };
    const nothing = { total_count: 0, check_runs: [] };
    expect([look("abc"), look("abc", { check_name: "gate" })]).toEqual([found, found]);
    expect([look("abc", { check_name: "review" }), look("abd")]).toEqual([nothing, nothing]);
  });

  it("come first among deployments, and only among those of their task", () => {
    const { own, list } = memory();
    const path = `${SHOP}/deployments`;
    own.note(asked("POST", path), { id: 9, task: "run", environment: "staging" });
    expect(list(path, [{ id: 8 }], { task: "run" })).toEqual([9, 8]);
    expect(list(path, [{ id: 8 }], { task: "preview" })).toEqual([8]);
  });
});

it("does not believe a list for three seconds after a creation that nobody answered", () => {
  const { own, turn } = memory();
  own.doubt(asked("POST", `${SHOP}/check-runs`), { head_sha: "abc" });
  const unsure = (ref: string) => own.unsure(asked("GET", `${SHOP}/commits/${ref}/check-runs`));
  expect([unsure("abc"), unsure("abd")]).toEqual([3000, 0]);
  turn(1000);
  expect(unsure("abc")).toBe(2000);
  turn(2000);
  expect(unsure("abc")).toBe(0);
});
