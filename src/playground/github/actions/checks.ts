import { forbidden, invalid, notFound } from "../api/refusal.ts";
import { checkRunEventJson } from "../json/check.ts";
import { atLeast, type CheckAction, type CheckRun, type Repository, roleOf } from "../repository.ts";
import { type App, announce, type User, type World } from "../world.ts";
import { suiteOf } from "./check-suites.ts";

/** What a request may set on a check run; what is left out stays. Annotations are added to those that are there. */
export type CheckChange = Partial<
  Pick<
    CheckRun,
    | "name"
    | "externalId"
    | "detailsUrl"
    | "status"
    | "conclusion"
    | "startedAt"
    | "completedAt"
    | "title"
    | "summary"
    | "text"
    | "annotations"
    | "actions"
  >
>;

export function createCheckRun(
  world: World,
  repository: Repository,
  app: App,
  what: { readonly name: string; readonly headSha: string; readonly change: CheckChange },
): CheckRun {
  if (!repository.git.commits.has(what.headSha)) {
    throw invalid({ resource: "CheckRun", code: "custom", message: `No commit found for SHA: ${what.headSha}` });
  }
  refuseHalfDone(what.change);
  const suite = suiteOf(world, repository, app, what.headSha);
  const run: CheckRun = {
    id: world.nextId(),
    suiteId: suite.id,
    app,
    headSha: what.headSha,
    name: what.name,
    externalId: "",
    detailsUrl: "",
    status: "queued",
    conclusion: null,
    startedAt: world.clock.now(),
    completedAt: undefined,
    title: null,
    summary: null,
    text: null,
    annotations: [],
    actions: [],
  };
  apply(world, run, what.change);
  repository.checkRuns.push(run);
  tell(world, repository, run, "created");
  if (run.status === "completed") tell(world, repository, run, "completed");
  return run;
}

/** Changes a check run; another app's is out of reach. */
export function updateCheckRun(
  world: World,
  repository: Repository,
  run: CheckRun,
  app: App,
  change: CheckChange,
): void {
  if (run.app !== app)
    throw forbidden(`Invalid app_id \`${app.id}\` - check run can only be modified by the GitHub App that created it.`);
  refuseHalfDone(change);
  const wasDone = run.status === "completed";
  apply(world, run, change);
  if (!wasDone && run.status === "completed") tell(world, repository, run, "completed");
  else announceRun(world, repository, run);
}

/** Somebody presses a button of a check: its app hears which. */
export function pressAction(world: World, repository: Repository, run: CheckRun, by: User, identifier: string): void {
  if (!run.actions.some((action: CheckAction) => action.identifier === identifier)) throw notFound();
  refuseReader(repository, by);
  tell(world, repository, run, "requested_action", by, { requested_action: { identifier } });
}

/** Somebody asks for a check again: its app hears of it and has to answer with a new run. */
export function rerequestCheck(world: World, repository: Repository, run: CheckRun, by: User): void {
  refuseReader(repository, by);
  tell(world, repository, run, "rerequested", by);
}

/** What the description says in words only: an end needs a conclusion, and lines count from 1 upwards. */
function refuseHalfDone({ status, conclusion, annotations = [] }: CheckChange): void {
  if (status === "completed" && !conclusion) {
    throw invalid({ resource: "CheckRun", field: "conclusion", code: "missing_field" });
  }
  if (annotations.some(({ startLine, endLine }) => startLine < 1 || endLine < startLine)) {
    throw invalid({ resource: "CheckRun", field: "annotations", code: "invalid" });
  }
}

function refuseReader(repository: Repository, by: User): void {
  if (by.type !== "Bot" && !atLeast(roleOf(repository, by), "write")) throw forbidden("Must have write access.");
}

function apply(world: World, run: CheckRun, change: CheckChange): void {
  const { annotations = [], ...rest } = change;
  Object.assign(run, Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)));
  run.annotations.push(...annotations);
  if (change.conclusion) run.status = "completed";
  if (run.status !== "completed") {
    run.conclusion = null;
    run.completedAt = undefined;
    return;
  }
  run.completedAt ??= world.clock.now();
}

function tell(
  world: World,
  repository: Repository,
  run: CheckRun,
  action: string,
  sender: User = run.app.bot,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const payload = { check_run: checkRunEventJson(world, repository, run), ...more };
  const toOwner = action === "requested_action" || action === "rerequested" ? { onlyApp: run.app } : {};
  world.emit({ event: "check_run", action, repository, sender, payload, ...toOwner });
  announceRun(world, repository, run);
}

function announceRun(world: World, repository: Repository, run: CheckRun): void {
  for (const pull of repository.pulls) if (pull.headSha === run.headSha) announce(world, repository, pull.number);
}
