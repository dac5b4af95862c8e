import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createChannelClient } from "../../src/channel/client.ts";
import { CLAIMS_PATH } from "../../src/channel/protocol.ts";
import { createRequestSigner } from "../../src/channel/request-signer.ts";
import { answerRunner } from "../../src/channel/server.ts";
import { systemClock } from "../../src/clock.ts";
import { channelRequestOf, sendJson } from "../../src/entrypoints/bot/channel-http.ts";
import type { Desk } from "../../src/run/desk.ts";
import { CLUSTER, runnerKey } from "./runner-key.ts";

// The two ends are written apart; here the runner's own client speaks to the bot's own server over HTTP.

const pinned = runnerKey();
const repository = { owner: "acme", name: "shop" };
const answer = { claims: [], previews: [] };
const desk: Desk = {
  pins: async () => [{ environment: "staging", clusterId: CLUSTER, runnerKey: pinned.x }],
  openClaims: async () => answer,
  standingClaims: async () => [],
  acceptReport: async () => ({ orders: [] }),
  acceptPreview: async () => ({ accepted: true }),
};

let server: Server;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://bot");
    sendJson(response, await answerRunner(await channelRequestOf(request, pathname), desk, systemClock));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.close();
});

async function clientWith({ jwk }: ReturnType<typeof runnerKey>) {
  const signer = await createRequestSigner(jwk, "runner-1", CLUSTER);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createChannelClient({ url, signer, clock: systemClock, timeoutMs: 5000 });
}

const question = { clusterId: CLUSTER, runner: "runner-1", repositories: [repository] };

it("the runner's client is understood by the bot's server", async () => {
  expect(await (await clientWith(pinned)).post(CLAIMS_PATH, question)).toEqual(answer);
});

it("a runner with another key is refused", async () => {
  await expect((await clientWith(runnerKey())).post(CLAIMS_PATH, question)).rejects.toThrow("401");
});
