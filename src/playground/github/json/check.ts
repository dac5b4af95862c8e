import { pullsOf } from "../pulls.ts";
import type { Annotation, CheckRun, CheckSuite, Repository } from "../repository.ts";
import { nodeId, type World } from "../world.ts";
import { integration } from "./app.ts";
import { simpleCommit } from "./git.ts";
import { minimalPullRequest } from "./pull-request.ts";
import { minimalRepository } from "./repository.ts";
import { isoTime, pageUrl, repositoryUrl } from "./urls.ts";

export function checkRunJson(world: World, repository: Repository, run: CheckRun) {
  const url = repositoryUrl(world, repository, `/check-runs/${run.id}`);
  return {
    id: run.id,
    node_id: nodeId("CR", run.id),
    name: run.name,
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: pageUrl(world, repository, `/runs/${run.id}`),
    details_url: run.detailsUrl === "" ? pageUrl(world, repository, `/runs/${run.id}`) : run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: isoTime(run.startedAt),
    completed_at: run.completedAt === undefined ? null : isoTime(run.completedAt),
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: integration(world, run.app),
    pull_requests: pullsOf(repository, run.headSha).map((pull) => minimalPullRequest(world, repository, pull)),
  };
}

/** A check run in a webhook, where its suite is told in full. */
export function checkRunEventJson(world: World, repository: Repository, run: CheckRun) {
  const suite = repository.checkSuites.find(({ id }) => id === run.suiteId);
  if (suite === undefined) throw new Error(`check run ${run.id} has no suite`);
  const {
    head_commit: _,
    latest_check_runs_count: __,
    check_runs_url: ___,
    ...simple
  } = checkSuiteJson(world, repository, suite);
  return { ...checkRunJson(world, repository, run), check_suite: simple };
}

export function annotationJson(world: World, repository: Repository, run: CheckRun, annotation: Annotation) {
  return {
    path: annotation.path,
    blob_href: pageUrl(world, repository, `/blob/${run.headSha}/${encodeURI(annotation.path)}`),
    start_line: annotation.startLine,
    end_line: annotation.endLine,
    start_column: annotation.startColumn,
    end_column: annotation.endColumn,
    annotation_level: annotation.level,
    title: annotation.title,
    message: annotation.message,
    raw_details: annotation.rawDetails,
  };
}

export function checkSuiteJson(world: World, repository: Repository, suite: CheckSuite) {
  const runs = repository.checkRuns.filter(({ suiteId }) => suiteId === suite.id);
  const url = repositoryUrl(world, repository, `/check-suites/${suite.id}`);
  const commit = repository.git.commits.get(suite.headSha);
  if (commit === undefined) throw new Error(`check suite ${suite.id} has no commit`);
  const done = runs.length > 0 && runs.every(({ status }) => status === "completed");
  return {
    id: suite.id,
    node_id: nodeId("CS", suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status: done ? "completed" : runs.length === 0 ? "queued" : "in_progress",
    conclusion: done ? (runs.find(({ conclusion }) => conclusion !== "success")?.conclusion ?? "success") : null,
    url,
    before: commit.parents[0] ?? null,
    after: suite.headSha,
    pull_requests: pullsOf(repository, suite.headSha).map((pull) => minimalPullRequest(world, repository, pull)),
    app: integration(world, suite.app),
    created_at: isoTime(suite.createdAt),
    updated_at: isoTime(suite.createdAt),
    latest_check_runs_count: runs.length,
    check_runs_url: `${url}/check-runs`,
    head_commit: simpleCommit(commit),
    repository: minimalRepository(world, repository),
  };
}
