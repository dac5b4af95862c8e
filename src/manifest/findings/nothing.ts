import type { Report } from "../report.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { parseFloat32 } from "../text/go-number.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

// A fault of zero: admitted, injected without an error, and felt by nobody.

type Amount = readonly [action: string, key: string, second?: string, third?: string];

/** Kind -> paths of amounts, by the action that reads them; "" is any action. */
const AMOUNTS: Readonly<Record<string, readonly Amount[]>> = {
  NetworkChaos: [
    ["delay", "delay", "latency"],
    ["loss", "loss", "loss"],
    ["duplicate", "duplicate", "duplicate"],
    ["corrupt", "corrupt", "corrupt"],
  ],
  IOChaos: [
    ["latency", "delay"],
    ["", "percent"],
  ],
  HTTPChaos: [["", "delay"]],
  StressChaos: [["", "stressors", "cpu", "load"]],
  BlockChaos: [["delay", "delay", "latency"]],
};

/** Reports every amount of a fault that is zero. */
export function reportNothing(kind: string, spec: Located, report: Report): void {
  const amounts = Object.hasOwn(AMOUNTS, kind) ? (AMOUNTS[kind] ?? []) : [];
  for (const [action, key, second, third] of amounts) {
    const found = at(spec, key, second, third);
    const applies = action === "" || action === textAt(spec, "action");
    if (found !== undefined && applies && isZero(found)) reportZero(found, report);
  }
}

function isZero({ node }: Located): boolean {
  if (node.kind === "number") return node.value === 0;
  return node.kind === "string" && (parseGoDuration(node.value) === 0 || parseFloat32(node.value) === 0);
}

function reportZero({ path, node }: Located, report: Report): void {
  report.finding(
    { path, span: node.span },
    {
      code: "fault-of-nothing",
      severity: "error",
      message: `${path} is zero, so nothing changes for anybody, and the object says Injected.`,
      fix: "Write how much of a fault is meant.",
    },
  );
}
