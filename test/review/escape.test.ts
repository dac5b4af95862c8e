import fc from "fast-check";
import { Marked } from "marked";
import { describe, expect, it } from "vitest";
import { code, codeBlock, label, prose, visible } from "../../src/review/escape.ts";
import { table } from "../../src/review/sections.ts";

const marked = new Marked({ gfm: true, breaks: true, async: false });
const html = (markdown: string) => String(marked.parse(markdown));
const tagsIn = (markup: string) => [...new Set([...markup.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name))];

/** Pieces that Markdown, HTML or GitHub give a meaning, and others. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."`*_~[]()<>!|#@\\$&-+=:/.{}\n\t\"'".split(""),
        "```",
        "https://evil.example",
        "www.evil.example",
        "![x](y)",
        "<script>",
        "</details>",
        "<!--",
        "@everyone",
        "#12",
        "1. ",
        "- ",
        "\u202e",
        "\u200b",
        "\u0000",
        "\u{e0041}",
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => pieces.join(""));

describe("prose", () => {
  it.each([
    { name: "a mention", text: "ask @octocat", never: /@octocat/ },
    { name: "a reference", text: "see #12 and GH-12", never: /#12|GH-12/ },
    { name: "a link", text: "[a](https://b.example) https://c.example www.d.example", never: /<a |https:\/\/c|www\.d/ },
    { name: "a picture", text: "![a](https://b.example/c.png)", never: /<img/ },
    { name: "HTML", text: "<img src=x onerror=alert(1)> </details> <!-- x", never: /<img|<\/details|<!--/ },
    { name: "reversed text", text: "a\u202eb", never: /\u202e/ },
    { name: "a new line", text: "a\n# b", never: /\n./ },
  ])("shows $name and does nothing", ({ text, never }) => {
    expect(html(prose(text))).not.toMatch(never);
    expect(prose(text)).not.toMatch(never);
  });

  it("escapes the dollars that GitHub would take for mathematics", () => {
    expect(prose("$x$")).toBe("\\$x\\$");
  });

  it("of anything is one paragraph of text, in a line and in a cell", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(tagsIn(html(`x ${prose(text)}`))).toEqual(["p"]);
        const rows = html(table(["a", "b"], [[prose(text), "c"]]));
        expect(tagsIn(rows).sort()).toEqual(["table", "tbody", "td", "th", "thead", "tr"]);
        expect(rows.match(/<td>/g)).toHaveLength(2);
      }),
      { seed: 11, numRuns: 400 },
    );
  });
});

describe("code", () => {
  it("of anything is one piece of code, in a line and in a cell", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(tagsIn(html(`x ${code(text)}`)).sort()).toEqual(["code", "p"]);
        expect(html(table(["a", "b"], [[code(text), "c"]])).match(/<td>/g)).toHaveLength(2);
      }),
      { seed: 12, numRuns: 400 },
    );
  });

  it("blocks are ended by nothing inside", () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (lines) => {
        expect(html(codeBlock(lines)).match(/<pre>/g)).toHaveLength(1);
        expect(tagsIn(html(codeBlock(lines))).sort()).toEqual(["code", "pre"]);
      }),
      { seed: 13, numRuns: 300 },
    );
  });
});

describe("a label", () => {
  it("holds nothing that a diagram could read", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(label(text)).toMatch(/^[A-Za-z0-9_.-]{1,48}$/);
      }),
      { seed: 14 },
    );
  });
});

describe("what is visible", () => {
  it("names characters that are not seen instead of hiding them, and is bounded", () => {
    expect(visible("a\u202eb\u0007")).toBe("a(U+202E)b(U+0007)");
    expect(visible("x".repeat(5000)).length).toBeLessThanOrEqual(600);
  });
});
