import type { Settings } from "../settings.ts";
import { readFile, textOf } from "./contents.ts";
import type { Repository } from "./repository.ts";

/** Where GitHub looks, in its order: the first file that is there is the one. */
const PLACES = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/** The default branch's CODEOWNERS, empty where it has none; undefined where no service of the settings asks for it. */
export async function readCodeOwners(repository: Repository, { services }: Settings): Promise<string | undefined> {
  if (!services.some(({ owners, path }) => owners === undefined && path !== undefined)) return undefined;
  for (const place of PLACES) {
    const bytes = await readFile(repository, place, repository.defaultBranch);
    if (bytes !== undefined) return textOf(bytes);
  }
  return "";
}
