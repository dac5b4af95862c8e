import type { CheckRun, PullRequest, Repository } from "../github/repository.ts";
import { type Html, html } from "./html.ts";
import { type IconName, icon } from "./icons.ts";
import { markdown } from "./markdown.ts";

/** The newest run of each check at the pull request's head, in the order of their names. */
export function currentRuns(repository: Repository, pull: PullRequest): readonly CheckRun[] {
  const runs = repository.checkRuns.filter(({ headSha }) => headSha === pull.headSha);
  const newest = new Map(runs.map((run) => [`${run.app.id} ${run.name}`, run]));
  return [...newest.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export type Mood = "good" | "bad" | "waiting" | "neutral" | "asks";

/** How a check stands, as one of the page's five colours. */
export function moodOf(run: CheckRun): Mood {
  if (run.status !== "completed") return "waiting";
  if (run.conclusion === "success") return "good";
  if (run.conclusion === "action_required") return "asks";
  return run.conclusion === "neutral" || run.conclusion === "skipped" ? "neutral" : "bad";
}

const ICON_OF: Readonly<Record<Mood, IconName>> = {
  good: "check",
  bad: "cross",
  waiting: "dot",
  neutral: "skip",
  asks: "alert",
};

export function moodIcon(mood: Mood): Html {
  return html`<span class="mood ${mood}">${icon(ICON_OF[mood])}</span>`;
}

/** The check's word for where it stands. */
export function stateWords(run: CheckRun): string {
  const word = run.status === "completed" ? (run.conclusion ?? "completed") : run.status;
  return word.replaceAll("_", " ");
}

/** The list under the conversation. */
export function checksBox(repository: Repository, pull: PullRequest): Html {
  const runs = currentRuns(repository, pull);
  if (runs.length === 0)
    return html`<section class="box checks" data-live="checks"><p>No checks have reported.</p></section>`;
  const rows = runs.map((run) => checkRow(repository, pull, run));
  return html`<section class="box checks" data-live="checks"><header>${headline(runs)}</header><ul>${rows}</ul></section>`;
}

function headline(runs: readonly CheckRun[]): Html {
  const moods = runs.map(moodOf);
  if (moods.includes("bad")) return html`${moodIcon("bad")} <b>Some checks were not successful</b>`;
  if (moods.includes("asks")) return html`${moodIcon("asks")} <b>A check asks for something</b>`;
  if (moods.includes("waiting")) return html`${moodIcon("waiting")} <b>Some checks have not completed yet</b>`;
  return html`${moodIcon("good")} <b>All checks have passed</b>`;
}

function checkRow(repository: Repository, pull: PullRequest, run: CheckRun): Html {
  const required = repository.requiredChecks.includes(run.name) && html`<span class="pill">Required</span>`;
  return html`<li>${moodIcon(moodOf(run))} <a href="/${repository.fullName}/pull/${pull.number}/checks#run-${run.id}"><b>${run.name}</b></a>
<span class="muted">${stateWords(run)}${run.title ? ` — ${run.title}` : ""}</span>${required}</li>`;
}

/** The Checks tab: every run with its output, annotations and buttons. */
export function checksTab(repository: Repository, pull: PullRequest, people: readonly string[]): Html {
  const runs = currentRuns(repository, pull);
  const links = runs.map((run) => html`<li>${moodIcon(moodOf(run))} <a href="#run-${run.id}">${run.name}</a></li>`);
  return html`<div class="split"><aside class="box list" data-live="check-list"><ul>${links}</ul></aside>
<div class="runs">${runs.map((run) => checkDetail(repository, pull, run, people))}</div></div>`;
}

function checkDetail(repository: Repository, pull: PullRequest, run: CheckRun, people: readonly string[]): Html {
  return html`<section class="box run" id="run-${run.id}" data-live="run-${run.id}">
<header>${moodIcon(moodOf(run))} <b>${run.name}</b> <span class="muted">${stateWords(run)} · ${run.app.name}</span>
${buttons(repository, pull, run, people)}</header>
<div class="markdown"><h2>${run.title ?? ""}</h2>${markdown(run.summary ?? "")}${run.text ? markdown(run.text) : ""}</div>
${run.annotations.length > 0 && html`<h3>Annotations</h3>`}
${run.annotations.map((annotation) => annotationBox(annotation, true))}</section>`;
}

/** The app's own buttons, and GitHub's to run a finished check again; pressed as the strongest of the people. */
function buttons(repository: Repository, pull: PullRequest, run: CheckRun, people: readonly string[]): Html {
  const again = run.status === "completed" ? [html`<button name="act" value="rerequest">Re-run</button>`] : [];
  const own = run.actions.map(
    ({ identifier, label, description }) =>
      html`<button name="press" value="${identifier}" title="${description}">${label}</button>`,
  );
  return html`<form class="inline" method="post" action="/${repository.fullName}/pull/${pull.number}/act">
<input type="hidden" name="run" value="${run.id}"><input type="hidden" name="by" value="${people[0] ?? ""}">${own} ${again}</form>`;
}

/** One annotation; on the Checks tab it says where it belongs. */
export function annotationBox(annotation: CheckRun["annotations"][number], withPlace: boolean): Html {
  const { level, title, message, path, startLine, rawDetails } = annotation;
  const mood: Mood = level === "failure" ? "bad" : level === "warning" ? "asks" : "neutral";
  return html`<div class="annotation ${level}">${moodIcon(mood)}<div>
${withPlace && html`<p class="muted">${path}#L${startLine}</p>`}
${title !== null && html`<p><b>${title}</b></p>`}<p class="message">${message}</p>
${rawDetails !== null && html`<pre class="code">${rawDetails}</pre>`}</div></div>`;
}
