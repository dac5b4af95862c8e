import { emitSuite } from "../actions/check-suites.ts";
import { type CheckChange, createCheckRun, rerequestCheck, updateCheckRun } from "../actions/checks.ts";
import { listOf, numberOf, objectOf, textOf } from "../api/fields.ts";
import { isObject, type JsonObject } from "../api/json-schema.ts";
import { notFound } from "../api/refusal.ts";
import { authorOf, type Call, idIn, type Reply, type Route, repositoryRoute } from "../api/route.ts";
import { annotationJson, checkRunJson, checkSuiteJson } from "../json/check.ts";
import type { Annotation, CheckAction, CheckRun, CheckSuite, Repository } from "../repository.ts";
import type { App } from "../world.ts";
import { commitAt } from "./git.ts";

/** Check runs and suites: everybody may read them, only apps write them, and each app only its own. */
export function checkRoutes(): readonly Route[] {
  const [read, write] = ["checks:read", "checks:write"] as const;
  const appsOnly = { appsOnly: true };
  return [
    repositoryRoute("POST", "/check-runs", write, create, appsOnly),
    repositoryRoute("GET", "/check-runs/{check_run_id}", read, getRun),
    repositoryRoute("PATCH", "/check-runs/{check_run_id}", write, update, appsOnly),
    repositoryRoute("GET", "/check-runs/{check_run_id}/annotations", read, listAnnotations),
    repositoryRoute("POST", "/check-runs/{check_run_id}/rerequest", write, rerequest),
    repositoryRoute("GET", "/commits/{ref}/check-runs", read, listForRef),
    repositoryRoute("GET", "/commits/{ref}/check-suites", read, listSuites),
    repositoryRoute("GET", "/check-suites/{check_suite_id}", read, getSuite),
    repositoryRoute("GET", "/check-suites/{check_suite_id}/check-runs", read, listForSuite),
    repositoryRoute("POST", "/check-suites/{check_suite_id}/rerequest", write, rerequestSuite),
  ];
}

function create(call: Call, repository: Repository): Reply {
  const { world, body } = call;
  const name = textOf(body, "name") ?? "";
  const headSha = textOf(body, "head_sha") ?? "";
  const run = createCheckRun(world, repository, appIn(call), { name, headSha, change: changeIn(body) });
  return { status: 201, body: checkRunJson(world, repository, run) };
}

function update(call: Call, repository: Repository): Reply {
  const run = runIn(call, repository);
  updateCheckRun(call.world, repository, run, appIn(call), changeIn(call.body));
  return { status: 200, body: checkRunJson(call.world, repository, run) };
}

function getRun(call: Call, repository: Repository): Reply {
  return { status: 200, body: checkRunJson(call.world, repository, runIn(call, repository)) };
}

function listAnnotations(call: Call, repository: Repository): Reply {
  const run = runIn(call, repository);
  return { items: run.annotations.map((each) => annotationJson(call.world, repository, run, each)) };
}

function rerequest(call: Call, repository: Repository): Reply {
  rerequestCheck(call.world, repository, runIn(call, repository), authorOf(call.actor).user);
  return { status: 201, body: {} };
}

function listForRef(call: Call, repository: Repository): Reply {
  const { sha } = commitAt(repository, call.params.ref);
  return listed(call, repository, (run) => run.headSha === sha);
}

function listForSuite(call: Call, repository: Repository): Reply {
  const { id } = suiteIn(call, repository);
  return listed(call, repository, (run) => run.suiteId === id);
}

/** Newest first; `filter=latest`, the default, shows the last run of each name in a suite. */
function listed(call: Call, repository: Repository, belongs: (run: CheckRun) => boolean): Reply {
  const { check_name: name, status, filter = "latest", app_id: appId } = call.query;
  const found = repository.checkRuns
    .filter(belongs)
    .filter((run) => name === undefined || run.name === name)
    .filter((run) => status === undefined || run.status === status)
    .filter((run) => appId === undefined || run.app.id === Number(appId));
  const key = (run: CheckRun) => `${run.suiteId} ${run.name}`;
  const latest = new Map(found.map((run) => [key(run), run]));
  const shown = filter === "all" ? found : found.filter((run) => latest.get(key(run)) === run);
  return {
    items: shown.reverse().map((run) => checkRunJson(call.world, repository, run)),
    wrap: (check_runs, total_count) => ({ total_count, check_runs }),
  };
}

function listSuites(call: Call, repository: Repository): Reply {
  const { sha } = commitAt(repository, call.params.ref);
  const found = repository.checkSuites.filter((suite) => suite.headSha === sha);
  return {
    items: found.map((suite) => checkSuiteJson(call.world, repository, suite)),
    wrap: (check_suites, total_count) => ({ total_count, check_suites }),
  };
}

function getSuite(call: Call, repository: Repository): Reply {
  return { status: 200, body: checkSuiteJson(call.world, repository, suiteIn(call, repository)) };
}

function rerequestSuite(call: Call, repository: Repository): Reply {
  emitSuite(call.world, repository, authorOf(call.actor).user, suiteIn(call, repository), "rerequested");
  return { status: 201, body: {} };
}

function runIn(call: Call, repository: Repository): CheckRun {
  const id = idIn(call, "check_run_id");
  const run = repository.checkRuns.find((candidate) => candidate.id === id);
  if (run === undefined) throw notFound();
  return run;
}

function suiteIn(call: Call, repository: Repository): CheckSuite {
  const id = idIn(call, "check_suite_id");
  const suite = repository.checkSuites.find((candidate) => candidate.id === id);
  if (suite === undefined) throw notFound();
  return suite;
}

function appIn({ actor }: Call): App {
  if (actor.kind !== "installation") throw new Error("a route for apps let somebody else in");
  return actor.app;
}

function changeIn(body: JsonObject): CheckChange {
  const output = objectOf(body, "output") ?? {};
  const change = {
    name: textOf(body, "name"),
    externalId: textOf(body, "external_id"),
    detailsUrl: textOf(body, "details_url"),
    status: textOf(body, "status"),
    conclusion: textOf(body, "conclusion"),
    startedAt: timeOf(body, "started_at"),
    completedAt: timeOf(body, "completed_at"),
    title: textOf(output, "title"),
    summary: textOf(output, "summary"),
    text: textOf(output, "text"),
    annotations: listOf(output, "annotations")?.filter(isObject).map(annotationIn),
    actions: listOf(body, "actions")?.filter(isObject).map(actionIn),
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function timeOf(body: JsonObject, field: string): number | undefined {
  const text = textOf(body, field);
  return text === undefined ? undefined : Date.parse(text);
}

function annotationIn(raw: JsonObject): Annotation {
  return {
    path: textOf(raw, "path") ?? "",
    startLine: numberOf(raw, "start_line") ?? 1,
    endLine: numberOf(raw, "end_line") ?? 1,
    startColumn: numberOf(raw, "start_column") ?? null,
    endColumn: numberOf(raw, "end_column") ?? null,
    level: (textOf(raw, "annotation_level") ?? "notice") as Annotation["level"],
    title: textOf(raw, "title") ?? null,
    message: textOf(raw, "message") ?? "",
    rawDetails: textOf(raw, "raw_details") ?? null,
  };
}

function actionIn(raw: JsonObject): CheckAction {
  return {
    label: textOf(raw, "label") ?? "",
    description: textOf(raw, "description") ?? "",
    identifier: textOf(raw, "identifier") ?? "",
  };
}
