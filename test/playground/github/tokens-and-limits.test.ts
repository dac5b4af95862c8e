import { createSign, generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../../src/clock.ts";
import { type Scene, setScene } from "../scene.ts";

const SHOP = { owner: "acme", repo: "shop" };

/** A clock that the test turns; it starts at the real time because Octokit dates its JWTs by that. */
function turnedClock(): Clock & { turn(ms: number): void } {
  let now = Date.now();
  return {
    now: () => now,
    sleep: async () => {},
    turn: (ms) => {
      now += ms;
    },
  };
}

describe("credentials and limits of the stand-in", () => {
  let scene: Scene;
  afterEach(async () => {
    await scene.stop();
    expect(scene.standIn.violations).toEqual([]);
  });

  it("refuse an installation token after an hour", async () => {
    const clock = turnedClock();
    scene = await setScene({ clock });
    const { data } = await scene.asApp.rest.apps.createInstallationAccessToken({
      installation_id: scene.installation.id,
    });
    const get = () => fetch(`${scene.apiUrl}/repos/acme/shop`, { headers: { authorization: `token ${data.token}` } });
    expect((await get()).status).toBe(200);
    clock.turn(3_600_001);
    expect((await get()).status).toBe(401);
  });

  it.each([
    { name: "signed by another key", change: { foreign: true }, status: 401 },
    { name: "that has expired", change: { exp: -10 }, status: 401 },
    { name: "good for longer than ten minutes", change: { exp: 700 }, status: 401 },
    { name: "of the future", change: { iat: 300 }, status: 401 },
    { name: "of an app that nobody registered", change: { iss: 8 }, status: 404 },
    { name: "as it should be", change: {}, status: 200 },
  ])("answer a JWT $name with $status", async ({ change, status }) => {
    scene = await setScene();
    const jwt = jwtWith(scene.privateKey, change);
    const answer = await fetch(`${scene.apiUrl}/app`, { headers: { authorization: `Bearer ${jwt}` } });
    expect(answer.status).toBe(status);
  });

  it("stop the 81st write of a minute with Retry-After, and let it pass after that", async () => {
    const clock = turnedClock();
    scene = await setScene({ clock });
    const token = scene.standIn.people.token("dev");
    const write = () =>
      fetch(`${scene.apiUrl}/repos/acme/shop/issues/1/comments`, {
        method: "POST",
        headers: { authorization: `token ${token}` },
        body: JSON.stringify({ body: "again" }),
      });
    for (let count = 0; count < 80; count++) expect((await write()).status).toBe(201);
    const stopped = await write();
    expect([stopped.status, stopped.headers.get("retry-after")]).toEqual([403, "60"]);
    expect(await stopped.json()).toMatchObject({ message: expect.stringContaining("secondary rate limit") });
    clock.turn(60_000);
    expect((await write()).status).toBe(201);
  });

  it("can be told to meet the next requests with a secondary limit", async () => {
    scene = await setScene();
    scene.standIn.limits.trip(1, 7);
    const token = scene.standIn.people.token("dev");
    const get = () => fetch(`${scene.apiUrl}/repos/acme/shop`, { headers: { authorization: `token ${token}` } });
    const first = await get();
    expect([first.status, first.headers.get("retry-after")]).toEqual([403, "7"]);
    expect((await get()).status).toBe(200);
  });

  it("do not count what has not changed since it was asked", async () => {
    scene = await setScene();
    scene.standIn.limits.requestsPerHour = 2;
    const token = scene.standIn.people.token("dev");
    const get = (etag: string) =>
      fetch(`${scene.apiUrl}/repos/acme/shop`, { headers: { authorization: `token ${token}`, "if-none-match": etag } });
    const etag = (await get("")).headers.get("etag") ?? "";
    const again = [await get(etag), await get(etag), await get(etag)];
    expect(again.map(({ status, headers }) => [status, headers.get("x-ratelimit-remaining")])).toEqual(
      Array(3).fill([304, "1"]),
    );
    expect([(await get('"another"')).status, (await get('"another"')).status]).toEqual([200, 403]);
  });

  it("count requests down to the primary limit", async () => {
    scene = await setScene();
    scene.standIn.limits.requestsPerHour = 2;
    const octokit = scene.as("dev");
    expect((await octokit.rest.repos.get(SHOP)).headers["x-ratelimit-remaining"]).toBe("1");
    await octokit.rest.repos.get(SHOP);
    await expect(octokit.rest.repos.get(SHOP)).rejects.toMatchObject({
      status: 403,
      response: { headers: { "x-ratelimit-remaining": "0" } },
    });
  });
});

type Change = { readonly foreign?: boolean; readonly exp?: number; readonly iat?: number; readonly iss?: number };

function jwtWith(pem: string, change: Change): string {
  const seconds = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iat: seconds + (change.iat ?? -5), exp: seconds + (change.exp ?? 300), iss: change.iss ?? 7 };
  const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
  const key = change.foreign ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey : pem;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key, "base64url")}`;
}
