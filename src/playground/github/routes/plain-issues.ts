import { textOf } from "../api/fields.ts";
import { forbidden, invalid } from "../api/refusal.ts";
import { authorOf, type Call, type Reply, type Route, repositoryRoute } from "../api/route.ts";
import { issueJson, plainIssueJson } from "../json/issue.ts";
import { type Issue, nextNumber, type Repository } from "../repository.ts";
import { announce, userOf } from "../world.ts";

/** Issues that are no pull requests: listed with those, and opened by whoever may write issues. */
export function plainIssueRoutes(): readonly Route[] {
  return [
    repositoryRoute("GET", "/issues", ["issues:read", "pull_requests:read"], list),
    repositoryRoute("POST", "/issues", "issues:write", open),
  ];
}

/** The plain issue of a number, for a caller who may; permission for pull requests is none for issues. */
export function plainIssueIn(call: Call, { issues }: Repository, level: "read" | "write"): Issue | undefined {
  const found = issues.find(({ number }) => number === Number(call.params.issue_number));
  const { actor } = call;
  const held = actor.kind === "installation" ? actor.permissions.issues : "write";
  if (found !== undefined && (held === undefined || (level === "write" && held === "read"))) throw forbidden();
  return found;
}

/** Changes what a request names of an issue. */
export function changeIssue({ world, body }: Call, repository: Repository, issue: Issue): void {
  issue.title = textOf(body, "title") ?? issue.title;
  issue.body = textOf(body, "body") ?? issue.body;
  issue.updatedAt = world.clock.now();
  const state = textOf(body, "state");
  if (state === "open" || state === "closed") issue.state = state;
  issue.closedAt = issue.state === "closed" ? (issue.closedAt ?? world.clock.now()) : undefined;
  announce(world, repository);
}

function open(call: Call, repository: Repository): Reply {
  const { world, body } = call;
  const title = textOf(body, "title") ?? "";
  if (title.trim() === "") throw invalid({ resource: "Issue", field: "title", code: "missing_field" });
  const at = world.clock.now();
  const issue: Issue = {
    id: world.nextId(),
    number: nextNumber(repository),
    by: authorOf(call.actor),
    title,
    body: textOf(body, "body") ?? "",
    state: "open",
    createdAt: at,
    updatedAt: at,
    closedAt: undefined,
  };
  repository.issues.push(issue);
  announce(world, repository);
  return { status: 201, body: plainIssueJson(world, repository, issue) };
}

/** Newest first, open ones unless all are asked for, as GitHub lists them. */
function list({ world, query }: Call, repository: Repository): Reply {
  const { state = "open", creator } = query;
  const by = creator === undefined ? undefined : userOf(world, creator);
  const all = [
    ...repository.issues.map((issue) => ({
      ...issue,
      author: issue.by.user,
      json: () => plainIssueJson(world, repository, issue),
    })),
    ...repository.pulls.map((pull) => ({ ...pull, json: () => issueJson(world, repository, pull) })),
  ];
  const chosen = all
    .filter((each) => (state === "all" || each.state === state) && (by === undefined || each.author === by))
    .sort((a, b) => b.number - a.number);
  return { items: chosen.map(({ json }) => json()) };
}
