import type { Mistake, Report } from "../report.ts";
import { shown } from "../text/quote.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import { hasValue, neither } from "./parameters.ts";

/** The webhook of a JVMChaos beyond the parameters that an action needs: choices, and pairs of parameters. */
export function checkJvmChaos(spec: Located, report: Report): void {
  const action = textAt(spec, "action");
  if (action === "stress") checkStress(spec, report);
  if (action === "mysql") checkMysql(spec, report);
}

function checkStress(spec: Located, report: Report): void {
  const memory = hasValue(spec, "memType");
  const count = at(spec, "cpuCount")?.node;
  if (!memory && !hasValue(spec, "cpuCount")) report.problem(spotOf(spec, "cpuCount"), neither("cpuCount", "memType"));
  if (memory && count?.kind === "number" && count.value > 0) report.problem(spotOf(spec, "memType"), BOTH);
  checkChoice(spec, "memType", ["stack", "heap"], report);
}

function checkMysql(spec: Located, report: Report): void {
  if (!hasValue(spec, "exception") && !hasValue(spec, "latency"))
    report.problem(spotOf(spec, "exception"), neither("exception", "latency"));
  checkChoice(spec, "mysqlConnectorVersion", ["5", "8"], report);
}

function checkChoice(spec: Located, name: string, words: readonly string[], report: Report): void {
  const written = textAt(spec, name) ?? "";
  if (written === "" || words.includes(written)) return;
  report.problem(spotOf(spec, name), {
    code: "value-not-listed",
    message: `${spec.path}.${name} is ${shown(written)}; it can be ${words.join(" or ")}.`,
    fix: "Choose one of them.",
  });
}

function spotOf(spec: Located, name: string) {
  return { path: `${spec.path}.${name}`, span: (at(spec, name) ?? at(spec, "action"))?.node.span ?? spec.key };
}

const BOTH: Mistake = {
  code: "parameters-exclude-each-other",
  message: "cpuCount and memType are both given, and Chaos Mesh stresses the processor or the memory, not both.",
  fix: "Keep one of them, and put the other into an experiment of its own.",
};
