import { isMergeable } from "../github/pulls.ts";
import type { PullRequest, Repository } from "../github/repository.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icons.ts";

/** Whether it merges, as GitHub says it above the checks. */
export function mergeBox(repository: Repository, pull: PullRequest): Html {
  if (pull.merged) {
    return html`<section class="box merge merged" data-live="merge">${icon("merge")} <b>Pull request successfully merged and closed</b></section>`;
  }
  if (pull.state === "closed")
    return html`<section class="box merge" data-live="merge">Closed with unmerged commits</section>`;
  const words = isMergeable(repository, pull)
    ? "This branch has no conflicts with the base branch"
    : "This branch has conflicts that must be resolved";
  return html`<section class="box merge" data-live="merge">${icon("merge")} <b>${words}</b></section>`;
}

const ACTS = [
  ["comment", "Comment"],
  ["approve", "Approve"],
  ["merge", "Merge pull request"],
  ["close", "Close"],
  ["reopen", "Reopen"],
] as const;

/** A box to say or do something as one of the people of the repository. */
export function replyBox(repository: Repository, pull: PullRequest, people: readonly string[]): Html {
  const options = people.map((login) => html`<option>${login}</option>`);
  const shown = ACTS.filter(([act]) =>
    pull.state === "open" ? act !== "reopen" : act === "comment" || act === "reopen",
  );
  return html`<form class="box reply" method="post" action="/${repository.fullName}/pull/${pull.number}/act">
<header><b>Add a comment</b> <label>as <select name="by">${options}</select></label></header>
<textarea name="body" rows="4" maxlength="65536" placeholder="/chaos help"></textarea>
<p class="buttons">${shown.map(([act, label]) => html`<button name="act" value="${act}" class="${act}">${label}</button>`)}</p></form>`;
}
