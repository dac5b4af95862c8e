import type { Mistake, Report } from "../report.ts";
import { parseFloat32 } from "../text/go-number.ts";
import { shown } from "../text/quote.ts";
import { at, entriesOf, itemsOf, type Located, textAt } from "../yaml/node.ts";
import { checkMachineBlock } from "./machine-blocks.ts";
import { hasValue, neither, reportMissing } from "./parameters.ts";

const JVM_METHOD = ["pid", "class", "method"];

/** What the webhook asks for in the block of each action. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  "stress-cpu": ["load", "workers"],
  "stress-mem": ["size"],
  "disk-read-payload": ["payload-process-num", "size"],
  "disk-write-payload": ["payload-process-num", "size"],
  "disk-fill": ["size"],
  "network-corrupt": ["device", "percent"],
  "network-duplicate": ["device", "percent"],
  "network-loss": ["device", "percent"],
  "network-delay": ["device", "latency"],
  "network-partition": ["device", "direction"],
  "network-bandwidth": ["device", "rate"],
  "network-flood": ["ip-address", "port", "rate", "duration"],
  "network-down": ["device", "duration"],
  process: ["process", "signal"],
  "jvm-exception": [...JVM_METHOD, "exception"],
  "jvm-gc": ["pid"],
  "jvm-latency": [...JVM_METHOD, "latency"],
  "jvm-return": [...JVM_METHOD, "value"],
  "jvm-stress": ["pid"],
  "jvm-rule-data": ["pid", "rule-data"],
  "jvm-mysql": ["pid", "mysqlConnectorVersion"],
  clock: ["pid", "time-offset"],
  "redis-expiration": ["addr"],
  "redis-cacheLimit": ["addr"],
  "redis-penetration": ["addr", "requestNum"],
  "redis-stop": ["addr"],
  "redis-restart": ["addr", "conf"],
  "kafka-fill": ["host", "port", "maxBytes", "reloadCommand"],
  "kafka-flood": ["host", "port", "threads"],
  "file-modify": ["file-name", "privilege"],
  "file-rename": ["source-file", "dest-file"],
  "file-append": ["file-name", "data"],
  "file-replace": ["file-name", "origin-string", "dest-string"],
  user_defined: ["attackCmd", "recoverCmd"],
};

/** Where the webhook asks for one of two. */
const NEEDS_EITHER: Readonly<Record<string, readonly [string, string]>> = {
  "network-partition": ["ip-address", "hostname"],
  "jvm-stress": ["cpu-count", "mem-type"],
  "jvm-mysql": ["exception", "latency"],
  "kafka-io": ["nonReadable", "nonWritable"],
  "file-create": ["file-name", "dir-name"],
  "file-delete": ["file-name", "dir-name"],
};

const HAS_PERCENTAGES = ["network-corrupt", "network-duplicate", "network-loss", "network-delay"];

/** The webhook of a PhysicalMachineChaos: where the machines are, and what the action needs. */
export function checkPhysicalMachineChaos(spec: Located, report: Report): void {
  checkMachines(spec, report);
  const action = textAt(spec, "action") ?? "";
  const block = at(spec, action);
  if (block === undefined && action !== "") reportMissing(spec, action, action, report);
  if (block?.node.kind === "map") checkBlock(action, block, report);
}

function checkBlock(action: string, block: Located, report: Report): void {
  const needs = Object.hasOwn(NEEDS, action) ? NEEDS[action] : undefined;
  for (const name of needs ?? []) if (!hasValue(block, name)) reportMissing(block, action, name, report);
  const either = Object.hasOwn(NEEDS_EITHER, action) ? NEEDS_EITHER[action] : undefined;
  if (either !== undefined && !either.some((name) => hasValue(block, name)))
    report.problem({ path: block.path, span: block.key }, neither(...either));
  checkMachineBlock(action, block, report);
  if (!HAS_PERCENTAGES.includes(action)) return;
  for (const name of ["percent", "correlation"]) checkPercentage(at(block, name), name === "percent", report);
}

/** A share of packets: text from 0 to 100, and above 0 where the fault is made of nothing else. */
function checkPercentage(found: Located | undefined, aboveZero: boolean, report: Report): void {
  if (found?.node.kind !== "string" || found.node.value === "") return;
  const percent = parseFloat32(found.node.value);
  if (percent !== undefined && !(percent < 0 || percent > 100 || (aboveZero && percent === 0))) return;
  report.problem(
    { path: found.path, span: found.node.span },
    {
      code: "percentage-malformed",
      message: `${found.path} is ${shown(found.node.value)}; it must be a number ${aboveZero ? "above 0 and up to" : "from 0 to"} 100.`,
      fix: "Write a percentage in quotes and without a % sign, such as '25'.",
    },
  );
}

function checkMachines(spec: Located, report: Report): void {
  const address = at(spec, "address");
  const selects = entriesOf(at(spec, "selector")).some((entry) => sizeOf(entry) > 0);
  const isListed = itemsOf(address).length > 0;
  const spot = { path: `${spec.path}.address`, span: address?.key ?? spec.key };
  if (isListed === selects) report.problem(spot, addressOrSelector(isListed));
}

/** How much is in a list or a map; a null entry is pruned. */
function sizeOf(holder: Located): number {
  return itemsOf(holder).length + entriesOf(holder).filter(({ node }) => node.kind !== "null").length;
}

function addressOrSelector(both: boolean): Mistake {
  return {
    code: "address-or-selector",
    message: `The machines are named by ${both ? "both" : "neither"} address ${both ? "and" : "nor"} selector, and the cluster takes exactly one of them.`,
    fix: both
      ? "Keep the selector, and remove address, which is deprecated."
      : "Add a selector of PhysicalMachine objects.",
  };
}
