import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Octokit, octokitFor } from "../../src/github/octokit.ts";
import { createFakeClock, type FakeClock } from "../fakes/clock.ts";

type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
};

let server: Server;
let clock: FakeClock;
let began: number;
/** When each request came, in seconds by the bot's clock. */
let asked: number[];
/** What is answered, in order; 200 after the last. */
let answers: Answer[];
let octokit: Octokit;

beforeEach(async () => {
  clock = createFakeClock();
  began = clock.now();
  asked = [];
  answers = [];
  server = createServer((_, response) => {
    asked.push((clock.now() - began) / 1000);
    const { status, headers, message = "" } = answers.shift() ?? { status: 200 };
    response.writeHead(status, { "content-type": "application/json", date: dateAfter(0), ...headers });
    response.end(JSON.stringify({ message }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const Client = octokitFor({ throttle: true, clock });
  octokit = new Client({ baseUrl, auth: { token: "t" }, log }) as Octokit;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function dateAfter(seconds: number): string {
  return new Date(clock.now() + seconds * 1000).toUTCString();
}

const comment = () =>
  octokit.rest.issues.createComment({ owner: "acme", repo: "shop", issue_number: 1, body: "hello" });
const limits = (remaining: number, resetAfter: number) => ({
  "x-ratelimit-limit": "5000",
  "x-ratelimit-remaining": String(remaining),
  "x-ratelimit-reset": String(Math.floor(clock.now() / 1000) + resetAfter),
});

it.each([
  { name: "for as long as it said", answer: { status: 403, headers: { "retry-after": "7" } }, seconds: 7 },
  { name: "also by 429", answer: { status: 429, headers: { "retry-after": "7" } }, seconds: 7 },
  {
    name: "for a minute where it did not say",
    answer: { status: 403, message: "exceeded a secondary rate limit" },
    seconds: 60,
  },
])("is sent again after GitHub refused it by a limit, $name: nothing was done", async ({ answer, seconds }) => {
  answers = [answer];
  expect((await comment()).status).toBe(200);
  expect(asked).toEqual([0, seconds]);
});

it("is sent again a second after the hour began anew", async () => {
  answers = [{ status: 403, message: "API rate limit exceeded", headers: limits(0, 90) }];
  await comment();
  expect(asked).toEqual([0, 91]);
});

it("is not sent at all while no request is left, by GitHub's clock and not by ours", async () => {
  const theirs = Math.floor(clock.now() / 1000) + 500;
  const headers = { ...limits(0, 0), "x-ratelimit-reset": String(theirs + 90), date: dateAfter(500) };
  answers = [{ status: 200, headers }];
  await comment();
  await comment();
  expect(asked).toEqual([0, 91]);
});

it("is an error at once where GitHub refused it for another reason", async () => {
  answers = [{ status: 403, message: "Resource not accessible by integration", headers: limits(4000, 90) }];
  await expect(comment()).rejects.toMatchObject({ status: 403 });
  expect(asked).toEqual([0]);
});

it("is given up after six refusals", async () => {
  answers = Array.from({ length: 9 }, () => ({ status: 403, headers: { "retry-after": "1" } }));
  await expect(comment()).rejects.toMatchObject({ status: 403 });
  expect(asked).toHaveLength(6);
});
