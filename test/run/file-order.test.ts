import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { InjectRequestSchema } from "../../src/daemon/generated/chaosgate/daemon/v1/daemon_pb.ts";
import { injectRequest } from "../../src/daemon/messages.ts";
import type { ExperimentOf } from "../../src/manifest/experiment.ts";
import { judgeFileIo } from "../../src/policy/file-io.ts";
import { fileOrder } from "../../src/run/file-order.ts";
import { experimentOf, judge } from "../manifest/manifests.ts";

/** An IOChaos as its manifest means it. */
function ioChaos(...lines: readonly string[]): ExperimentOf<"IOChaos"> {
  const { experiment } = judge(experimentOf("IOChaos", ...lines));
  if (experiment?.kind !== "IOChaos") throw new Error("the manifest was not accepted");
  return experiment;
}

const MISTAKE = ["action: mistake", "-delay", "mistake: { filling: zero, maxOccurrences: 2, maxLength: 8 }"];

describe("the order of an IOChaos", () => {
  it("carries every figure of the manifest, and 100 percent where it names none", () => {
    const written = ioChaos("path: /data/**/*.log", "methods: [read, write]", "percent: 40");
    expect(fileOrder(written)).toEqual({
      kind: "order",
      effects: ["file-io"],
      order: {
        kind: "file-io",
        volumePath: "/data",
        path: "/data/**/*.log",
        methods: ["read", "write"],
        percent: 40,
        act: { kind: "latency", delayMs: 100 },
      },
    });
    expect(fileOrder(ioChaos())).toMatchObject({ order: { percent: 100, path: "", methods: [] } });
  });

  it.each([
    { name: "an unknown method", lines: ["methods: [wriet]"], why: "wriet" },
    { name: "methods that never arrive", lines: ["methods: [access, getlk]"], why: "done by the kernel alone" },
    { name: "no volume", lines: ["-volumePath"], why: "volumePath" },
    { name: "the root", lines: ["volumePath: /"], why: "volumePath" },
    { name: "no delay", lines: ["-delay"], why: "delay is missing" },
    { name: "an errno that Linux does not have", lines: ["action: fault", "-delay", "errno: 999"], why: "errno 999" },
    { name: "no attribute", lines: ["action: attrOverride", "-delay", "attr: {}"], why: "attr is missing or empty" },
    {
      name: "an unknown kind of file",
      lines: ["action: attrOverride", "-delay", "attr: { kind: floppy }"],
      why: "attr.kind floppy",
    },
    {
      name: "half a mistake",
      lines: ["action: mistake", "-delay", "mistake: { filling: zero }"],
      why: "maxOccurrences",
    },
  ])("says why $name cannot be run", ({ lines, why }) => {
    expect(fileOrder(ioChaos(...lines))).toMatchObject({ kind: "unavailable", why: expect.stringContaining(why) });
  });

  it("consents to altered data only where the fault meets writes", () => {
    const onReads = fileOrder(ioChaos(...MISTAKE, "methods: [read]"));
    const onAll = fileOrder(ioChaos(...MISTAKE));
    expect(onReads).toMatchObject({ order: { act: { altersData: false } } });
    expect(onAll).toMatchObject({ order: { act: { altersData: true } } });
  });
});

describe("the policy on altered data", () => {
  it.each([
    { lines: [...MISTAKE, "methods: [read]"], alteredData: undefined, codes: [] },
    { lines: [...MISTAKE, "methods: [write]"], alteredData: undefined, codes: ["data-altered-without-consent"] },
    { lines: MISTAKE, alteredData: false, codes: ["data-altered-without-consent"] },
    { lines: MISTAKE, alteredData: true, codes: ["data-altered"] },
    { lines: [], alteredData: undefined, codes: [] },
  ])("says $codes where consent is $alteredData", ({ lines, alteredData, codes }) => {
    const remarks = judgeFileIo(ioChaos(...lines), alteredData === undefined ? {} : { alteredData });
    expect(remarks.map(({ code }) => code)).toEqual(codes);
  });
});

describe("the message to the daemon", () => {
  it.each([
    { lines: [], act: { latency: { delayUs: 100_000n } } },
    { lines: ["action: fault", "-delay", "errno: 28"], act: { error: { errno: 28 } } },
    {
      lines: [
        "action: attrOverride",
        "-delay",
        "attr: { size: 5, perm: 72, kind: directory, mtime: { sec: 1, nsec: 2 } }",
      ],
      act: { attributes: { size: 5n, perm: 72, kind: 0o040000, mtime: { seconds: 1n, nanoseconds: 2 } } },
    },
    { lines: MISTAKE, act: { mistake: { filling: 1, maxOccurrences: 2, maxLength: 8, altersData: true } } },
  ])("says $act", ({ lines, act }) => {
    const ordered = fileOrder(ioChaos("methods: [write, bmap]", ...lines));
    if (ordered.kind !== "order") throw new Error(ordered.why);
    const victim = { namespace: "shop", pod: "p", podUid: "u", container: "main", localPid: 7 };
    const request = { ticket: "t", runId: "r", faultId: "f", epoch: 1, victim, deadlineMs: 1000, fault: ordered.order };
    const sent = toBinary(InjectRequestSchema, injectRequest(request));
    const { fault } = fromBinary(InjectRequestSchema, sent);
    expect(fault).toMatchObject({ case: "fileIo", value: { volumePath: "/data", methods: [15, 32], ...act } });
  });
});
