import type { Remark, Report } from "../report.ts";
import { plainLatency } from "../text/corrected.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { parseFloat32 } from "../text/go-number.ts";
import { shown } from "../text/quote.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";
import { reportIdleFields } from "./network-idle.ts";
import { reportSelection } from "./selection.ts";

const BLOCKS = ["delay", "loss", "duplicate", "corrupt", "rate"];
const PERCENTAGES = [
  ["loss", "loss"],
  ["duplicate", "duplicate"],
  ["corrupt", "corrupt"],
  ["delay", "correlation"],
  ["loss", "correlation"],
  ["duplicate", "correlation"],
  ["corrupt", "correlation"],
] as const;

/** Reports what a NetworkChaos says and does not do. */
export function reportNetworkChaos(spec: Located, report: Report): void {
  reportBlocks(spec, report);
  reportDelay(at(spec, "delay"), report);
  reportIdleFields(spec, report);
  for (const [block, name] of PERCENTAGES) reportPercentage(at(spec, block, name), report);
  const target = at(spec, "target");
  if (target !== undefined) reportSelection(target, report);
  if (target === undefined && itemsOf(at(spec, "externalTargets")).length === 0) reportNoPeer(spec, report);
  for (const external of itemsOf(at(spec, "externalTargets"))) reportExternal(external, report);
}

function reportBlocks(spec: Located, report: Report): void {
  const action = textAt(spec, "action") ?? "";
  const present = BLOCKS.filter((name) => at(spec, name) !== undefined);
  if (lacksItsBlock(action, spec, present))
    report.finding(
      { path: `${spec.path}.action`, span: at(spec, "action")?.node.span ?? spec.key },
      actionWithoutBlock(action, present),
    );
  const applied = action !== "partition" && action !== "bandwidth";
  for (const name of present) {
    const block = at(spec, name);
    if (block !== undefined && action !== "netem" && action !== name)
      report.finding({ path: block.path, span: block.key }, foreignBlock(name, action, applied));
  }
}

function lacksItsBlock(action: string, spec: Located, present: readonly string[]): boolean {
  if (action === "partition") return false;
  return action === "netem" ? present.length === 0 : at(spec, action) === undefined;
}

function actionWithoutBlock(action: string, present: readonly string[]): Remark {
  const instead = present.length > 0 ? ` It would apply ${present.join(" and ")} instead.` : "";
  const wanted = action === "netem" ? "a block such as delay or loss" : `a ${action} block`;
  return {
    code: "action-without-block",
    severity: "error",
    message: `The action is ${action}, and there is no ${action === "netem" ? "" : `${action} `}block with its parameters: the cluster admits it and the injection fails.${instead}`,
    fix: `Add ${wanted}.`,
  };
}

function foreignBlock(name: string, action: string, applied: boolean): Remark {
  return {
    code: "block-of-another-action",
    severity: "warning",
    message: applied
      ? `The action is ${action}, and Chaos Mesh applies the ${name} block all the same.`
      : `The action is ${action}, so the ${name} block has no effect.`,
    fix: applied ? `Remove ${name}, or write action: netem to say that both are meant.` : `Remove ${name}.`,
  };
}

function reportDelay(delay: Located | undefined, report: Report): void {
  for (const name of ["latency", "jitter"]) {
    const found = at(delay, name);
    // 2.7 sends the daemon a number of microseconds and no text (c4233a2ed, #4546).
    const isText = found !== undefined && report.version !== "2.7";
    const remark = isText ? delayRemark(found.path, textAt(delay, name) ?? "") : undefined;
    if (found !== undefined && remark !== undefined)
      report.finding({ path: found.path, span: found.node.span }, remark);
  }
  const [latency, jitter] = ["latency", "jitter"].map((name) => parseGoDuration(textAt(delay, name) ?? "") ?? 0);
  const found = at(delay, "jitter");
  if (found !== undefined && (jitter ?? 0) > (latency ?? 0))
    report.finding({ path: found.path, span: found.node.span }, JITTER_ABOVE_LATENCY);
}

function delayRemark(path: string, written: string): Remark | undefined {
  if (/[0-9][mh]$/.test(written)) return unitUnknownToTc(path, written);
  // The daemon compares the text with "0ms" to see whether there is a delay, and "0.5s" and "05s" sort below it.
  return /^0[0-9.]/.test(written) && parseGoDuration(written) !== 0 ? readAsNone(path, written) : undefined;
}

function unitUnknownToTc(path: string, written: string): Remark {
  return {
    code: "latency-unit-unknown-to-tc",
    severity: "error",
    message: `${path} is ${shown(written)}: the cluster admits minutes and hours, tc does not know them, and the injection is retried for ever (chaos-mesh#4392).`,
    ...sameTime(written, "Write it in ms or s."),
  };
}

function readAsNone(path: string, written: string): Remark {
  return {
    code: "latency-read-as-none",
    severity: "warning",
    message: `${path} is ${shown(written)}: Chaos Mesh's daemon takes a text that begins with 0 and another digit or a point for no delay.`,
    ...sameTime(written, "Write it without a leading 0, in a smaller unit."),
  };
}

/** The same time in words that tc and the daemon both read. */
function sameTime(written: string, advice: string): Pick<Remark, "fix" | "replacement"> {
  const time = plainLatency(parseGoDuration(written) ?? Number.NaN);
  return time === undefined ? { fix: advice } : { fix: `Write ${time}.`, replacement: time };
}

const JITTER_ABOVE_LATENCY: Remark = {
  code: "jitter-above-latency",
  severity: "notice",
  message: "The jitter is larger than the latency, so part of the packets get no delay at all and many are reordered.",
  fix: "Keep the jitter below the latency.",
};

function reportPercentage(found: Located | undefined, report: Report): void {
  const written = found?.node.kind === "string" ? found.node.value : "";
  const percent = parseFloat32(written);
  if (found === undefined || percent === undefined || (percent >= 0 && percent <= 100)) return;
  report.finding(
    { path: found.path, span: found.node.span },
    {
      code: "percentage-out-of-range",
      severity: "error",
      message: `${found.path} is ${shown(written)}: the cluster admits any number, and only 0 to 100 can be injected.`,
      fix: "Write a percentage from 0 to 100.",
    },
  );
}

function reportNoPeer(spec: Located, report: Report): void {
  const partition = textAt(spec, "action") === "partition";
  report.finding(
    { path: `${spec.path}.target`, span: at(spec, "action")?.node.span ?? spec.key },
    {
      code: "hits-all-traffic",
      severity: partition ? "error" : "notice",
      message: partition
        ? "A partition without target and externalTargets drops every packet of the selected pods, probes and metrics included."
        : "Without target and externalTargets every packet of the selected pods is affected, also to DNS and to the metrics.",
      fix: "Add a target for the service that is meant.",
    },
  );
}

/** An IPv4 address, a prefix or a name, and a port of 16 bits. */
const EXTERNAL = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?:\/([0-9]{1,2}))?(?::([0-9]{1,5}))?$/;

function reportExternal({ node, path }: Located, report: Report): void {
  const written = node.kind === "string" ? node.value : "";
  const [, prefix = "0", port = "0"] = EXTERNAL.exec(written) ?? [];
  if (EXTERNAL.test(written) && Number(prefix) <= 32 && Number(port) <= 65535) return;
  report.finding(
    { path, span: node.span },
    {
      code: "external-target-malformed",
      severity: "error",
      message: `${shown(written)} is no IPv4 address, CIDR or domain name; the cluster admits it and the injection fails.`,
      fix: "Write an address such as 10.0.0.5, 10.0.0.0/24 or example.org, with :port where needed.",
    },
  );
}
