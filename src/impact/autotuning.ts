// What Linux lets a TCP window grow to when the application sets no buffer of its own (SO_RCVBUF and SO_SNDBUF turn autotuning off).
// Units: bytes. Source: Documentation/networking/ip-sysctl.rst, tcp_rmem and tcp_wmem.

import { type OutOfDomain, outside } from "./domain.ts";

/** The sysctls of the network namespaces at both ends of a stream. */
export type Buffers = {
  /** Third figure of `net.ipv4.tcp_rmem` where data arrives. */
  readonly receiveMaxBytes: number;
  /** Third figure of `net.ipv4.tcp_wmem` where data leaves. */
  readonly sendMaxBytes: number;
};

export type WindowRange = {
  readonly kind: "window";
  readonly bytes: number;
  readonly interval: readonly [low: number, high: number];
  readonly binding: "receive-buffer" | "send-buffer";
};

/** What the kernel takes on a machine of ordinary memory: 6 MiB to receive into and 4 MiB to send from. */
export const DEFAULT_BUFFERS: Buffers = { receiveMaxBytes: 6_291_456, sendMaxBytes: 4_194_304 };

/** Where autotuning begins: 65,535 bytes of a buffer of 131,072 (ip-sysctl.rst). */
export const FIRST_WINDOW_BYTES = 65_535;

/**
 * A receive buffer counts memory and not payload. Half of it is window by default (tcp_adv_win_scale = 1 up to 6.5; commit
 * 697a6c8cec03 since); from commit dfa2f0483360 on each socket measures its own share, len / truesize of what arrives: a third for
 * one segment in a page of 4096 bytes, nearly all where the card joins segments.
 */
const PAYLOAD = { low: 1 / 3, usual: 1 / 2, high: 1 } as const;

/** The largest window that autotuning reaches: the share of the receive buffer that is payload, and no more than can be sent from. */
export function autotunedWindow({ receiveMaxBytes, sendMaxBytes }: Buffers): WindowRange | OutOfDomain {
  const buffer = (name: string, value: number) => ({ name, value, atLeast: 2048, atMost: 2 ** 31 - 1 });
  const wrong = outside(buffer("receive buffer", receiveMaxBytes), buffer("send buffer", sendMaxBytes));
  if (wrong !== undefined) return wrong;
  const at = (share: number): number => Math.min(receiveMaxBytes * share, sendMaxBytes);
  return {
    kind: "window",
    bytes: at(PAYLOAD.usual),
    interval: [at(PAYLOAD.low), at(PAYLOAD.high)],
    binding: receiveMaxBytes * PAYLOAD.usual <= sendMaxBytes ? "receive-buffer" : "send-buffer",
  };
}
