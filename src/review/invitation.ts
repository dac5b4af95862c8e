// What a repository without settings is told once: what would be looked at, and the settings file to begin with. Nothing of it does
// anything before somebody merges that file.

import { matchesPaths } from "../settings.ts";
import { code } from "./escape.ts";

export type Invited = {
  /** Files that may hold manifests, in the order of their paths. */
  readonly manifests: readonly string[];
  /** Whether every file of the repository was listed. */
  readonly complete: boolean;
  /** The page on which somebody writes a new file of that name and text. */
  readonly newFile: (path: string, text: string) => string;
};

const SETTINGS_PATH = ".github/chaosgate.yml";
const MOST_SHOWN = 20;

/** The text of the settings that are proposed: everything that could run something is a comment. */
export function proposedSettings(folders: readonly string[]): string {
  return `version: 1
# disabled: pull requests are reviewed, nothing runs. enabled: an environment below can run.
execution: disabled
paths: ${JSON.stringify(globsOf(folders))}
# merging an approved, unchanged plan runs it
runOnMerge: false
#environments:
#  staging:
#    # kubectl get namespace kube-system -o jsonpath='{.metadata.uid}'
#    cluster: 00000000-0000-0000-0000-000000000000
#    # the x of the runner's public key
#    runnerKey: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
#    namespaces: [staging]
#    caps: { pods: 1, duration: 1m }
#    run: { roles: [maintain, admin] }
#    approve: { roles: [maintain, admin] }
`;
}

function globsOf(folders: readonly string[]): readonly string[] {
  return folders.length === 0 ? ["chaos/**/*.yaml"] : folders.map((folder) => `${folder}**/*.yaml`);
}

/** The invitation as Markdown. */
export function renderInvitation({ manifests, complete, newFile }: Invited): string {
  const folders = foldersOf(manifests);
  const link = newFile(SETTINGS_PATH, proposedSettings(folders));
  // Ten folders are proposed at most, so that not every file that may hold a manifest is covered.
  const covered = manifests.filter((path) => matchesPaths({ paths: globsOf(folders) }, path));
  return [
    "Pull requests of this repository are reviewed from now on: manifests of Chaos Mesh are checked as a cluster would check them, at their lines. **Nothing can run.**",
    `To say where manifests are, who may run what, and where: [propose \`${SETTINGS_PATH}\`](${link}). GitHub opens it as a new file with comments in it; choose *Create a new branch*, and it becomes a pull request that is reviewed as any other. It counts when it is merged into the default branch, and not before.`,
    whatIsThere(covered, complete),
    "This is said once. Close it if the repository needs no settings.",
  ].join("\n\n");
}

function whatIsThere(manifests: readonly string[], complete: boolean): string {
  const unsure = complete ? "" : " GitHub did not list all files; there may be more.";
  if (manifests.length === 0)
    return `No folder here has \`chaos\` in its name, so the proposal looks in \`chaos/\`.${unsure}`;
  const shown = manifests.slice(0, MOST_SHOWN).map((path) => `- ${code(path)}`);
  const more = manifests.length > MOST_SHOWN ? [`- and ${manifests.length - MOST_SHOWN} more`] : [];
  return [`With the proposed paths these files would be looked at:${unsure}`, "", ...shown, ...more].join("\n");
}

/** The outermost folders whose name speaks of chaos. */
export function foldersOf(manifests: readonly string[]): readonly string[] {
  const folders = manifests.flatMap((path) => /^(?:.*?\/)?[^/]*chaos[^/]*\//i.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort().slice(0, 10);
}

/** Whether a file is one that the proposal would cover. */
export function mayHoldManifests(path: string): boolean {
  return /\.yaml$/.test(path) && foldersOf([path]).length > 0;
}
