import { expect, it } from "vitest";
import { type ClusterPolicy, clusterRefusals } from "../../src/policy/cluster-policy.ts";
import { WEEKDAYS } from "../../src/policy/times.ts";
import { select } from "../../src/selector/select.ts";
import { aDelay, aKill } from "../fakes/experiment.ts";
import { aShop } from "../fakes/run.ts";

const POLICY: ClusterPolicy = {
  name: "staging",
  namespaces: { names: ["staging"], matchLabels: {} },
  protectedNamespaces: [],
  pairings: [],
  kinds: [],
  caps: { durationMs: 60_000 },
  requiredLabels: {},
  ticketKeys: [],
  engines: ["builtin"],
};

it.each([
  { name: "a kill, which is over at once", experiment: aKill({}), says: [] },
  {
    name: "a delay of a longer time",
    experiment: aDelay({ durationMs: 300_000 }),
    says: [expect.stringContaining("the fault would last 300 s, and its cap is 60 s")],
  },
])("the cap of a policy beside a ticket of ten minutes is asked about $name", ({ experiment, says }) => {
  const snapshot = aShop();
  const selection = select(experiment, snapshot, "0".repeat(32));
  const proposed = { experiment, selection, snapshot, engine: "builtin", capMs: 600_000, at: 1_700_000_000_000 };
  expect(clusterRefusals([POLICY], proposed)).toEqual(says);
});

it.each([
  { name: "a kill, which is over at once", experiment: aKill({}), says: [] },
  {
    name: "a delay, which lasts as long as the ticket lets it",
    experiment: aDelay({ durationMs: 600_000 }),
    says: [expect.stringContaining("before it ends, it is outside of the windows")],
  },
])(
  "the windows of a policy, five minutes before the last one closes, are asked about $name",
  ({ experiment, says }) => {
    const snapshot = aShop();
    const selection = select(experiment, snapshot, "0".repeat(32));
    const window = { days: WEEKDAYS, fromMinute: 9 * 60, toMinute: 16 * 60, zone: "UTC" };
    const policy = { ...POLICY, caps: {}, times: { windows: [window], blackouts: [] } };
    const at = Date.parse("2026-11-26T15:55:00Z");
    const proposed = { experiment, selection, snapshot, engine: "builtin", capMs: 600_000, at };
    expect(clusterRefusals([policy], proposed)).toEqual(says);
  },
);
