import { describe, expect, it } from "vitest";
import { linesOf } from "../../../src/playground/github/git/patch.ts";
import { markdown } from "../../../src/playground/page/markdown.ts";

describe("Markdown on the page", () => {
  it.each([
    { name: "a script", text: "<script>alert(1)</script>" },
    { name: "a picture with a handler", text: "<img src=x onerror=alert(1)>" },
    { name: "a handler on an allowed tag", text: "<details ontoggle=alert(1) open>x</details>" },
    { name: "a link to a script", text: "[x](javascript:alert(1))" },
    { name: "a link to data", text: "[x](data:text/html,<script>alert(1)</script>)" },
    { name: "a picture from elsewhere", text: "![x](https://elsewhere.example/p.png)" },
    { name: "an attribute that breaks out of a link", text: '[x](https://a.example/"onmouseover="alert(1))' },
    { name: "a frame", text: "<iframe src=https://elsewhere.example></iframe>" },
    { name: "a style", text: "<style>body{display:none}</style><p style='position:fixed'>x</p>" },
    { name: "a tag cut short", text: "<img src=x onerror=alert(1) //" },
    { name: "a script hidden in a diagram", text: "```mermaid\n</pre><script>alert(1)</script>\n```" },
    { name: "a script in the name of a language", text: '```"><script>alert(1)</script>\nx\n```' },
    { name: "a form", text: "<form action=https://elsewhere.example><button>x</button></form>" },
  ])("makes $name harmless", ({ text }) => {
    const { markup } = markdown(text);
    const tags = [...markup.matchAll(/<\/?([a-z0-9]+)((?:[^>"]|"[^"]*")*)>/gi)];
    expect(tags.map(([, name]) => name)).not.toContain("script");
    for (const [tag, name = "", attributes = ""] of tags) {
      expect(HARMLESS, tag).toContain(name);
      expect(attributes, tag).not.toMatch(/\son\w+\s*=|style\s*=|javascript:|data:/i);
    }
  });

  it.each([
    { name: "a table", text: "|a|b|\n|:-|-:|\n|1|2|", has: '<td align="right">2</td>' },
    { name: "an alert", text: "> [!WARNING]\n> careful", has: '<div class="alert alert-warning">' },
    {
      name: "a folded part",
      text: "<details><summary>More</summary>\n\n**x**\n\n</details>",
      has: "<strong>x</strong>",
    },
    { name: "a suggestion", text: "```suggestion\nvalue: 1\n```", has: "Suggested change" },
    {
      name: "a diagram to be drawn",
      text: "```mermaid\nflowchart LR\n```",
      has: '<pre class="mermaid-source">flowchart LR',
    },
    { name: "a link to the web", text: "[x](https://a.example)", has: 'rel="nofollow noopener noreferrer"' },
    { name: "a task", text: "- [x] done", has: "checkbox" },
  ])("shows $name", ({ text, has }) => {
    expect(markdown(text).markup).toContain(has);
  });

  it("shows no HTML comment, so that markers stay between machines", () => {
    expect(markdown("<!-- chaosgate:review -->\nhello").markup).not.toContain("chaosgate");
  });

  it("closes what a text leaves open and ignores what it never opened", () => {
    expect(markdown("<details><summary>x").markup).toMatch(/<\/summary><\/details>$/);
    expect(markdown("</details></p>x").markup).not.toContain("</details>");
  });
});

/** What Markdown itself and the allowlist may produce; none of them loads or runs anything. */
const HARMLESS = (
  "p a strong em del code pre span div table thead tbody tr th td ul ol li blockquote h1 h2 h3 h4 h5 h6 " +
  "details summary b i kbd sub sup br hr input"
).split(" ");

describe("a patch as numbered lines", () => {
  it("counts both sides from the hunk's header", () => {
    const lines = linesOf("@@ -4,2 +4,2 @@\n a\n-b\n+c");
    expect(lines.map(({ kind, before, after }) => [kind, before, after])).toEqual([
      ["hunk", undefined, undefined],
      ["same", 4, 4],
      ["del", 5, undefined],
      ["add", undefined, 5],
    ]);
  });
});
