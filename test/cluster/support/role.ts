import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";

/** The role that docs/cluster.md tells readers to give: the first YAML of the page. */
export function roleOfTheDocs(): { readonly metadata: { readonly name: string } } {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/cluster.md"), "utf8");
  const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  return load(yaml) as { metadata: { name: string } };
}
