import { escapeHtml } from "./html.ts";

/** A fenced block: mermaid to be drawn, a suggestion, a diff, or code. */
export function codeBlock(text: string, language: string): string {
  if (language === "mermaid") return `<pre class="mermaid-source">${escapeHtml(text)}</pre>`;
  if (language === "suggestion") return suggestion(text);
  if (language === "diff") return `<pre class="code diff">${text.split("\n").map(diffLine).join("")}</pre>`;
  const body = language === "yaml" ? text.split("\n").map(yamlLine).join("\n") : escapeHtml(text);
  return `<pre class="code"><code>${body}</code></pre>`;
}

function suggestion(text: string): string {
  const lines = text.split("\n").map((line) => `<span class="line add">${escapeHtml(line)}\n</span>`);
  return `<div class="suggestion"><p>Suggested change</p><pre class="code diff">${lines.join("")}</pre></div>`;
}

function diffLine(line: string): string {
  const kind = line.startsWith("+") ? " add" : line.startsWith("-") ? " del" : "";
  return `<span class="line${kind}">${escapeHtml(line)}\n</span>`;
}

/** Colours a line's key and comment: enough to read a manifest by. */
export function yamlLine(line: string): string {
  const [, before = "", key = "", rest = ""] = /^(\s*(?:- )*)([\w./-]+:)(.*)$/.exec(line) ?? [];
  const isComment = /^\s*#/.test(line);
  if (isComment) return `<span class="yaml-comment">${escapeHtml(line)}</span>`;
  if (key === "") return escapeHtml(line);
  return `${escapeHtml(before)}<span class="yaml-key">${escapeHtml(key)}</span>${escapeHtml(rest)}`;
}
