import type { Report } from "../report.ts";
import { shown } from "../text/quote.ts";
import { at, itemsOf, type Located } from "../yaml/node.ts";

/** Reports patterns that the DNS server of Chaos Mesh refuses: it knows `?` anywhere and `*` at the end. */
export function reportDnsChaos(spec: Located, report: Report): void {
  for (const { path, node } of itemsOf(at(spec, "patterns"))) {
    const pattern = node.kind === "string" ? node.value : "";
    if (!/\*./.test(pattern)) continue;
    report.finding(
      { path, span: node.span },
      {
        code: "dns-pattern-malformed",
        severity: "error",
        message: `${shown(pattern)} has a * before its end: the cluster admits it, and the DNS server of Chaos Mesh refuses it.`,
        fix: "Write the names out, use ? for one letter, or end the pattern with its only *.",
      },
    );
  }
}
