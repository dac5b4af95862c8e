// GitHub's Markdown to markup that cannot do anything: raw HTML passes an allowlist, links lead only to the web, and no
// picture is fetched from anywhere. In: text of a comment, a check or a description. Out: safe markup.

import { Marked, type RendererObject, type Tokens } from "marked";
import { codeBlock } from "./code.ts";
import { escapeHtml, type Html, trusted } from "./html.ts";
import { openTags, sanitizeTags } from "./tags.ts";

/** Longer texts cannot come through the API; the bound is for descriptions that people type. */
const LONGEST = 70_000;

/** Renders one text. */
export function markdown(text: string): Html {
  const stack: string[] = [];
  const marked = new Marked({ gfm: true, breaks: true, async: false });
  marked.use({ renderer: rendererWith(marked, stack) });
  const rendered = marked.parse(visible(text.slice(0, LONGEST)));
  if (typeof rendered !== "string") throw new Error("marked was asked for a text and promised one later");
  return trusted(rendered + openTags(stack));
}

/** Comments in HTML are never shown, wherever they stand. */
function visible(text: string): string {
  return text.replace(/<!--[\s\S]*?-->/g, "");
}

function rendererWith(marked: Marked, stack: string[]): RendererObject {
  return {
    html: ({ text }) => sanitizeTags(text, stack),
    code: ({ text, lang }) => codeBlock(text, lang?.split(/\s/)[0] ?? ""),
    link({ href, tokens }) {
      const shown = this.parser.parseInline(tokens);
      return isWebAddress(href)
        ? `<a href="${escapeHtml(href)}" rel="nofollow noopener noreferrer">${shown}</a>`
        : shown;
    },
    image: ({ text }) => `<span class="picture">${escapeHtml(text)}</span>`,
    blockquote(token) {
      return alert(marked, token) ?? `<blockquote>${this.parser.parse(token.tokens)}</blockquote>`;
    },
    table(token) {
      const head = token.header.map((cell) => tableCell("th", cell, this.parser.parseInline(cell.tokens))).join("");
      const rows = token.rows.map(
        (row) => `<tr>${row.map((cell) => tableCell("td", cell, this.parser.parseInline(cell.tokens))).join("")}</tr>`,
      );
      return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
    },
  };
}

function tableCell(tag: "th" | "td", { align }: Tokens.TableCell, content: string): string {
  return `<${tag}${align ? ` align="${align}"` : ""}>${content}</${tag}>`;
}

/** Relative addresses stay on the page; anything but the web (javascript, data) is shown as plain text. */
function isWebAddress(href: string): boolean {
  return /^(https?:\/\/|mailto:|#|\/(?!\/))/i.test(href);
}

/** GitHub's coloured boxes: a quote that starts with [!NOTE] and its four siblings. */
function alert(marked: Marked, { text }: Tokens.Blockquote): string | undefined {
  const [start, kind = ""] = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)/.exec(text) ?? [];
  if (start === undefined) return undefined;
  const word = kind.slice(0, 1) + kind.slice(1).toLowerCase();
  const body = marked.parser(marked.lexer(text.slice(start.length)));
  return `<div class="alert alert-${kind.toLowerCase()}"><p class="alert-title">${word}</p>${body}</div>`;
}
