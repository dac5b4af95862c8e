import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import { CompactSign } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createChannelClient } from "../../src/channel/client.ts";
import { createChannelReports } from "../../src/channel/client-reports.ts";
import { createChannelTickets } from "../../src/channel/client-tickets.ts";
import { createRequestSigner } from "../../src/channel/request-signer.ts";
import { answerRunner } from "../../src/channel/server.ts";
import { createTicketSigner } from "../../src/channel/ticket-signer.ts";
import { createTicketVerifier } from "../../src/channel/ticket-verifier.ts";
import type { Claim, Desk } from "../../src/run/desk.ts";
import type { RunReport } from "../../src/run/report.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { aShop } from "../fakes/run.ts";
import { aReport } from "../fakes/run-report.ts";
import { someClaims } from "../fakes/ticket.ts";

const NOW = 1_700_000_000_000;
const REPOSITORY = { owner: "acme", name: "shop" };

function aKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const kid = "key-1";
  return {
    privateKey,
    jwk: { ...privateKey.export({ format: "jwk" }), kid },
    publicJwk: { ...publicKey.export({ format: "jwk" }), kid },
  };
}

const runnerKey = aKey();
const ticketKey = aKey();

/** The bot's own end of the channel behind a real HTTP server; `statuses` are answered first, instead of it. */
class Bot {
  readonly statuses: number[] = [];
  readonly reports: RunReport[] = [];
  readonly previews: string[] = [];
  claims: Claim[] = [];
  requests = 0;
  readonly server: Server;

  constructor() {
    const desk: Desk = {
      pins: async () => [{ environment: "staging", clusterId: "cluster-1", runnerKey: String(runnerKey.publicJwk.x) }],
      openClaims: async () => ({ claims: this.claims, previews: [] }),
      standingClaims: async () => [],
      acceptReport: async (report) => {
        this.reports.push(report);
        return { orders: [{ kind: "abort", runId: report.runId, by: "octocat", reason: "enough" }] };
      },
      acceptPreview: async ({ previewId }) => {
        this.previews.push(previewId);
        return { accepted: true };
      },
    };
    this.server = createServer(async (request, response) => {
      this.requests += 1;
      const rawBody = Buffer.concat(await request.toArray());
      const status = this.statuses.shift();
      const { method = "", url = "", headers } = request;
      const facts = { method, path: url, headers: { authorization: headers.authorization }, rawBody };
      const answer =
        status === undefined ? await answerRunner(facts, desk, createFakeClock(NOW)) : { status, body: {} };
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("it listens on a port");
    return `http://127.0.0.1:${address.port}`;
  }
}

let bot: Bot;
let url: string;

beforeEach(async () => {
  bot = new Bot();
  url = await bot.listen();
});

afterEach(() => new Promise((resolve) => bot.server.close(resolve)));

async function aClient({ cluster = "cluster-1", key = runnerKey.jwk, to = url } = {}) {
  const clock = createFakeClock(NOW);
  const signer = await createRequestSigner(key, "runner-1", cluster);
  return { clock, client: createChannelClient({ url: to, signer, timeoutMs: 2_000, clock }) };
}

async function someTickets(errors: string[] = []) {
  const { client } = await aClient();
  const asker = { clusterId: "cluster-1", runner: "runner-1", repositories: [REPOSITORY] };
  const log = { info: () => undefined, error: (_: unknown, message: string) => void errors.push(message) };
  return createChannelTickets(client, createTicketVerifier({ keys: [ticketKey.publicJwk] }), asker, log);
}

async function aClaim(over: Partial<Claim> = {}): Promise<Claim> {
  const ticket = await (await createTicketSigner(ticketKey.jwk)).sign(someClaims());
  const base64 = Buffer.from("kind: NetworkChaos\n").toString("base64");
  return { deploymentId: 1, repository: REPOSITORY, ticket, files: [{ path: "chaos/delay.yaml", base64 }], ...over };
}

describe("the runner's end of the channel", () => {
  it("is understood by the bot's end, which answers a report with orders", async () => {
    const { client, clock } = await aClient();
    const report = aReport({ clusterId: "cluster-1" });
    const orders = await createChannelReports(client, clock).send(report);
    expect(bot.reports.map(({ runId }) => runId)).toEqual([report.runId]);
    expect(orders).toEqual([{ kind: "abort", runId: report.runId, by: "octocat", reason: "enough" }]);
  });

  it("sends a report again until it is taken, ever more slowly", async () => {
    bot.statuses.push(500, 429, 502);
    const { client, clock } = await aClient();
    await createChannelReports(client, clock).send(aReport({ clusterId: "cluster-1" }));
    expect(bot.requests).toBe(4);
    expect(clock.now() - NOW).toBe(500 + 1_000 + 2_000);
  });

  it("gives up when its runner ends", async () => {
    bot.statuses.push(500, 500, 500, 500, 500);
    const { client, clock } = await aClient();
    const over = new AbortController();
    clock.at(NOW + 4_000, () => over.abort());
    const sending = createChannelReports(client, clock, over.signal).send(aReport({ clusterId: "cluster-1" }));
    await expect(sending).rejects.toThrow("before the end");
  });

  it.each([400, 403, 404, 413])("does not insist when it is refused for good with %i", async (status) => {
    bot.statuses.push(status);
    const { client, clock } = await aClient();
    const sending = createChannelReports(client, clock).send(aReport({ clusterId: "cluster-1" }));
    await expect(sending).rejects.toMatchObject({ code: "CHANNEL_REFUSED", facts: { retry: false } });
    expect(bot.requests).toBe(1);
  });

  it.each([
    { name: "another key", over: { key: aKey().jwk } },
    { name: "another cluster", over: { cluster: "cluster-2" } },
  ])("is not listened to with $name", async ({ over }) => {
    const { client } = await aClient(over);
    await expect(client.post("/chaosgate/v1/reports", { report: aReport({ clusterId: "cluster-1" }) })).rejects.toThrow(
      /40[13]/,
    );
    expect(bot.reports).toEqual([]);
  });

  it("says who did not answer", async () => {
    const { client } = await aClient({ to: "http://127.0.0.1:9" });
    await expect(client.post("/chaosgate/v1/claims", {})).rejects.toMatchObject({
      code: "CHANNEL_REFUSED",
      facts: { retry: true },
    });
  });

  it("hands on tickets of the bot with the digest of the very bytes", async () => {
    bot.claims = [await aClaim()];
    const { deliveries } = await (await someTickets()).open();
    expect(deliveries).toMatchObject([{ payload: JSON.parse(JSON.stringify(someClaims())), repository: REPOSITORY }]);
    expect(deliveries[0]?.files).toEqual([
      {
        path: "chaos/delay.yaml",
        text: "kind: NetworkChaos\n",
        sha256: "00ae1cccb5a1b04badfd6781bac282ce3958485ad7c31cd1d85fe1bc2d073ae6",
      },
    ]);
  });

  it("drops a ticket that somebody else signed, says so once, and hands on the others", async () => {
    const ticket = await (await createTicketSigner(aKey().jwk)).sign(someClaims());
    bot.claims = [await aClaim({ deploymentId: 2, ticket }), await aClaim()];
    const errors: string[] = [];
    const tickets = await someTickets(errors);
    expect((await tickets.open()).deliveries).toHaveLength(1);
    expect((await tickets.open()).deliveries).toHaveLength(1);
    expect(errors).toEqual(["ticket refused"]);
  });

  it("answers a preview", async () => {
    const tickets = await someTickets();
    await tickets.answer({ previewId: "p1", repository: REPOSITORY, namespaces: ["staging"] }, aShop());
    expect(bot.previews).toEqual(["p1"]);
  });
});

describe("a ticket's signature", () => {
  const sign = (header: object, key = ticketKey.privateKey) =>
    new CompactSign(Buffer.from("{}"))
      .setProtectedHeader({ alg: "EdDSA", typ: "chaosgate-ticket+jwt", kid: "key-1", ...header })
      .sign(key, { crit: { b64x: true } });
  const verify = (compact: string) => createTicketVerifier({ keys: [ticketKey.publicJwk] }).verify(compact);

  it("is good when the bot's key made it", async () => {
    expect(await verify(await sign({}))).toEqual({});
  });

  it.each([
    { name: "another key", compact: () => sign({}, aKey().privateKey), why: "signature verification failed" },
    { name: "an unknown key", compact: () => sign({ kid: "key-2" }), why: "no applicable key" },
    { name: "no key's name", compact: () => sign({ kid: undefined }), why: "names no key" },
    { name: "another type", compact: () => sign({ typ: "JWT" }), why: "type is JWT" },
    {
      name: "a demand that nobody knows",
      compact: () => sign({ crit: ["b64x"], b64x: 1 }),
      why: "demands an extension",
    },
    {
      name: "a changed byte",
      compact: async () => `${(await sign({})).slice(0, -4)}AAAA`,
      why: "signature verification failed",
    },
    {
      name: "no algorithm",
      compact: async () =>
        `${Buffer.from('{"alg":"none","typ":"chaosgate-ticket+jwt","kid":"key-1"}').toString("base64url")}.e30.`,
      why: "alg",
    },
    { name: "more text than anybody signs", compact: async () => "a".repeat(300_000), why: "300000 characters" },
    { name: "no dots at all", compact: async () => "nonsense", why: "could not accept a ticket" },
  ])("is refused with $name", async ({ compact, why }) => {
    await expect(verify(await compact())).rejects.toMatchObject({
      code: "TICKET_REFUSED",
      message: expect.stringMatching(new RegExp(why, "i")),
    });
  });
});
