import { parseUint } from "./go-number.ts";

const RATE = /^([0-9]+)\s*([kmgt]?)(bit|bps)$/;
const PREFIXES = ["", "k", "m", "g", "t"];

/**
 * Bytes per second of a rate that was accepted; undefined for another text. `bps` is bytes per second and its prefixes are powers of
 * 1024, `bit` is bits per second and its prefixes are powers of 1000 (Chaos Mesh, api/v1alpha1, convertUnitToBytes).
 */
export function bytesPerSecond(text: string): number | undefined {
  const [, amount = "", prefix = "", unit] = RATE.exec(text.trim().toLowerCase()) ?? [];
  const number = parseUint(amount);
  if (number === undefined) return undefined;
  const power = PREFIXES.indexOf(prefix);
  return unit === "bps" ? number * 1024 ** power : Math.floor((number * 1000 ** power) / 8);
}
