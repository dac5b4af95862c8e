import type { Deployment, PullRequest, Repository } from "../github/repository.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icons.ts";

/** Reviewers, labels and deployments, as they stand beside the conversation. */
export function sidebar(repository: Repository, pull: PullRequest): Html {
  return html`<aside class="sidebar" data-live="sidebar">
<section><h4>Reviewers</h4>${reviewers(pull)}</section>
<section><h4>Labels</h4>${pull.labels.length === 0 ? html`<p class="muted">None yet</p>` : pull.labels.map(labelPill)}</section>
<section><h4>Deployments</h4>${deployments(repository, pull)}</section>
<section><h4>Participants</h4><p>${participants(pull).join(", ")}</p></section></aside>`;
}

function reviewers(pull: PullRequest): Html {
  const latest = new Map(pull.reviews.map((review) => [review.by.user.login, review]));
  if (latest.size === 0) return html`<p class="muted">No reviews</p>`;
  const rows = [...latest].map(([login, { state, commitSha }]) => {
    const isStale = commitSha !== pull.headSha;
    const name = state === "APPROVED" ? "check" : state === "COMMENTED" ? "eye" : "cross";
    return html`<p>${login} ${icon(name)}${isStale && html` <span class="muted">(older commit)</span>`}</p>`;
  });
  return html`${rows}`;
}

function labelPill(name: string): Html {
  return html`<span class="label">${name}</span> `;
}

function deployments(repository: Repository, pull: PullRequest): Html {
  const own = repository.deployments.filter(({ sha }) => sha === pull.headSha || sha === pull.merged?.sha);
  if (own.length === 0) return html`<p class="muted">None</p>`;
  return html`${own.map(deploymentRow)}`;
}

function deploymentRow(deployment: Deployment): Html {
  const status = deployment.statuses.at(-1);
  const state = status?.state ?? "pending";
  return html`<p>${icon("rocket")} <b>${deployment.environment}</b> <span class="pill deploy-${state}">${state.replaceAll("_", " ")}</span><br>
<span class="muted">${deployment.task}${status?.description ? ` · ${status.description}` : ""}</span></p>`;
}

function participants(pull: PullRequest): readonly string[] {
  const logins = [pull.author, ...pull.comments.map(({ by }) => by.user), ...pull.reviews.map(({ by }) => by.user)];
  return [...new Set(logins.map(({ login }) => login))];
}
