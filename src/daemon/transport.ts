import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

/** PEM texts: the runner's own certificate and key, and the authority that signed the daemons'. */
export type Tls = {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  /** The name in the daemons' certificates, where they are not called by it. */
  readonly serverName?: string;
};

/** A daemon that dies without a word is noticed between two polls. A connection without calls is given up: the next run makes another. */
const KEPT = { pingIntervalMs: 10_000, pingTimeoutMs: 3_000, idleConnectionTimeoutMs: 60_000 } as const;
const LARGEST_MESSAGE_BYTES = 4_194_304;

/** A connection to one daemon, opened when first used. */
export type Connection = { readonly transport: Transport; readonly close: () => void };

/** gRPC over HTTP/2 with mutual TLS; every call ends after `timeoutMs`. */
export function connect(address: string, tls: Tls, timeoutMs: number): Connection {
  const baseUrl = `https://${address}`;
  const secure = { cert: tls.certificate, key: tls.key, ca: tls.authority, minVersion: "TLSv1.3" } as const;
  const named = tls.serverName === undefined ? secure : { ...secure, servername: tls.serverName };
  const sessionManager = new Http2SessionManager(baseUrl, KEPT, named);
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
