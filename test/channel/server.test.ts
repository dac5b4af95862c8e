import { describe, expect, it } from "vitest";
import { CLAIMS_PATH, MAX_BODY_BYTES, PREVIEWS_PATH, REPORTS_PATH } from "../../src/channel/protocol.ts";
import { answerRunner } from "../../src/channel/server.ts";
import type { ChannelRequest } from "../../src/channel/verify-request.ts";
import type { Desk, Grant, Pin } from "../../src/run/desk.ts";
import { aReport } from "../fakes/run-report.ts";
import { CLUSTER, runnerKey } from "./runner-key.ts";

const NOW_SECONDS = 1_000_010;
const clock = { now: () => NOW_SECONDS * 1000, sleep: async () => {} };
const shop = { owner: "acme", name: "shop" };
const other = { owner: "acme", name: "other" };

const staging = runnerKey();
const stranger = runnerKey();

/** A desk that pins one key in one repository and remembers what reached it. */
function aDesk(pins: Readonly<Record<string, readonly Pin[]>> = { shop: [pinOf(staging.x)] }) {
  const reached: { what: string; grants: readonly Grant[] }[] = [];
  const desk: Desk = {
    pins: async ({ name }) => pins[name] ?? [],
    openClaims: async (_, grants) => {
      reached.push({ what: "claims", grants });
      return { claims: [], previews: [] };
    },
    standingClaims: async () => [],
    acceptReport: async ({ runId }) => {
      reached.push({ what: runId, grants: [] });
      return { orders: [] };
    },
    acceptPreview: async (_, grant) => {
      reached.push({ what: "preview", grants: [grant] });
      return { accepted: true };
    },
  };
  return { desk, reached };
}

function pinOf(x: string, environment = "staging", clusterId = CLUSTER): Pin {
  return { environment, clusterId, runnerKey: x };
}

const claims = { clusterId: CLUSTER, runner: "runner-1", repositories: [shop] };

describe("a request for tickets", () => {
  it("reaches the desk with the environments whose key signed it, and with no others", async () => {
    const { desk, reached } = aDesk({
      shop: [pinOf(staging.x), pinOf(stranger.x, "production"), pinOf(staging.x, "elsewhere", "cluster-2")],
      other: [pinOf(stranger.x)],
    });
    const request = await staging.request(CLAIMS_PATH, { ...claims, repositories: [shop, other] });
    expect(await answerRunner(request, desk, clock)).toEqual({ status: 200, body: { claims: [], previews: [] } });
    expect(reached).toEqual([{ what: "claims", grants: [{ repository: shop, environments: ["staging"] }] }]);
  });

  it("may be repeated within its minute, because it only reads", async () => {
    const { desk } = aDesk();
    const request = await staging.request(CLAIMS_PATH, claims);
    const answers = [await answerRunner(request, desk, clock), await answerRunner(request, desk, clock)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });
});

type Change = (request: ChannelRequest) => ChannelRequest | Promise<ChannelRequest>;

describe("a request is refused, and the desk not reached,", () => {
  it.each<{ name: string; status: number; change: Change }>([
    { name: "without a signature", status: 401, change: (request) => ({ ...request, headers: {} }) },
    { name: "with one byte changed", status: 401, change: (request) => ({ ...request, rawBody: withSpace(request) }) },
    { name: "on another path", status: 400, change: (request) => ({ ...request, path: REPORTS_PATH }) },
    { name: "by another method", status: 405, change: (request) => ({ ...request, method: "PUT" }) },
    {
      name: "on a path that is none",
      status: 404,
      change: (request) => ({ ...request, path: "/chaosgate/v2/claims" }),
    },
    { name: "signed by a stranger", status: 401, change: () => stranger.request(CLAIMS_PATH, claims) },
    {
      name: "after a minute",
      status: 401,
      change: () => staging.request(CLAIMS_PATH, claims, { at: NOW_SECONDS - 90 }),
    },
    {
      name: "from the future",
      status: 401,
      change: () => staging.request(CLAIMS_PATH, claims, { at: NOW_SECONDS + 90 }),
    },
    { name: "signed for an hour", status: 401, change: () => staging.request(CLAIMS_PATH, claims, { life: 3600 }) },
    { name: "for another audience", status: 401, change: () => staging.request(CLAIMS_PATH, claims, { aud: "other" }) },
    { name: "of another type", status: 401, change: () => staging.request(CLAIMS_PATH, claims, { typ: "JWT" }) },
    {
      name: "for two clusters",
      status: 403,
      change: () => staging.request(CLAIMS_PATH, claims, { cluster: "cluster-2" }),
    },
    {
      name: "of another shape",
      status: 400,
      change: () => staging.request(CLAIMS_PATH, { ...claims, repositories: "all" }),
    },
    {
      name: "larger than the limit",
      status: 413,
      change: (request) => ({ ...request, rawBody: Buffer.alloc(MAX_BODY_BYTES + 1) }),
    },
  ])("$name: $status", async ({ status, change }) => {
    const { desk, reached } = aDesk();
    const request = await change(await staging.request(CLAIMS_PATH, claims));
    expect((await answerRunner(request, desk, clock)).status).toBe(status);
    expect(reached).toEqual([]);
  });

  it("whose algorithm is none", async () => {
    const { desk } = aDesk();
    const request = await staging.request(CLAIMS_PATH, claims);
    const [, payload] = (request.headers.authorization ?? "").split(".");
    const header = Buffer.from(JSON.stringify({ alg: "none", typ: "chaosgate-runner+jwt" })).toString("base64url");
    const unsigned = { ...request, headers: { authorization: `Bearer ${header}.${payload}.x` } };
    expect((await answerRunner(unsigned, desk, clock)).status).toBe(401);
  });
});

describe("a report", () => {
  it("reaches the desk when the key of its environment signed it", async () => {
    const { desk, reached } = aDesk();
    const request = await staging.request(REPORTS_PATH, { report: aReport() });
    expect((await answerRunner(request, desk, clock)).status).toBe(200);
    expect(reached.map(({ what }) => what)).toEqual([aReport().runId]);
  });

  it.each([
    { name: "of an environment with another key", report: aReport({ environment: "production" }), status: 403 },
    { name: "with a number that is none", report: { ...aReport(), sequence: "1" }, status: 400 },
    { name: "of an unknown phase", report: { ...aReport(), phase: "exploding" }, status: 400 },
    { name: "with an endless sentence", report: aReport({ because: "x".repeat(5000) }), status: 400 },
  ])("$name is refused with $status", async ({ report, status }) => {
    const { desk, reached } = aDesk();
    const answer = await answerRunner(await staging.request(REPORTS_PATH, { report }), desk, clock);
    expect(answer.status).toBe(status);
    expect(reached).toEqual([]);
  });
});

describe("an answer to a preview", () => {
  const snapshot = { clusterId: CLUSTER, takenAt: 1, namespaces: [], pods: [], nodes: [], budgets: [] };

  it("reaches the desk with the environments that its key may speak for", async () => {
    const { desk, reached } = aDesk();
    const body = { clusterId: CLUSTER, previewId: "7", repository: shop, snapshot };
    expect((await answerRunner(await staging.request(PREVIEWS_PATH, body), desk, clock)).status).toBe(200);
    expect(reached[0]?.grants).toEqual([{ repository: shop, environments: ["staging"] }]);
  });

  it("is refused when the snapshot is another cluster's", async () => {
    const { desk } = aDesk();
    const foreign = { ...snapshot, clusterId: "cluster-2" };
    const body = { clusterId: CLUSTER, previewId: "7", repository: shop, snapshot: foreign };
    expect((await answerRunner(await staging.request(PREVIEWS_PATH, body), desk, clock)).status).toBe(400);
  });
});

function withSpace({ rawBody }: ChannelRequest): Uint8Array {
  return Buffer.concat([rawBody, Buffer.from(" ")]);
}
