import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Octokit, octokitFor } from "../../src/github/octokit.ts";

let server: Server;
let asked: { method: string; ifNoneMatch: string | undefined }[];
let answer: { status: number; etag?: string; body: unknown };
let octokit: Octokit;

/** A server that knows its answer's ETag, as GitHub does. */
beforeEach(async () => {
  asked = [];
  answer = { status: 200, etag: '"one"', body: { login: "one" } };
  server = createServer((request, response) => {
    const ifNoneMatch = request.headers["if-none-match"];
    asked.push({ method: request.method ?? "", ifNoneMatch });
    const { status, etag, body } = answer;
    const headers = { "content-type": "application/json", ...(etag !== undefined && { etag }) };
    if (etag !== undefined && ifNoneMatch === etag) response.writeHead(304, headers).end();
    else response.writeHead(status, headers).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const Client = octokitFor({ throttle: false });
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  octokit = new Client({ baseUrl, auth: { token: "t" }, log }) as Octokit;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const whoIs = async (username: string) => (await octokit.rest.users.getByUsername({ username })).data.login;

it("asks conditionally for what it was told before, and takes a 304 for the same answer", async () => {
  expect([await whoIs("ada"), await whoIs("ada")]).toEqual(["one", "one"]);
  expect(asked.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([undefined, '"one"']);
});

it("hands out a remembered list as often as it is asked for, although pagination unwraps it in place", async () => {
  answer = { status: 200, etag: '"one"', body: { total_count: 1, check_runs: [{ id: 7 }] } };
  const list = () => octokit.paginate(octokit.rest.checks.listForRef, { owner: "acme", repo: "shop", ref: "abc" });
  expect([await list(), await list(), await list()].map(([run]) => run?.id)).toEqual([7, 7, 7]);
});

it("does not ask again what a commit holds, and asks a branch each time", async () => {
  answer = { status: 200, etag: '"one"', body: { type: "file" } };
  const read = (ref: string) => octokit.rest.repos.getContent({ owner: "acme", repo: "shop", path: "a.yaml", ref });
  for (const ref of ["a".repeat(40), "a".repeat(40), "main", "main"]) await read(ref);
  expect(asked.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([undefined, undefined, '"one"']);
});

it("sees the check that it created a moment ago in a list that does not show it yet, however it is asked for", async () => {
  const shop = { owner: "acme", repo: "shop" };
  answer = { status: 201, body: { id: 7, name: "gate", head_sha: "abc" } };
  await octokit.rest.checks.create({ ...shop, name: "gate", head_sha: "abc" });
  answer = { status: 200, body: { total_count: 0, check_runs: [] } };
  const listed = await octokit.rest.checks.listForRef({ ...shop, ref: "abc" });
  const paged = await octokit.paginate(octokit.rest.checks.listForRef, { ...shop, ref: "abc" });
  expect([...listed.data.check_runs, ...paged].map(({ id }) => id)).toEqual([7, 7]);
});

it("takes a new answer when there is one", async () => {
  await whoIs("ada");
  answer = { status: 200, etag: '"two"', body: { login: "two" } };
  expect(await whoIs("ada")).toBe("two");
});

it("never takes one address's answer for another's", async () => {
  await whoIs("ada");
  await whoIs("grace");
  expect(asked.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([undefined, undefined]);
});

it("asks plainly where no answer carries an ETag", async () => {
  answer = { status: 200, body: { login: "one" } };
  await whoIs("ada");
  await whoIs("ada");
  expect(asked.map(({ ifNoneMatch }) => ifNoneMatch)).toEqual([undefined, undefined]);
});

it("sends a creation once, even when it was answered with an error that may pass", async () => {
  answer = { status: 502, body: { message: "bad gateway" } };
  const creation = octokit.rest.issues.createComment({ owner: "acme", repo: "shop", issue_number: 1, body: "hello" });
  await expect(creation).rejects.toMatchObject({ status: 502 });
  expect(asked.map(({ method }) => method)).toEqual(["POST"]);
});
