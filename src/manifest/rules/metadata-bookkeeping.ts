import type { Mistake, Report } from "../report.ts";
import { shown } from "../text/quote.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";
import { isQualifiedName } from "./names.ts";

// The part of ObjectMeta that clusters write for themselves and that comes along with copied objects.

/** Reports what the API server refuses in owners and finalizers; managed fields and versions are written anew on creation. */
export function checkBookkeeping(metadata: Located, report: Report): void {
  for (const finalizer of itemsOf(at(metadata, "finalizers"))) checkFinalizer(finalizer, report);
  for (const owner of itemsOf(at(metadata, "ownerReferences"))) checkOwner(owner, report);
}

function checkFinalizer(finalizer: Located, report: Report): void {
  const written = finalizer.node.kind === "string" ? finalizer.node.value : finalizer.node.kind === "null" ? "" : "ok";
  if (isQualifiedName(written)) return;
  problemAt(
    finalizer,
    {
      code: "finalizer-malformed",
      message: `${finalizer.path} is ${shown(written)}, which is not the name of a finalizer.`,
      fix: "Remove it, or write [domain/]name.",
    },
    report,
  );
}

function checkOwner(owner: Located, report: Report): void {
  const [group, version, ...more] = (textAt(owner, "apiVersion") ?? "").split("/");
  const isVersioned = (version ?? group) !== "" && more.length === 0;
  const missing = ["kind", "name", "uid"].filter((name) => (textAt(owner, name) ?? "") === "");
  if (isVersioned && missing.length === 0) return;
  problemAt(
    owner,
    {
      code: "owner-malformed",
      message: `${owner.path} does not name its owner: ${isVersioned ? missing.join(", ") : "apiVersion"} is missing or empty.`,
      fix: "Remove the owner, or write its apiVersion, kind, name and uid.",
    },
    report,
  );
}

function problemAt({ path, node }: Located, mistake: Mistake, report: Report): void {
  report.problem({ path, span: node.span }, mistake);
}
