import type { Mistake, Report } from "../report.ts";
import { dnsName } from "../text/dns-name.ts";
import { shown } from "../text/quote.ts";
import { at, entriesOf, type Located, textAt } from "../yaml/node.ts";
import { checkBookkeeping } from "./metadata-bookkeeping.ts";
import { isQualifiedName, isSubdomain } from "./names.ts";

// ObjectMeta as the API server checks it on create (apimachinery: validation/objectmeta.go).

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Reports what the API server refuses in `metadata` beyond its shape. */
export function checkMetadata(document: Located, report: Report): void {
  const metadata = at(document, "metadata");
  checkName(document, metadata, report);
  checkGeneratedName(at(metadata, "generateName"), report);
  // A cluster-wide object has no namespace, and the API server looks at none.
  if (textAt(document, "kind") !== "RemoteCluster") checkNamespace(at(metadata, "namespace"), report);
  for (const label of entriesOf(at(metadata, "labels"))) checkLabel(label, report);
  for (const annotation of entriesOf(at(metadata, "annotations")))
    checkKey(annotation, annotation.name.toLowerCase(), report);
  if (metadata !== undefined) checkBookkeeping(metadata, report);
}

function checkName(document: Located, metadata: Located | undefined, report: Report): void {
  const name = at(metadata, "name");
  const written = textAt(metadata, "name") ?? "";
  const isElsewhere = (name !== undefined && name.node.kind !== "string") || textAt(metadata, "generateName");
  if (isSubdomain(written) || (written === "" && isElsewhere)) return;
  const spot = { path: "metadata.name", span: name?.node.span ?? metadata?.key ?? document.key };
  report.problem(spot, written === "" ? NAME_MISSING : nameMistake(written));
}

/** The name is made of it and five characters more, so a hyphen at its end is as good as a letter. */
function checkGeneratedName(prefix: Located | undefined, report: Report): void {
  const written = prefix?.node.kind === "string" ? prefix.node.value : "";
  if (prefix === undefined || written === "" || isSubdomain(written.replace(/(?<=.)-$/, "a"))) return;
  report.problem(
    { path: prefix.path, span: prefix.node.span },
    {
      code: "generated-name-malformed",
      message: `metadata.generateName is ${shown(written)}; it has up to 253 characters of a-z, 0-9, '-' and '.', and begins with a letter or digit.`,
      fix: "Write it in lower case, with a hyphen at the end, such as 'delay-'.",
    },
  );
}

const NAME_MISSING: Mistake = {
  code: "name-missing",
  message: "metadata.name is missing; the cluster cannot store an object without a name.",
  fix: "Add metadata.name, in lower case with hyphens.",
};

function nameMistake(written: string): Mistake {
  return {
    code: "name-malformed",
    message: `metadata.name is ${shown(written)}; a name has up to 253 characters of a-z, 0-9, '-' and '.', and begins and ends with a letter or digit.`,
    fix: `Write ${dnsName(written) ?? "it in lower case, with hyphens instead of spaces and underscores"}.`,
  };
}

function checkNamespace(namespace: Located | undefined, report: Report): void {
  const written = namespace?.node.kind === "string" ? namespace.node.value : "";
  if (namespace === undefined || written === "" || (written.length <= 63 && DNS_LABEL.test(written))) return;
  report.problem(
    { path: namespace.path, span: namespace.node.span },
    {
      code: "namespace-malformed",
      message: `metadata.namespace is ${shown(written)}; a namespace has up to 63 characters of a-z, 0-9 and '-'.`,
      fix: "Write the name of an existing namespace.",
    },
  );
}

function checkLabel(label: Located & { readonly name: string }, report: Report): void {
  checkKey(label, label.name, report);
  if (label.node.kind !== "string" || LABEL_VALUE.test(label.node.value)) return;
  report.problem(
    { path: label.path, span: label.node.span },
    {
      code: "label-malformed",
      message: `The label ${shown(label.name)} is ${shown(label.node.value)}; a label's value has up to 63 characters of A-Z, a-z, 0-9, '-', '_' and '.'.`,
      fix: "Shorten the value, or make it an annotation.",
    },
  );
}

function checkKey({ path, key }: Located, name: string, report: Report): void {
  if (isQualifiedName(name)) return;
  report.problem(
    { path, span: key },
    {
      code: "key-malformed",
      message: `${shown(name)} cannot be the key of a label or annotation.`,
      fix: "Write [domain/]name with a name of up to 63 characters of A-Z, a-z, 0-9, '-', '_' and '.'.",
    },
  );
}
