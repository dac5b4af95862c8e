// A tap on the runner's channel: passes every request on to the bot unchanged, and keeps what the runner reported, so that the
// story can be checked against what was really said and not against how it is shown.

import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { REPORTS_PATH, type ReportsRequest } from "../../channel/protocol.ts";
import type { RunReport } from "../../run/report.ts";

export type Tap = {
  readonly url: string;
  /** Every report, in the order in which the runner sent them. */
  readonly reports: readonly RunReport[];
  /** The newest report of a run; of the newest run without an id. */
  last(runId?: string): RunReport | undefined;
  /** Resolves with the first report, sent or still to be sent, that satisfies `check`. */
  waitFor(what: string, check: (report: RunReport) => boolean, withinMs: number): Promise<RunReport>;
  close(): Promise<void>;
};

export type TapOptions = {
  /** Address it listens on; loopback without. */
  readonly host?: string;
  /** PEM texts; plain HTTP without. */
  readonly tls?: { readonly cert: string; readonly key: string };
};

/** Opens a tap in front of the bot. */
export async function openTap(
  botUrl: string,
  port: number,
  { host = "127.0.0.1", tls }: TapOptions = {},
): Promise<Tap> {
  const reports: RunReport[] = [];
  const listeners = new Set<(report: RunReport) => void>();
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    void passOn(botUrl, incoming, outgoing).then((body) => {
      if (incoming.url !== REPORTS_PATH) return;
      const { report } = JSON.parse(body.toString("utf8")) as ReportsRequest;
      reports.push(report);
      for (const listener of listeners) listener(report);
    });
  };
  const server = tls === undefined ? createServer(pass) : createTlsServer(tls, pass);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    url: `${tls === undefined ? "http" : "https"}://${host}:${port}`,
    reports,
    last: (runId) => reports.findLast((report) => runId === undefined || report.runId === runId),
    waitFor: (what, check, withinMs) => waitFor({ reports, listeners, what, check, withinMs }),
    close: () => closed(server),
  };
}

async function passOn(botUrl: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { method, headers, url } = incoming;
  const onward = request(`${botUrl}${url}`, { ...(method !== undefined && { method }), headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.writeHead(502).end()); // a bot that is down looks down to the runner
  onward.end(body);
  return body;
}

type Wait = {
  readonly reports: readonly RunReport[];
  readonly listeners: Set<(report: RunReport) => void>;
  readonly what: string;
  readonly check: (report: RunReport) => boolean;
  readonly withinMs: number;
};

function waitFor({ reports, listeners, what, check, withinMs }: Wait): Promise<RunReport> {
  const known = reports.find(check);
  if (known !== undefined) return Promise.resolve(known);
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => {
      listeners.delete(look);
      const last = reports.at(-1);
      reject(
        new Error(
          `${what}: no such report within ${withinMs} ms; the last one: ${last?.runId} ${last?.phase} ${last?.because ?? ""}`,
        ),
      );
    }, withinMs);
    function look(report: RunReport): void {
      if (!check(report)) return;
      clearTimeout(giveUp);
      listeners.delete(look);
      resolve(report);
    }
    listeners.add(look);
  });
}

function closed(server: Pick<Server, "close" | "closeAllConnections">): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
