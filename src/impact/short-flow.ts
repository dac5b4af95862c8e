// How long a transfer takes that ends before it reaches a steady state: handshakes, then rounds of slow start.
// Units: bytes and seconds. Without loss; a connection that was idle for longer than its timeout starts again at the first window.

import { type Figure, figure, isFigure, outside, positive, seconds, secondsOrNone } from "./domain.ts";

/** First window of a connection in segments (RFC 6928). */
export const INITIAL_WINDOW = 10;

/** What must pass before the first byte of the request: TCP alone, or TCP and TLS 1.3 (RFC 8446) or 1.2 (RFC 5246). */
export type Handshake = "open" | "tcp" | "tls1.3" | "tls1.2";

/** Round trips of a handshake; an open connection, or TCP Fast Open with resumed TLS, needs none. */
export const HANDSHAKE_ROUNDS: Readonly<Record<Handshake, number>> = { open: 0, tcp: 1, "tls1.3": 2, "tls1.2": 3 };

export type Growth = {
  readonly mssBytes: number;
  /** 2: the window doubles each round; 1.5: delayed acknowledgements without byte counting (RFC 3465). */
  readonly factor: 2 | 1.5;
  /** Where growth ends: the receiver's window or the slow-start threshold, in segments. */
  readonly maxWindowSegments?: number;
};

/**
 * Whether the receiver's window grows as fast as slow start. A receiver of Linux offers 65,535 bytes at first and more as its reader
 * empties the buffer (tcp_rcv_space_adjust, net/ipv4/tcp_input.c). Measured: on 6.1 31 of 60 transfers of 1 MB waited up to a round for
 * it, and none with 4 MiB offered at once; on 6.18 none did. Where between the two it changed was not looked for.
 */
export type Receiver = "keeps-up" | "may-trail" | "unknown";

/** By the release of a Linux kernel, such as `6.1.176`. */
export function receiverOf(release: string): Receiver {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})/.exec(release) ?? [];
  if (major === undefined || minor === undefined) return "unknown";
  const at = Number(major) * 1000 + Number(minor);
  return at <= 6_001 ? "may-trail" : at >= 6_018 ? "keeps-up" : "unknown";
}

export type Transfer = Growth & {
  readonly bytes: number;
  readonly rttSeconds: number;
  readonly handshake: Handshake;
  readonly linkBytesPerSecond?: number;
  readonly serverSeconds: number;
  /** Unknown where it is absent. */
  readonly receiver?: Receiver;
};

/** Round trips until the last byte is there, window by window; RFC 5681 section 3.1 with the first window of RFC 6928. */
export function slowStartRounds(bytes: number, { mssBytes, factor, maxWindowSegments }: Growth): Figure {
  const most = maxWindowSegments ?? Number.MAX_SAFE_INTEGER;
  const wrong = outside(
    positive("bytes", bytes),
    { name: "segment", value: mssBytes, atLeast: 1, atMost: 65_495 },
    { name: "window", value: most, atLeast: 1, atMost: Number.MAX_SAFE_INTEGER },
  );
  if (wrong !== undefined) return wrong;
  let left = Math.ceil(bytes / mssBytes);
  let window = Math.min(INITIAL_WINDOW, most);
  let rounds = 0;
  while (left > 0 && window < most) {
    left -= window;
    window = Math.min(Math.floor(window * factor), most);
    rounds++;
  }
  return figure(rounds + Math.max(0, Math.ceil(left / window)));
}

/**
 * Seconds from the first packet to the last byte: R * (handshake + rounds) + S / C + server. An added delay of d therefore costs
 * d * (handshake + rounds) exactly, as long as the link is not what the stream waits for.
 */
export function transferSeconds(transfer: Transfer): Figure {
  const { bytes, rttSeconds, handshake, linkBytesPerSecond, serverSeconds } = transfer;
  const rounds = slowStartRounds(bytes, transfer);
  const wrong = outside(
    seconds("round trip", rttSeconds),
    secondsOrNone("server time", serverSeconds),
    ...(linkBytesPerSecond === undefined ? [] : [positive("link", linkBytesPerSecond)]),
  );
  if (wrong !== undefined || !isFigure(rounds)) return wrong ?? rounds;
  const onTheLink = linkBytesPerSecond === undefined ? 0 : bytes / linkBytesPerSecond;
  return figure(rttSeconds * (HANDSHAKE_ROUNDS[handshake] + rounds) + onTheLink + serverSeconds);
}
