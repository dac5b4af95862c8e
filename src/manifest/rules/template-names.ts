import type { Mistake, Report } from "../report.ts";
import { dnsName } from "../text/dns-name.ts";
import { shown } from "../text/quote.ts";
import { at, type Located } from "../yaml/node.ts";

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Reports a template's name that objects cannot have, or that one of the templates above has already. */
export function checkTemplateName(template: Located, above: readonly string[], report: Report): void {
  const name = at(template, "name");
  if (name?.node.kind !== "string") return;
  const written = name.node.value;
  const spot = { path: name.path, span: name.node.span };
  if (written.length > 253 || !DNS_SUBDOMAIN.test(written)) report.problem(spot, malformed(name.path, written));
  if (above.includes(written)) report.problem(spot, repeated(name.path, written));
}

function malformed(path: string, written: string): Mistake {
  return {
    code: "template-name-malformed",
    message: `${path} is ${shown(written)}; a template's name has up to 253 characters of a-z, 0-9, '-' and '.'.`,
    fix: `Write ${dnsName(written) ?? "it in lower case, with hyphens instead of spaces and underscores"}, wherever it is used.`,
  };
}

function repeated(path: string, written: string): Mistake {
  return {
    code: "template-name-repeated",
    message: `${path} is ${shown(written)}, which another template of this Workflow is called too.`,
    fix: "Give each template a name of its own.",
  };
}
