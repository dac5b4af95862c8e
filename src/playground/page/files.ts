import type { FileChange } from "../github/git/changes.ts";
import { linesOf, type PatchLine } from "../github/git/patch.ts";
import { commitsOf, filesOf } from "../github/pulls.ts";
import type { Annotation, PullRequest, Repository, ReviewComment } from "../github/repository.ts";
import { isCurrent } from "../github/review-comments.ts";
import { annotationBox, currentRuns } from "./checks.ts";
import { yamlLine } from "./code.ts";
import { reviewComment, time } from "./conversation.ts";
import { type Html, html, trusted } from "./html.ts";
import { icon } from "./icons.ts";

/** The Files changed tab: every hunk, with the checks' annotations and the reviews' comments under the lines that they are about. */
export function filesTab(repository: Repository, pull: PullRequest): Html {
  const annotations = currentRuns(repository, pull).flatMap((run) => run.annotations);
  const comments = pull.reviews.flatMap((review) => review.comments);
  const shown = comments.filter((comment) => isCurrent(repository, pull, comment));
  const files = filesOf(repository, pull).map((change) => fileBox(change, annotations, shown));
  return html`<div class="files" data-live="files">${files}</div>`;
}

/** The Commits tab. */
export function commitsTab(repository: Repository, pull: PullRequest): Html {
  const rows = commitsOf(repository, pull).map(
    ({ sha, message, author }) => html`<li>${icon("commit")} <b>${message.split("\n")[0] ?? ""}</b>
<span class="muted">${author.name} committed ${time(author.at)}</span> <code class="right">${sha.slice(0, 7)}</code></li>`,
  );
  return html`<section class="box list" data-live="commits"><ul>${rows}</ul></section>`;
}

function fileBox(change: FileChange, annotations: readonly Annotation[], comments: readonly ReviewComment[]): Html {
  const said = comments.filter(({ path }) => path === change.path);
  const own = annotations.filter(({ path }) => path === change.path);
  const lines = linesOf(change.patch);
  const shown = new Set(lines.map(({ after }) => after));
  const elsewhere = own.filter(({ endLine }) => !shown.has(endLine));
  const rows = lines.map(
    (line) =>
      html`${lineRow(line)}${own.filter(({ endLine }) => endLine === line.after).map(annotationRow)}${said.filter((comment) => isUnder(line, comment)).map(commentRow)}`,
  );
  return html`<section class="box file"><header><b>${change.path}</b>
<span class="stat"><b class="plus">+${change.additions}</b> <b class="minus">−${change.deletions}</b></span></header>
${elsewhere.map((annotation) => annotationBox(annotation, true))}
<table class="diff"><tbody>${rows}</tbody></table></section>`;
}

const SIGNS = { hunk: "", add: "+", del: "-", same: " " } as const;

function lineRow({ kind, before, after, text }: PatchLine): Html {
  const content = kind === "hunk" ? text : trusted(`${SIGNS[kind]} ${yamlLine(text)}`);
  return html`<tr class="${kind}"><td class="line-number">${before}</td><td class="line-number">${after}</td><td><pre>${content}</pre></td></tr>`;
}

function annotationRow(annotation: Annotation): Html {
  return html`<tr class="annotated"><td colspan="3">${annotationBox(annotation, false)}</td></tr>`;
}

function isUnder({ before, after }: PatchLine, { line, side }: ReviewComment): boolean {
  return line === (side === "RIGHT" ? after : before);
}

function commentRow(comment: ReviewComment): Html {
  return html`<tr class="annotated"><td colspan="3">${reviewComment(comment)}</td></tr>`;
}
