import { parseGoDuration } from "../manifest/text/go-duration.ts";
import { isTimeZone } from "../manifest/text/time-zone.ts";
import type { ClusterPolicy } from "../policy/cluster-policy.ts";
import { type Times, WEEKDAYS, type Window } from "../policy/times.ts";
import { CHAOS_POLICY, type ChaosPolicySpec } from "./crd/chaos-policy.ts";
import { whereNot } from "./crd/schema.ts";
import { type Item, record } from "./list.ts";

const NOTHING: Omit<ClusterPolicy, "name"> = {
  namespaces: { names: [], matchLabels: {} },
  protectedNamespaces: [],
  pairings: [],
  kinds: [],
  caps: {},
  requiredLabels: {},
  ticketKeys: [],
  engines: [],
};

/** A ChaosPolicy as what it permits. One that cannot be read permits nothing, and says why. */
export function readPolicy(item: Item): ClusterPolicy {
  const name = String(record(item.metadata).name);
  const wrong = whereNot(CHAOS_POLICY.spec, item.spec, "spec");
  if (wrong !== undefined) {
    const broken = `${wrong} is not what this version knows`;
    return { name, ...NOTHING, protectedNamespaces: protectedIn(item.spec), broken };
  }
  return policyOf(name, item.spec as ChaosPolicySpec);
}

/** What a policy protects is protected whatever else it says. */
function protectedIn(spec: unknown): readonly string[] {
  const { protectedNamespaces } = record(spec);
  return Array.isArray(protectedNamespaces) ? protectedNamespaces.filter((one) => typeof one === "string") : [];
}

function policyOf(name: string, spec: ChaosPolicySpec): ClusterPolicy {
  const { namespaces, caps = {}, windows = [], blackouts = [] } = spec;
  const zones = [...windows, ...blackouts].map(({ zone }) => zone);
  const unknown = zones.find((zone) => !isTimeZone(zone));
  const durationMs = caps.duration === undefined ? undefined : parseGoDuration(caps.duration);
  const times: Times = { windows: windows.map(windowOf), blackouts };
  return {
    name,
    ...(unknown !== undefined && { broken: `${unknown} is no time zone` }),
    namespaces: { names: namespaces.names ?? [], matchLabels: namespaces.matchLabels ?? {} },
    protectedNamespaces: spec.protectedNamespaces ?? [],
    pairings: spec.pairings ?? [],
    kinds: spec.kinds ?? [],
    caps: {
      ...(caps.pods !== undefined && { pods: caps.pods }),
      ...(caps.percent !== undefined && { percent: caps.percent }),
      ...(durationMs !== undefined && { durationMs }),
    },
    requiredLabels: spec.requiredLabels ?? {},
    ...(zones.length > 0 && { times }),
    ticketKeys: spec.ticketKeys ?? [],
    engines: spec.engines ?? ["builtin"],
  };
}

function windowOf({ days = WEEKDAYS, from, to, zone }: NonNullable<ChaosPolicySpec["windows"]>[number]): Window {
  return { days, fromMinute: minuteOf(from), toMinute: minuteOf(to), zone };
}

/** The schema has looked at it: two digits, a colon, two digits. */
function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
}
