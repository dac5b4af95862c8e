// A webhook's verified payload enters; the few facts that a handler needs leave. Payloads are hostile, large and out of date:
// everything else is fetched again, and a serverless function hands itself a kilobyte instead of twenty.

export type DeliveryRepository = { readonly owner: string; readonly name: string; readonly installationId: number };

type Common = { readonly id: string; readonly repository: DeliveryRepository };

export type PullRequestDelivery = Common & {
  readonly kind: "pull-request";
  readonly action: "opened" | "reopened" | "synchronize" | "edited" | "merged" | "held" | "unheld";
  readonly number: number;
  /** Who caused the event: the pusher, for `opened` and `synchronize`. */
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

export type Delivery = PullRequestDelivery | CommentDelivery | CheckDelivery;

/** The label that stops every execution of a pull request. */
export const HOLD_LABEL = "chaos:hold";

/** The identifier of the check's button; GitHub allows 20 characters. */
export const ABORT_ACTION = "abort";

/** The facts of a delivery that somebody handles; undefined for every other event. */
export function deliveryOf(id: string, event: string, payload: unknown): Delivery | undefined {
  const repository = repositoryOf(payload);
  if (repository === undefined) return undefined;
  const common = { id, repository };
  if (event === "pull_request") return pullRequestOf(common, payload);
  if (event === "issue_comment") return commentOf(common, payload);
  if (event === "check_run") return checkOf(common, payload);
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
  if (action === "closed") return at(payload, "pull_request", "merged") === true ? "merged" : undefined;
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
