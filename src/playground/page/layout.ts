import { commitsOf, filesOf } from "../github/pulls.ts";
import type { PullRequest, Repository } from "../github/repository.ts";
import { type Content, type Html, html } from "./html.ts";
import { icon } from "./icons.ts";

export type Tab = "conversation" | "commits" | "checks" | "files";

/** A whole document. */
export function document(title: string, body: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/_/assets/page.css">
</head>
<body>
<header class="top"><a class="home" href="/">${icon("pulse")} playground</a>
<span class="note">a stand-in for GitHub on this machine</span></header>
${body}
<script src="/_/assets/mermaid.min.js"></script>
<script src="/_/assets/page.js"></script>
</body>
</html>
`;
  return page.markup;
}

/** The frame of a pull request: title, state, tabs; `live` marks it for updates while it is looked at. */
export function pullFrame(
  repository: Repository,
  pull: PullRequest,
  shown: { readonly tab: Tab; readonly checks: number; readonly content: Content },
): string {
  return document(
    `${pull.title} · Pull Request #${pull.number} · ${repository.fullName}`,
    html`<nav class="crumbs"><a href="/">${repository.owner.login}</a> / <a href="/"><b>${repository.name}</b></a>
<span class="pill">${repository.private ? "Private" : "Public"}</span></nav>
<main data-repository="${repository.fullName}" data-number="${pull.number}">
${heading(repository, pull)}
${tabs(repository, pull, shown.tab, shown.checks)}
${shown.content}
</main>`,
  );
}

function heading(repository: Repository, pull: PullRequest): Html {
  const from = pull.head.repository === repository ? "" : `${pull.head.repository.owner.login}:`;
  const count = commitsOf(repository, pull).length;
  const commits = `${count} commit${count === 1 ? "" : "s"}`;
  const verb = pull.merged
    ? `${pull.merged.by.login} merged ${commits}`
    : `${pull.author.login} wants to merge ${commits}`;
  return html`<div class="heading" data-live="heading"><h1>${pull.title} <span class="number">#${pull.number}</span></h1>
<p>${stateBadge(pull)} <span class="muted">${verb} into</span> <code>${pull.base}</code>
<span class="muted">from</span> <code>${from}${pull.head.branch}</code></p></div>`;
}

/** Open, merged or closed, in GitHub's colours. */
export function stateBadge(pull: PullRequest): Html {
  if (pull.merged) return html`<span class="state merged">${icon("merge")} Merged</span>`;
  if (pull.state === "closed") return html`<span class="state closed">${icon("pull")} Closed</span>`;
  return html`<span class="state open">${icon("pull")} Open</span>`;
}

function tabs(repository: Repository, pull: PullRequest, current: Tab, checks: number): Html {
  const base = `/${repository.fullName}/pull/${pull.number}`;
  const files = filesOf(repository, pull);
  const sum = (field: "additions" | "deletions") => files.reduce((total, file) => total + file[field], 0);
  const tab = (name: Tab, path: string, label: string, count: number) =>
    html`<a href="${base}${path}" class="tab${name === current ? " current" : ""}">${label} <span class="count">${count}</span></a>`;
  return html`<nav class="tabs" data-live="tabs">
${tab("conversation", "", "Conversation", pull.comments.length)}
${tab("commits", "/commits", "Commits", commitsOf(repository, pull).length)}
${tab("checks", "/checks", "Checks", checks)}
${tab("files", "/files", "Files changed", files.length)}
<span class="stat"><b class="plus">+${sum("additions")}</b> <b class="minus">−${sum("deletions")}</b></span>
</nav>`;
}
