import type { Policy } from "../policy/policy.ts";
import type { Settings } from "../settings.ts";

/** Raised by hand whenever the rules that decide change: an approval of yesterday's rules is none of today's. */
export const RULES_VERSION = "1";

/** Makes hex of a text; cryptography is not a pure room's business. */
export type Digest = (text: string) => string;

export type Planned = {
  /** Files that hold experiments, with the digest of their exact bytes. */
  readonly manifests: readonly { readonly path: string; readonly digest: string }[];
  readonly settings: Settings;
  readonly policy: Policy;
};

/** What an approval binds to: 16 hex digits over manifests, settings, policy and rules, and over no commit. */
export function planId({ manifests, settings, policy }: Planned, digest: Digest): string {
  const files = manifests.map(({ path, digest: bytes }) => [path, bytes]).sort();
  return digest(JSON.stringify([RULES_VERSION, files, digest(JSON.stringify(settings)), policy])).slice(0, 16);
}
