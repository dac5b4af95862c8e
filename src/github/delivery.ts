// A webhook's verified payload enters; the few facts that a handler needs leave. Payloads are hostile, large and out of date:
// everything else is fetched again, and a serverless function hands itself a kilobyte instead of twenty.

export type DeliveryRepository = { readonly owner: string; readonly name: string; readonly installationId: number };

type Common = { readonly id: string; readonly repository: DeliveryRepository };

export type PullRequestDelivery = Common & {
  readonly kind: "pull-request";
  readonly action:
    | "opened"
    | "reopened"
    | "synchronize"
    | "edited"
    | "merged"
    | "closed"
    | "held"
    | "unheld"
    | "looked";
  readonly number: number;
  /** Who caused the event: the pusher, for `synchronize`. Empty for `looked`, which the reconciler makes. */
  readonly sender: string;
  /** The head that the event is about; what is reviewed is fetched again. */
  readonly headSha: string;
};

export type CommentDelivery = Common & {
  readonly kind: "comment";
  readonly number: number;
  readonly comment: {
    readonly id: number;
    readonly nodeId: string;
    readonly body: string;
    /** Unix milliseconds, on a whole second. */
    readonly createdAt: number;
    readonly author: string;
    readonly authorType: string;
  };
  readonly sender: string;
};

export type CheckDelivery = Common & {
  readonly kind: "check";
  readonly action: "rerequested" | "abort";
  readonly checkId: number;
  readonly appId: number;
  readonly headSha: string;
  readonly sender: string;
  readonly senderType: string;
};

/** Somebody approved, asked for changes, or took such a review back. What it says is asked of GitHub. */
export type ReviewDelivery = Common & { readonly kind: "review"; readonly number: number };

/** A merge queue asks about a commit of its own. */
export type MergeGroupDelivery = Common & {
  readonly kind: "merge-group";
  readonly headSha: string;
  /** The pull request that the queue's branch names. */
  readonly number?: number;
};

/** A branch was pushed to; which one is the default is asked of GitHub. */
export type PushDelivery = Common & {
  readonly kind: "push";
  readonly branch: string;
  /** Also true where GitHub does not list every commit. */
  readonly touchesSettings: boolean;
};

/** The app was installed on a repository. */
export type InstalledDelivery = Common & { readonly kind: "installed" };

export type Delivery =
  | InstalledDelivery
  | PullRequestDelivery
  | CommentDelivery
  | CheckDelivery
  | ReviewDelivery
  | MergeGroupDelivery
  | PushDelivery;

/** Where a repository's settings are. */
export const SETTINGS_PATH = ".github/chaosgate.yml";

/** The label that stops every execution of a pull request. */
export const HOLD_LABEL = "chaos:hold";

/** The identifier of the check's button; GitHub allows 20 characters. */
export const ABORT_ACTION = "abort";

/** What of an event somebody handles: nothing, one delivery, or one for each repository of an installation. */
export function deliveriesOf(id: string, event: string, payload: unknown): readonly Delivery[] {
  if (event === "installation" || event === "installation_repositories") return installedOf(id, payload);
  const delivery = deliveryOf(id, event, payload);
  return delivery === undefined ? [] : [delivery];
}

/** An installation on everything may have thousands: the first are invited, and whoever looks after the others reads the page. */
const MOST_INVITED = 30;

function installedOf(id: string, payload: unknown): readonly Delivery[] {
  const installationId = count(payload, "installation", "id");
  const added = at(payload, "repositories_added") ?? at(payload, "repositories");
  if (!["created", "added"].includes(text(payload, "action")) || !Array.isArray(added)) return [];
  return added.slice(0, MOST_INVITED).flatMap((each: unknown) => {
    const [owner = "", name = ""] = text(each, "full_name").split("/");
    if (owner === "" || name === "" || installationId === 0) return [];
    return [{ kind: "installed" as const, id, repository: { owner, name, installationId } }];
  });
}

/** The facts of a delivery that somebody handles; undefined for every other event. */
export function deliveryOf(id: string, event: string, payload: unknown): Delivery | undefined {
  const repository = repositoryOf(payload);
  if (repository === undefined) return undefined;
  const common = { id, repository };
  if (event === "pull_request") return pullRequestOf(common, payload);
  if (event === "issue_comment") return commentOf(common, payload);
  if (event === "check_run") return checkOf(common, payload);
  if (event === "check_suite") return suiteOf(common, payload);
  if (event === "merge_group") return mergeGroupOf(common, payload);
  if (event === "push") return pushOf(common, payload);
  if (event === "pull_request_review") return reviewOf(common, payload);
  return undefined;
}

function repositoryOf(payload: unknown): DeliveryRepository | undefined {
  const owner = text(payload, "repository", "owner", "login");
  const name = text(payload, "repository", "name");
  const installationId = count(payload, "installation", "id");
  if (owner === "" || name === "" || installationId === 0) return undefined;
  return { owner, name, installationId };
}

function pullRequestOf(common: Common, payload: unknown): PullRequestDelivery | undefined {
  const action = pullRequestAction(payload);
  const number = count(payload, "pull_request", "number");
  if (action === undefined || number === 0) return undefined;
  const headSha = text(payload, "pull_request", "head", "sha");
  return { ...common, kind: "pull-request", action, number, sender: text(payload, "sender", "login"), headSha };
}

function pullRequestAction(payload: unknown): PullRequestDelivery["action"] | undefined {
  const action = text(payload, "action");
  const held = text(payload, "label", "name") === HOLD_LABEL;
  if (action === "opened" || action === "reopened" || action === "synchronize") return action;
  if (action === "edited") return at(payload, "changes", "base") === undefined ? undefined : "edited";
  if (action === "closed") return at(payload, "pull_request", "merged") === true ? "merged" : "closed";
  if (action === "labeled") return held ? "held" : undefined;
  if (action === "unlabeled") return held ? "unheld" : undefined;
  return undefined;
}

/**
 * Only `created` counts: an edited comment could turn an old discussion into a command. Whether the number is a pull request's is
 * asked of GitHub, when there is a command at all.
 */
function commentOf(common: Common, payload: unknown): CommentDelivery | undefined {
  if (text(payload, "action") !== "created") return undefined;
  const createdAt = Date.parse(text(payload, "comment", "created_at"));
  const number = count(payload, "issue", "number");
  if (Number.isNaN(createdAt) || number === 0) return undefined;
  const comment = {
    id: count(payload, "comment", "id"),
    nodeId: text(payload, "comment", "node_id"),
    body: text(payload, "comment", "body"),
    createdAt,
    author: text(payload, "comment", "user", "login"),
    authorType: text(payload, "comment", "user", "type"),
  };
  return { ...common, kind: "comment", number, comment, sender: text(payload, "sender", "login") };
}

/** A review that only comments decides nothing, and this app's own suggestions are such reviews. */
function reviewOf(common: Common, payload: unknown): ReviewDelivery | undefined {
  const number = count(payload, "pull_request", "number");
  const state = text(payload, "review", "state").toLowerCase();
  const decides = ["approved", "changes_requested", "dismissed"].includes(state);
  return number === 0 || !decides ? undefined : { ...common, kind: "review", number };
}

function checkOf(common: Common, payload: unknown): CheckDelivery | undefined {
  const action = checkAction(payload);
  if (action === undefined) return undefined;
  return {
    ...common,
    kind: "check",
    action,
    checkId: count(payload, "check_run", "id"),
    appId: count(payload, "check_run", "app", "id"),
    headSha: text(payload, "check_run", "head_sha"),
    sender: text(payload, "sender", "login"),
    senderType: text(payload, "sender", "type"),
  };
}

/** `Re-run all checks`: the same as asking for one of them. */
function suiteOf(common: Common, payload: unknown): CheckDelivery | undefined {
  if (text(payload, "action") !== "rerequested") return undefined;
  return {
    ...common,
    kind: "check",
    action: "rerequested",
    checkId: 0,
    appId: count(payload, "check_suite", "app", "id"),
    headSha: text(payload, "check_suite", "head_sha"),
    sender: text(payload, "sender", "login"),
    senderType: text(payload, "sender", "type"),
  };
}

/** GitHub names a queue's branch `gh-readonly-queue/<base>/pr-<number>-<sha>`, and nobody else can push there. */
function mergeGroupOf(common: Common, payload: unknown): MergeGroupDelivery | undefined {
  const headSha = text(payload, "merge_group", "head_sha");
  if (text(payload, "action") !== "checks_requested" || headSha === "") return undefined;
  const ref = text(payload, "merge_group", "head_ref");
  const number = Number(/^refs\/heads\/gh-readonly-queue\/.+\/pr-(\d{1,10})-[0-9a-f]{40,64}$/.exec(ref)?.[1]);
  return { ...common, kind: "merge-group", headSha, ...(number > 0 && { number }) };
}

/** A push event lists twenty commits of a longer push; one that rewrote the branch lists what is not the difference. */
const LISTED_COMMITS = 20;

function pushOf(common: Common, payload: unknown): PushDelivery | undefined {
  const branch = /^refs\/heads\/(.+)$/.exec(text(payload, "ref"))?.[1];
  if (branch === undefined || at(payload, "deleted") === true) return undefined;
  const commits = at(payload, "commits");
  const listed: readonly unknown[] = Array.isArray(commits) ? commits : [];
  const incomplete = listed.length === 0 || listed.length >= LISTED_COMMITS || at(payload, "forced") === true;
  return { ...common, kind: "push", branch, touchesSettings: incomplete || listed.some(namesSettings) };
}

function namesSettings(commit: unknown): boolean {
  return ["added", "modified", "removed"].some((list) => {
    const paths = at(commit, list);
    return Array.isArray(paths) && paths.includes(SETTINGS_PATH);
  });
}

function checkAction(payload: unknown): CheckDelivery["action"] | undefined {
  const action = text(payload, "action");
  if (action === "rerequested") return action;
  const button = text(payload, "requested_action", "identifier");
  return action === "requested_action" && button === ABORT_ACTION ? "abort" : undefined;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

function text(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

function count(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path);
  return typeof found === "number" && Number.isSafeInteger(found) && found > 0 ? found : 0;
}
