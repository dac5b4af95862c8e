import { structuredPatch } from "diff";
import fc from "fast-check";
import { Marked } from "marked";
import { describe, expect, it } from "vitest";
import type { ManifestFile } from "../../src/manifest/document.ts";
import type { Suggestion } from "../../src/manifest/problem.ts";
import type { Review } from "../../src/review/review.ts";
import { type ChangedFile, suggestionReview } from "../../src/review/suggestions.ts";

const PATH = "chaos/a.yaml";
const WHOLE_FILE: readonly ChangedFile[] = [{ path: PATH, patch: "@@ -0,0 +1,100 @@" }];

/** A review whose only file has these suggestions, each at a problem of its own. */
function reviewWith(suggestions: readonly Suggestion[]): Review {
  const problems = suggestions.map((suggestion, index) => ({
    code: `rule-${index}`,
    path: "spec.value",
    place: { line: suggestion.line, column: 1 },
    message: "value is no number.",
    fix: "Write a number.",
    suggestion,
  }));
  const file: ManifestFile = { path: PATH, problems, documents: [], otherDocuments: 0 };
  return {
    rulesVersion: "1",
    headSha: "0".repeat(40),
    environment: "staging",
    outcome: "invalid",
    files: [file],
    experiments: [],
  };
}

const at = (line: number, replacement: string, endLine = line): Suggestion => ({ line, endLine, replacement });

describe("a fix is suggested", () => {
  it("with its rule, its reason and the lines that are committed", () => {
    const said = suggestionReview(reviewWith([at(3, '  value: "30"')]), WHOLE_FILE);
    expect(said?.body).toBe("One fix can be committed from here.");
    expect(said?.comments).toEqual([
      {
        path: PATH,
        line: 3,
        side: "RIGHT",
        body: '`rule-0`: Value is no number. Write a number.\n\n```suggestion\n  value: "30"\n```',
      },
    ]);
  });

  it("on all the lines that it replaces", () => {
    const [comment] = suggestionReview(reviewWith([at(3, "a: 1", 5)]), WHOLE_FILE)?.comments ?? [];
    expect(comment).toMatchObject({ start_line: 3, start_side: "RIGHT", line: 5, side: "RIGHT" });
  });

  it("with what it takes for granted", () => {
    const suggestion = { ...at(3, "a: 1"), assumes: "Every pod is a peer, says @all." };
    const [comment] = suggestionReview(reviewWith([suggestion]), WHOLE_FILE)?.comments ?? [];
    expect(comment?.body).toContain("Taken for granted: Every pod is a peer, says @\u200ball.");
  });

  it("as nothing where the lines go away", () => {
    const [comment] = suggestionReview(reviewWith([at(3, "")]), WHOLE_FILE)?.comments ?? [];
    expect(comment?.body).toMatch(/```suggestion\n```$/);
  });

  it("once where two problems have the same one, with both reasons", () => {
    const said = suggestionReview(reviewWith([at(3, "a: 1"), at(3, "a: 1")]), WHOLE_FILE);
    expect(said?.comments).toHaveLength(1);
    expect(said?.comments[0]?.body).toMatch(/`rule-0`.*\n\n`rule-1`/);
    expect(said?.body).not.toContain("more");
  });
});

describe("a fix is left to the check", () => {
  const LEFT: readonly {
    readonly name: string;
    readonly left: Suggestion;
    readonly changed?: readonly ChangedFile[];
  }[] = [
    { name: "above the diff", left: at(9, "a: 1"), changed: [{ path: PATH, patch: "@@ -9 +3 @@" }] },
    { name: "half in a hunk", left: at(3, "a: 1", 4), changed: [{ path: PATH, patch: "@@ -1,3 +1,3 @@" }] },
    {
      name: "across two hunks",
      left: at(4, "a: 1", 11),
      changed: [{ path: PATH, patch: "@@ -1,4 +1,4 @@\n x\n@@ -9,4 +9,4 @@" }],
    },
    {
      name: "named by a line of the file that looks like a header",
      left: at(50, "a: 1"),
      changed: [{ path: PATH, patch: "@@ -0,0 +1,3 @@\n+@@ -1 +50 @@\n+x\r@@ -1 +50 @@\n+y\u2028@@ -1 +50 @@" }],
    },
    { name: "in a file of which GitHub shows no patch", left: at(4, "a: 1"), changed: [{ path: PATH }] },
    { name: "with letters that are not seen", left: at(4, "a: \u202e1") },
    { name: "that is longer than anybody reads", left: at(4, `a: ${"x".repeat(4001)}`) },
    { name: "over lines that an earlier one rewrites", left: at(3, "a: 2", 4) },
  ];

  it.each(LEFT)("$name", ({ left, changed = WHOLE_FILE }) => {
    const said = suggestionReview(reviewWith([at(3, "a: 1"), left]), changed);
    expect(said?.comments.map(({ line }) => line) ?? []).toEqual(changed[0]?.patch === undefined ? [] : [3]);
    if (said !== undefined) expect(said.body).toContain("The check `chaos / review` has 1 more.");
  });

  it("beyond twenty, and the review says how many", () => {
    const many = Array.from({ length: 23 }, (_, index) => at(index + 1, "a: 1"));
    const said = suggestionReview(reviewWith(many), WHOLE_FILE);
    expect(said?.comments).toHaveLength(20);
    expect(said?.body).toBe("20 fixes can be committed from here. The check `chaos / review` has 3 more.");
  });

  it("when it stands already from an earlier commit", () => {
    const review = reviewWith([at(3, "a: 1"), at(7, "b: 1")]);
    const [first, second] = suggestionReview(review, WHOLE_FILE)?.comments ?? [];
    if (first === undefined || second === undefined) throw new Error("nothing was suggested");
    expect(suggestionReview(review, WHOLE_FILE, [first])?.comments).toEqual([second]);
    expect(suggestionReview(review, WHOLE_FILE, [first, second])).toBeUndefined();
  });
});

describe("whatever a manifest holds", () => {
  const file = fc.array(fc.constantFrom("a: 1", "b: 2", "@@ -1 +1 @@", "", "c: x\r"), { maxLength: 60 });
  const suggestion = fc
    .record({ line: fc.integer({ min: 1, max: 60 }), length: fc.integer({ min: 0, max: 6 }) })
    .map(({ line, length }) => at(line, "a: 1", line + length));

  it("every comment's lines lie in one hunk, at lines that the diff shows", () => {
    const law = fc.property(file, file, fc.array(suggestion, { maxLength: 30 }), (before, after, suggestions) => {
      const { hunks } = structuredPatch("a", "a", before.join("\n"), after.join("\n"), "", "", { context: 3 });
      const header = (hunk: (typeof hunks)[number]) =>
        `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
      const patch = hunks.map((hunk) => [header(hunk), ...hunk.lines].join("\n")).join("\n");
      const said = suggestionReview(reviewWith(suggestions), [{ path: PATH, patch }])?.comments ?? [];
      const shown = hunks.map(({ newStart, lines }) => {
        const right = lines.filter((line) => line.startsWith("+") || line.startsWith(" "));
        return new Set(right.map((_, index) => newStart + index));
      });
      for (const { line, start_line: first = line } of said)
        expect(shown.some((lines) => lines.has(first) && lines.has(line))).toBe(true);
      const covered = said.flatMap(({ line, start_line: first = line }) =>
        Array.from({ length: line - first + 1 }, (_, index) => first + index),
      );
      expect(new Set(covered).size).toBe(covered.length);
    });
    fc.assert(law, { seed: 20261126, numRuns: 500 });
  });

  it("a suggestion is one block with exactly the replacement, and nothing after it", () => {
    const marked = new Marked({ gfm: true });
    const line = fc
      .array(fc.constantFrom("`", "```", "````", "~~~", " ", "a: 1", "</details>", "@all", "```suggestion", "|", "<b>"))
      .map((parts) => parts.join(""));
    const law = fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
      const replacement = lines.join("\n");
      fc.pre(replacement !== "");
      const [comment] = suggestionReview(reviewWith([at(3, replacement)]), WHOLE_FILE)?.comments ?? [];
      const tokens = marked.lexer(comment?.body ?? "").filter(({ type }) => type !== "space");
      expect(tokens.map(({ type }) => type)).toEqual(["paragraph", "code"]);
      expect(tokens[1]).toMatchObject({ lang: "suggestion" });
      expect(/^(`{3,})suggestion\n(.*)\n\1$/s.exec(tokens[1]?.raw ?? "")?.[2]).toBe(replacement);
    });
    fc.assert(law, { seed: 20261126, numRuns: 500 });
  });
});
