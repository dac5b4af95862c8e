import type { FileChange } from "../github/git/changes.ts";
import { commitsOf, filesOf } from "../github/pulls.ts";
import type { Annotation, PullRequest, Repository } from "../github/repository.ts";
import { annotationBox, currentRuns } from "./checks.ts";
import { yamlLine } from "./code.ts";
import { time } from "./conversation.ts";
import { type Html, html, trusted } from "./html.ts";
import { icon } from "./icons.ts";

/** The Files changed tab: every hunk, with the checks' annotations under the lines that they are about. */
export function filesTab(repository: Repository, pull: PullRequest): Html {
  const annotations = currentRuns(repository, pull).flatMap((run) => run.annotations);
  const files = filesOf(repository, pull).map((change) => fileBox(change, annotations));
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

function fileBox(change: FileChange, annotations: readonly Annotation[]): Html {
  const own = annotations.filter(({ path }) => path === change.path);
  const lines = linesOf(change.patch);
  const shown = new Set(lines.map(({ after }) => after));
  const elsewhere = own.filter(({ endLine }) => !shown.has(endLine));
  const rows = lines.map(
    (line) => html`${lineRow(line)}${own.filter(({ endLine }) => endLine === line.after).map(annotationRow)}`,
  );
  return html`<section class="box file"><header><b>${change.path}</b>
<span class="stat"><b class="plus">+${change.additions}</b> <b class="minus">−${change.deletions}</b></span></header>
${elsewhere.map((annotation) => annotationBox(annotation, true))}
<table class="diff"><tbody>${rows}</tbody></table></section>`;
}

type Line = {
  readonly kind: "hunk" | "add" | "del" | "same";
  readonly before?: number;
  readonly after?: number;
  readonly text: string;
};

/** A patch as numbered lines. */
export function linesOf(patch: string): readonly Line[] {
  let [before, after] = [0, 0];
  return patch
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("\\"))
    .map((line): Line => {
      const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
      if (hunk) {
        [before, after] = [Number(hunk[1]), Number(hunk[2])];
        return { kind: "hunk", text: line };
      }
      const text = line.slice(1);
      if (line.startsWith("+")) return { kind: "add", after: after++, text };
      if (line.startsWith("-")) return { kind: "del", before: before++, text };
      return { kind: "same", before: before++, after: after++, text };
    });
}

const SIGNS = { hunk: "", add: "+", del: "-", same: " " } as const;

function lineRow({ kind, before, after, text }: Line): Html {
  const content = kind === "hunk" ? text : trusted(`${SIGNS[kind]} ${yamlLine(text)}`);
  return html`<tr class="${kind}"><td class="line-number">${before}</td><td class="line-number">${after}</td><td><pre>${content}</pre></td></tr>`;
}

function annotationRow(annotation: Annotation): Html {
  return html`<tr class="annotated"><td colspan="3">${annotationBox(annotation, false)}</td></tr>`;
}
