import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { answerRunner } from "../../../src/channel/server.ts";
import { systemClock } from "../../../src/clock.ts";
import { channelRequestOf, sendJson } from "../../../src/entrypoints/bot/channel-http.ts";
import type { Claim } from "../../../src/run/desk.ts";
import type { RunReport } from "../../../src/run/report.ts";

// The bot's end of the channel and a Prometheus, as far as a runner sees them: servers on loopback that remember what they were told.

export type Standing = { readonly url: string; readonly close: () => Promise<void> };

export type Bot = Standing & {
  /** Tickets that wait; handed out until somebody takes them away, or with `untilReported` until their runs are told of. */
  readonly claims: Claim[];
  readonly reports: RunReport[];
};

type Pin = { readonly clusterId: string; readonly runnerKey: string };

/** A bot whose settings pin one runner's key for one cluster. */
export async function startBot(pin: Pin, { untilReported = false } = {}): Promise<Bot> {
  const claims: Claim[] = [];
  const reports: RunReport[] = [];
  const told = new Set<string>();
  const isOpen = ({ ticket }: Claim) => !(untilReported && told.has(idOf(ticket)));
  const desk = {
    pins: async () => [{ environment: "staging", ...pin }],
    openClaims: async () => ({ claims: claims.filter(isOpen), previews: [] }),
    standingClaims: async () => [],
    acceptReport: async (report: RunReport) => {
      reports.push(report);
      told.add(report.ticketId);
      return { orders: [] };
    },
    acceptPreview: async () => ({ accepted: true as const }),
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://bot");
    sendJson(response, await answerRunner(await channelRequestOf(request, pathname), desk, systemClock));
  });
  return { ...(await listening(server)), claims, reports };
}

/** A ticket's id, by its claims. */
function idOf(ticket: string): string {
  const [, claims = ""] = ticket.split(".");
  return JSON.parse(Buffer.from(claims, "base64url").toString("utf8")).jti;
}

/** A Prometheus for which every query has one series of this value. */
export async function startPrometheusOf(value: string): Promise<Standing> {
  const server = createServer((_, response) => {
    const result = [{ metric: {}, value: [Date.now() / 1000, value] }];
    sendJson(response, { status: 200, body: { status: "success", data: { resultType: "vector", result } } });
  });
  return listening(server);
}

async function listening(server: Server): Promise<Standing> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url, close };
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
