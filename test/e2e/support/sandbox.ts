import { existsSync } from "node:fs";

/** Why real parts cannot run here; undefined when they can. A machine that must run everything gets no excuse. */
export function missingParts(...binaries: readonly string[]): string | undefined {
  if (process.env.CI === "true" || process.env.CHAOSGATE_REQUIRE === "1") return undefined;
  if (process.env.CHAOSGATE_SANDBOX !== "1") return "not inside scripts/sandbox.sh";
  const absent = binaries.filter((path) => !existsSync(path));
  return absent.length === 0 ? undefined : `${absent.join(", ")} not there: run make setup and make daemon`;
}

export const PROMETHEUS = ".cache/debian/usr/bin/prometheus";
export const ALERTMANAGER = ".cache/debian/usr/bin/prometheus-alertmanager";
export const DAEMON = ".cache/target/release/chaosgated";
