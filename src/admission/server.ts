// The validating webhook's HTTPS server. The API server's question enters, a decision leaves; an error of ours refuses, because the
// webhook fails closed.

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { messageOf } from "../errors.ts";
import type { Log } from "../run/ports.ts";
import type { Decision } from "./decide.ts";
import { answerOf, type ReviewRequest, readReview } from "./review.ts";

export type AdmissionServerOptions = {
  readonly port: number;
  readonly host?: string;
  /** PEM texts, asked for at each connection; the same object as before where nothing has changed. */
  readonly tls: () => { readonly certificate: string; readonly key: string };
  readonly decide: (request: ReviewRequest) => Promise<Decision>;
  readonly log: Log;
  /** Told of every refusal that was no dry run; never waited for. */
  readonly onRefused?: (request: ReviewRequest, why: readonly string[]) => void;
};

export type AdmissionServer = { readonly port: number; readonly close: () => Promise<void> };

/** etcd takes 1.5 MiB of an object, and a review holds little else. */
const MOST_BYTES = 4 << 20;
const PATH = "/validate";
const SLOWEST_MS = 10_000;

/** Starts it; resolves when it listens. */
export async function startAdmissionServer(options: AdmissionServerOptions): Promise<AdmissionServer> {
  const { port, host, tls } = options;
  let shown = tls();
  const context = () => ({ cert: shown.certificate, key: shown.key, minVersion: "TLSv1.2" as const });
  const server = createServer(context(), (request, response) => {
    void answer(request, response, options);
  });
  // Before the server's own listener, which begins the handshake.
  server.prependListener("connection", () => {
    const now = tls();
    if (now === shown) return;
    shown = now;
    server.setSecureContext(context());
  });
  server.requestTimeout = SLOWEST_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: AdmissionServerOptions,
): Promise<void> {
  try {
    const { status, body } = await answered(request, options);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  } catch (thrown) {
    // Without an answer the API server refuses: that is what failing closed means.
    options.log.error({ why: messageOf(thrown) }, "admission could not be decided");
    response.writeHead(500).end();
  }
}

async function answered(request: IncomingMessage, { decide, log, onRefused }: AdmissionServerOptions) {
  const refuse = (status: number, error: string) => ({ status, body: { error } });
  if (request.method !== "POST" || !request.url?.startsWith(PATH)) return refuse(404, `reviews are sent to ${PATH}`);
  const text = await textOf(request);
  if (text === undefined) return refuse(413, `a review may have ${MOST_BYTES} bytes`);
  const read = readReview(text);
  if (read.kind === "malformed") return refuse(400, "the body is no AdmissionReview");
  if (read.kind === "not-ours") return { status: 200, body: answerOf(read.uid, { allowed: true }) };
  const decision = await decide(read.request);
  if (!decision.allowed) {
    const { namespace, kind, user, dryRun } = read.request;
    log.info({ namespace, kind, user, dryRun, why: decision.why }, "creation refused");
    if (!dryRun) onRefused?.(read.request, decision.why);
  }
  return { status: 200, body: answerOf(read.request.uid, decision) };
}

async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
