import { invalid, notFound } from "../api/refusal.ts";
import { labelJson } from "../json/issue.ts";
import type { Label, PullRequest, Repository } from "../repository.ts";
import type { User, World } from "../world.ts";
import { emitPull } from "./pull-requests.ts";

const LONGEST_NAME = 50;
const LONGEST_DESCRIPTION = 100;

/** Makes a label of the repository. */
export function createLabel(
  world: World,
  repository: Repository,
  what: { readonly name: string; readonly color?: string | undefined; readonly description?: string | undefined },
): Label {
  const { name, color = "ededed", description = "" } = what;
  const says = (field: string, code: "invalid" | "already_exists") => invalid({ resource: "Label", field, code });
  if (name.trim() === "" || [...name].length > LONGEST_NAME) throw says("name", "invalid");
  if (!/^[0-9a-fA-F]{6}$/.test(color)) throw says("color", "invalid");
  if ([...description].length > LONGEST_DESCRIPTION) throw says("description", "invalid");
  if (repository.labels.has(name.toLowerCase())) throw says("name", "already_exists");
  const label = { id: world.nextId(), name, color, description };
  repository.labels.set(name.toLowerCase(), label);
  return label;
}

/** Puts labels on a pull request; GitHub makes those that the repository does not know yet. */
export function addLabels(
  world: World,
  repository: Repository,
  pull: PullRequest,
  by: User,
  names: readonly string[],
): void {
  for (const name of names) {
    if (pull.labels.some((carried) => carried.toLowerCase() === name.toLowerCase())) continue;
    const label = repository.labels.get(name.toLowerCase()) ?? createLabel(world, repository, { name });
    pull.labels.push(label.name);
    note(world, pull, by, "labeled", label.name);
    emitPull(world, repository, pull, by, "labeled", { label: labelJson(world, repository, label.name) });
  }
}

/** Takes one label off; 404 when the pull request does not carry it. */
export function removeLabel(world: World, repository: Repository, pull: PullRequest, by: User, name: string): void {
  const at = pull.labels.findIndex((carried) => carried.toLowerCase() === name.toLowerCase());
  const [removed] = at < 0 ? [] : pull.labels.splice(at, 1);
  if (removed === undefined) throw notFound();
  note(world, pull, by, "unlabeled", removed);
  emitPull(world, repository, pull, by, "unlabeled", { label: labelJson(world, repository, removed) });
}

function note(world: World, pull: PullRequest, by: User, what: "labeled" | "unlabeled", detail: string): void {
  pull.timeline.push({ at: world.clock.now(), by, what, detail });
}
