import { FILE_METHODS } from "../experiment.ts";
import type { Remark, Report } from "../report.ts";
import { nearest } from "../text/nearest.ts";
import { shown } from "../text/quote.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";
import { actionWithoutBlock } from "./remarks.ts";

const BLOCKS: Readonly<Record<string, string>> = { latency: "delay", attrOverride: "attr", mistake: "mistake" };
const OF_ONE_ACTION = ["delay", "errno", "attr", "mistake"];
const READ_BY: Readonly<Record<string, string>> = { ...BLOCKS, fault: "errno" };

/** Reports what an IOChaos says and does not do. */
export function reportIoChaos(spec: Located, report: Report): void {
  const action = textAt(spec, "action") ?? "";
  reportBlocks(spec, action, report);
  if ((textAt(spec, "volumePath") ?? "") === "")
    report.finding({ path: `${spec.path}.volumePath`, span: at(spec, "volumePath")?.key ?? spec.key }, NO_VOLUME);
  for (const method of itemsOf(at(spec, "methods"))) reportMethod(method, report);
}

function reportBlocks(spec: Located, action: string, report: Report): void {
  const block = Object.hasOwn(BLOCKS, action) ? BLOCKS[action] : undefined;
  const spot = { path: `${spec.path}.action`, span: at(spec, "action")?.node.span ?? spec.key };
  if (block !== undefined && (at(spec, block) === undefined || textAt(spec, block) === ""))
    report.finding(spot, actionWithoutBlock(action, block, "nothing happens to the files"));
  for (const name of OF_ONE_ACTION) {
    const found = at(spec, name);
    if (found !== undefined && READ_BY[action] !== name)
      report.finding({ path: found.path, span: found.key }, foreign(found.path, name, action));
  }
}

function foreign(path: string, name: string, action: string): Remark {
  return {
    code: "block-of-another-action",
    severity: "warning",
    message: `The action is ${action}, so ${path} has no effect.`,
    fix: `Remove ${name}, or put it into an experiment of its own.`,
  };
}

const NO_VOLUME: Remark = {
  code: "volume-path-missing",
  severity: "error",
  message:
    "volumePath is missing: the cluster admits it, the injection fails, and an object that cannot be injected cannot be deleted (chaos-mesh#2521).",
  fix: "Add the path at which the container mounts the volume, such as volumePath: /data.",
};

function reportMethod({ node, path }: Located, report: Report): void {
  const written = node.kind === "string" ? node.value : "";
  if (FILE_METHODS.some((method) => method === written)) return;
  const meant = nearest(written, FILE_METHODS);
  report.finding(
    { path, span: node.span },
    {
      code: "io-method-unknown",
      severity: "error",
      message: `${shown(written)} is no operation on files that Chaos Mesh knows; the cluster admits it all the same.`,
      fix: meant === undefined ? "Use operations such as read, write, open or fsync." : `Write ${meant}.`,
    },
  );
}
