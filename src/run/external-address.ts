import type { PeerAddress, PeerName } from "./ports.ts";
import { hostAddress } from "./target.ts";

const IPV4 = /^(\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?)(?::(\d{1,5}))?$/;
const IPV6 = /^([0-9a-f]*:[0-9a-f:.]*:?[0-9a-f.]*(?:\/\d{1,3})?)$/i;
const IPV6_WITH_PORT = /^\[([0-9a-f:.]+(?:\/\d{1,3})?)\](?::(\d{1,5}))?$/i;

/** A host name as DNS asks for it: labels of letters, digits, `-` and `_`, with a final dot where it is absolute. */
const NAME = /^((?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*[a-z0-9_][a-z0-9_-]{0,62}\.?)(?::(\d{1,5}))?$/i;
const ONLY_DIGITS = /^[\d.]+$/;

/** Reads one of `externalTargets`: an address, a network or a name, with or without a port. Undefined for anything else. */
export function externalPeer(text: string): PeerAddress | PeerName | undefined {
  const address = externalAddress(text);
  if (address !== undefined) return address;
  const [, name = "", port = "0"] = NAME.exec(text) ?? [];
  // An address with a mistake in it is no name.
  if (name === "" || name.length > 253 || ONLY_DIGITS.test(name) || Number(port) > 65_535) return undefined;
  return { name, port: Number(port) };
}

/** Reads one of `externalTargets`: an address or a network, with or without a port. Undefined for anything else, such as a name. */
export function externalAddress(text: string): PeerAddress | undefined {
  const match = IPV4.exec(text) ?? IPV6_WITH_PORT.exec(text) ?? IPV6.exec(text);
  const [, cidr, port = "0"] = match ?? [];
  if (cidr === undefined || Number(port) > 65_535 || !isInRange(cidr)) return undefined;
  return { ...hostAddress(cidr), port: Number(port) };
}

function isInRange(cidr: string): boolean {
  const [address = "", length] = cidr.split("/");
  const longest = address.includes(":") ? 128 : 32;
  if (length !== undefined && Number(length) > longest) return false;
  return address.includes(":") || address.split(".").every((byte) => Number(byte) <= 255);
}
