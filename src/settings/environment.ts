import type { Caps } from "../policy/policy.ts";
import type { Times } from "../policy/times.ts";
import type { Fields } from "./fields.ts";
import { readTimes } from "./times.ts";

/** Who holds a capability: people by role in the repository, by login or by team. */
export type CapabilityList = {
  readonly roles: readonly string[];
  readonly users: readonly string[];
  /** Slugs of teams in the organization that owns the repository. */
  readonly teams: readonly string[];
};

export type EnvironmentSettings = {
  /** Cluster id, pinned here and never read over the connection. Absent: reviewed, never run. */
  readonly cluster?: string;
  /** Base64url `x` of the Ed25519 key with which the environment's runner signs. */
  readonly runnerKey?: string;
  readonly namespaces: readonly string[];
  readonly pairings: readonly { readonly from: string; readonly to: string }[];
  readonly protected: readonly string[];
  readonly caps: Caps;
  /** When a run may begin and go on. Absent: at any time. */
  readonly times?: Times;
  readonly run: CapabilityList;
  readonly approve: CapabilityList;
  /** Who may lock the environment, and unlock it. */
  readonly lock: CapabilityList;
  /** Approvals of a plan that a run needs. */
  readonly approvals: number;
  /** Every run names its plan, and somebody else than who asks for it has approved. */
  readonly production: boolean;
  /** Names of the objectives an experiment is judged by when it names none. */
  readonly objectives: readonly string[];
};

/** Without a list nobody may: a capability is given, never assumed. */
const NOBODY: CapabilityList = { roles: [], users: [], teams: [] };

/** How many approvals a run needs: production always takes a second person. */
export function approvalsNeeded({ approvals, production }: EnvironmentSettings): number {
  return production ? Math.max(1, approvals) : approvals;
}

/** Reads one environment; its objectives must be among `objectives`. */
export function readEnvironment(fields: Fields, objectives: readonly string[]): EnvironmentSettings {
  const cluster = fields.text("cluster");
  const runnerKey = fields.text("runnerKey");
  if (runnerKey !== undefined && !/^[A-Za-z0-9_-]{43}$/.test(runnerKey)) {
    const fix = "Write the 43 characters of `x` of the runner's public JWK.";
    fields.complainAt("runnerKey", "settings-runner-key", "runnerKey is not an Ed25519 public key", fix);
  }
  const named = fields.texts("objectives") ?? [];
  for (const name of named.filter((one) => !objectives.includes(one))) {
    const fix = objectives.length === 0 ? "Add it under objectives." : `Known: ${objectives.join(", ")}.`;
    fields.complainAt("objectives", "settings-unknown-objective", `${name} is not an objective of these settings`, fix);
  }
  const namespaces = fields.texts("namespaces") ?? [];
  if (cluster !== undefined && namespaces.length === 0) {
    const fix = "Name the namespaces that experiments may hit.";
    fields.complainAt("cluster", "settings-missing", "an environment with a cluster has no namespaces", fix);
  }
  const times = readTimes(fields);
  const settings: EnvironmentSettings = {
    ...(cluster !== undefined && { cluster }),
    ...(runnerKey !== undefined && { runnerKey }),
    namespaces,
    pairings: fields.listOf("pairings", readPairing),
    protected: fields.texts("protected") ?? [],
    caps: fields.map("caps", readCaps) ?? {},
    ...(times !== undefined && { times }),
    run: fields.map("run", readCapability) ?? NOBODY,
    approve: fields.map("approve", readCapability) ?? NOBODY,
    lock: fields.map("lock", readCapability) ?? NOBODY,
    approvals: fields.count("approvals") ?? 0,
    production: fields.flag("production") ?? false,
    objectives: named,
  };
  fields.refuseOthers();
  return settings;
}

function readPairing(fields: Fields): { readonly from: string; readonly to: string } {
  const pairing = {
    from: fields.text("from", { required: true }) ?? "",
    to: fields.text("to", { required: true }) ?? "",
  };
  fields.refuseOthers();
  return pairing;
}

function readCaps(fields: Fields): Caps {
  const [pods, percent, durationMs] = [fields.count("pods"), fields.number("percent"), fields.durationMs("duration")];
  if (percent !== undefined && percent > 100) {
    fields.complainAt("percent", "settings-wrong-value", "caps.percent is over 100", "Write a number from 0 to 100.");
  }
  const [runs, alteredData] = [fields.count("runs"), fields.flag("alteredData")];
  const clockShiftMs = fields.durationMs("clockShift");
  if (runs === 0)
    fields.complainAt("runs", "settings-wrong-value", "caps.runs is 0", "Write execution: disabled to stop every run.");
  fields.refuseOthers();
  return {
    ...(runs !== undefined && { runs }),
    ...(pods !== undefined && { pods }),
    ...(percent !== undefined && { percent }),
    ...(durationMs !== undefined && { durationMs }),
    ...(alteredData !== undefined && { alteredData }),
    ...(clockShiftMs !== undefined && { clockShiftMs }),
  };
}

function readCapability(fields: Fields): CapabilityList {
  const list = {
    roles: fields.texts("roles") ?? [],
    users: fields.texts("users") ?? [],
    teams: fields.texts("teams") ?? [],
  };
  fields.refuseOthers();
  return list;
}
