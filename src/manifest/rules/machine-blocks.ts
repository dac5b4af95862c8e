import type { Mistake, Report } from "../report.ts";
import { shown } from "../text/quote.ts";
import { isUnitSize } from "../text/unit-size.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import { hasValue } from "./parameters.ts";

// What the webhook of a PhysicalMachineChaos asks of the parameters of single actions, beyond their being there.

type Check = (block: Located, report: Report) => void;

const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  "stress-mem": [checkSize],
  "disk-read-payload": [checkSize],
  "disk-write-payload": [checkSize],
  "disk-fill": [checkSize],
  "network-delay": [checkFlags],
  "network-partition": [checkDirection, checkFlags],
  "network-dns": [checkNameAndAddress],
  "jvm-exception": [checkPid],
  "jvm-gc": [checkPid],
  "jvm-latency": [checkPid],
  "jvm-return": [checkPid],
  "jvm-stress": [checkPid, checkOneStressor],
  "jvm-rule-data": [checkPid],
  "jvm-mysql": [checkPid],
  clock: [checkPid],
  "redis-expiration": [checkOption],
  "redis-cacheLimit": [checkOneLimit],
};

/** Reports what is wrong with the parameters that stand in the block of `action`. */
export function checkMachineBlock(action: string, block: Located, report: Report): void {
  for (const check of (Object.hasOwn(CHECKS, action) ? CHECKS[action] : undefined) ?? []) check(block, report);
}

function checkSize(block: Located, report: Report): void {
  const size = textAt(block, "size") ?? "";
  if (size === "" || isUnitSize(size)) return;
  reportOn(block, "size", report, {
    code: "size-malformed",
    message: `${block.path}.size is ${shown(size)}, which is not a number with a unit that chaosd knows.`,
    fix: "Write a number with K, M or G, KB, MB or GB, or KiB, MiB or GiB, such as '256MB'.",
  });
}

function checkFlags(block: Located, report: Report): void {
  if (!hasValue(block, "accept-tcp-flags") || textAt(block, "ip-protocol") === "tcp") return;
  reportOn(block, "accept-tcp-flags", report, {
    code: "parameter-missing",
    message: `${block.path}.accept-tcp-flags is given, and ip-protocol is not tcp.`,
    fix: "Add ip-protocol: tcp, or remove accept-tcp-flags.",
  });
}

function checkDirection(block: Located, report: Report): void {
  const direction = textAt(block, "direction") ?? "";
  if (["", "to", "from"].includes(direction)) return;
  reportOn(block, "direction", report, {
    code: "value-not-listed",
    message: `${block.path}.direction is ${shown(direction)}; it can be to or from.`,
    fix: "Choose one of them.",
  });
}

function checkNameAndAddress(block: Located, report: Report): void {
  if (hasValue(block, "dns-domain-name") === hasValue(block, "dns-ip")) return;
  reportOn(block, hasValue(block, "dns-ip") ? "dns-ip" : "dns-domain-name", report, {
    code: "parameter-missing",
    message: `${block.path} has only one of dns-domain-name and dns-ip, and the answer to a name needs both.`,
    fix: "Add the other one, or remove both.",
  });
}

function checkPid(block: Located, report: Report): void {
  const pid = at(block, "pid")?.node;
  if (pid?.kind !== "number" || pid.value >= 0) return;
  reportOn(block, "pid", report, {
    code: "number-out-of-range",
    message: `${block.path}.pid is ${pid.value}; a process id is above 0.`,
    fix: "Write a number above 0.",
  });
}

function checkOneStressor(block: Located, report: Report): void {
  const count = at(block, "cpu-count")?.node;
  if (count?.kind !== "number" || count.value <= 0 || !hasValue(block, "mem-type")) return;
  reportOn(block, "mem-type", report, {
    code: "parameters-exclude-each-other",
    message: `${block.path} has both cpu-count and mem-type, and Chaos Mesh stresses the processor or the memory, not both.`,
    fix: "Keep one of them.",
  });
}

/** The webhook has this test the wrong way round: the four options that Redis knows are the ones it refuses. */
function checkOption(block: Located, report: Report): void {
  const option = textAt(block, "option") ?? "";
  if (!["XX", "NX", "GT", "LT"].includes(option)) return;
  reportOn(block, "option", report, {
    code: "value-not-listed",
    message: `${block.path}.option is ${shown(option)}, which Chaos Mesh refuses by mistake, as it does XX, NX, GT and LT.`,
    fix: "Remove it; the expiration is then set without a condition.",
  });
}

/** Only a cacheSize of the text 0 counts as none. */
function checkOneLimit(block: Located, report: Report): void {
  if (!hasValue(block, "percent") || textAt(block, "cacheSize") === "0") return;
  reportOn(block, "percent", report, {
    code: "parameters-exclude-each-other",
    message: `${block.path}.percent is given, and cacheSize is not '0', which is how Chaos Mesh reads that there is none.`,
    fix: "Add cacheSize: '0', or remove percent.",
  });
}

function reportOn(block: Located, name: string, report: Report, mistake: Mistake): void {
  report.problem({ path: `${block.path}.${name}`, span: at(block, name)?.node.span ?? block.key }, mistake);
}
