import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

/** PEM texts: the runner's own certificate and key, and the authority that signed the daemons'. */
export type Tls = { readonly certificate: string; readonly key: string; readonly authority: string };

const LARGEST_MESSAGE_BYTES = 4_194_304;

/** A connection to one daemon, opened when first used. */
export type Connection = { readonly transport: Transport; readonly close: () => void };

/** gRPC over HTTP/2 with mutual TLS; every call ends after `timeoutMs`. */
export function connect(address: string, tls: Tls, timeoutMs: number): Connection {
  const baseUrl = `https://${address}`;
  const secure = { cert: tls.certificate, key: tls.key, ca: tls.authority, minVersion: "TLSv1.3" } as const;
  // A daemon that dies without a word is noticed between two polls.
  const sessionManager = new Http2SessionManager(baseUrl, { pingIntervalMs: 10_000, pingTimeoutMs: 3_000 }, secure);
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager,
    defaultTimeoutMs: timeoutMs,
    readMaxBytes: LARGEST_MESSAGE_BYTES,
    writeMaxBytes: LARGEST_MESSAGE_BYTES,
    acceptCompression: [],
  });
  return { transport, close: () => sessionManager.abort() };
}
