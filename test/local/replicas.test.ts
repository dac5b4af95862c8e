import { describe, expect, it } from "vitest";
import { placeOf } from "../../src/local/addresses.ts";
import { identify, lives, startTicksOf } from "../../src/local/process-id.ts";
import { noteCheck, podOf, type Replica } from "../../src/local/replica.ts";
import { crashesInARow, restartDelayMs } from "../../src/local/restart.ts";

function aReplica(): Replica {
  return {
    service: {
      name: "checkout",
      namespace: "staging",
      kind: "Deployment",
      replicas: 1,
      labels: {},
      annotations: {},
      command: ["true"],
      env: {},
      ports: {},
      ready: { kind: "tcp", port: 1 },
    },
    name: "checkout-0",
    uid: "uid-0",
    place: placeOf(0),
    startedAt: 0,
    process: { pid: 1, ended: new Promise(() => {}), end: async () => "" },
    ready: false,
    failedChecks: 0,
    terminating: false,
  };
}

describe("the readiness of a replica", () => {
  it.each([
    { name: "begins with the first passed check", checks: [true], ready: true },
    { name: "survives two failed checks", checks: [true, false, false], ready: true },
    { name: "ends with the third in a row", checks: [true, false, false, false], ready: false },
    { name: "counts failures in a row only", checks: [true, false, false, true, false, false], ready: true },
    { name: "comes back at once", checks: [true, false, false, false, true], ready: true },
  ])("$name", ({ checks, ready }) => {
    const replica = aReplica();
    for (const passed of checks) noteCheck(replica, passed);
    expect(replica.ready).toBe(ready);
  });

  it("tells only changes", () => {
    const replica = aReplica();
    expect([true, true, false].map((passed) => noteCheck(replica, passed))).toEqual([true, false, false]);
  });
});

describe("a replica in the state", () => {
  it("has an IPv6 address only where there is IPv6", () => {
    expect(podOf(aReplica(), true).ipv6).toBe("fd77::10");
    expect(podOf(aReplica(), false)).not.toHaveProperty("ipv6");
  });
});

describe("replacing pods that end", () => {
  it("is immediate for one that had lived, however often", () => {
    expect([1, 2, 3].map(() => restartDelayMs(crashesInARow(0, 60_000)))).toEqual([0, 0, 0]);
  });

  it("takes longer each time for those that die young, and never longer than 10 s", () => {
    let crashes = 0;
    const delays = Array.from({ length: 9 }, () => {
      crashes = crashesInARow(crashes, 100);
      return restartDelayMs(crashes);
    });
    expect(delays).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
  });

  it("starts over after one that lived", () => {
    expect(crashesInARow(7, 5_000)).toBe(0);
  });
});

describe("a process", () => {
  it("lives while it has the start time that it was known by", () => {
    const own = identify(process.pid);
    expect(own !== undefined && lives(own)).toBe(true);
    expect(lives({ pid: process.pid, startTicks: 1 })).toBe(false);
  });

  it("has its start time after a name that may hold blanks and brackets", () => {
    const stat = "7 (a) b (c) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 987654 0 0";
    expect(startTicksOf(stat)).toBe(987_654);
  });
});
