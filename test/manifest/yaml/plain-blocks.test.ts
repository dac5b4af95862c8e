import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { YamlNode } from "../../../src/manifest/yaml/node.ts";
import { readPlainBlocks } from "../../../src/manifest/yaml/plain-blocks.ts";
import { MAX_DEPTH, MAX_NODES, readByEvents } from "../../../src/manifest/yaml/read-yaml.ts";
import { Refusal } from "../../../src/manifest/yaml/refusal.ts";

// Two readers of one language: whatever the quick one takes, js-yaml's events must say as well, to the last offset.

const LIMITS = { depth: MAX_DEPTH, nodes: MAX_NODES };
type Answer = { readonly nodes: readonly YamlNode[] } | { readonly refused: unknown };

function answerOf(read: () => readonly YamlNode[]): Answer {
  try {
    return { nodes: read() };
  } catch (thrown) {
    return { refused: thrown instanceof Refusal ? thrown.reason : "unreadable" };
  }
}

function isTaken(text: string): boolean {
  return readPlainBlocks(text, LIMITS) !== undefined;
}

/** Undefined where the quick reader leaves the text to the other one. */
function both(text: string): { readonly quick: Answer; readonly slow: Answer } | undefined {
  const quick = answerOf(() => readPlainBlocks(text, LIMITS) ?? []);
  if ("nodes" in quick && !isTaken(text)) return undefined;
  return { quick, slow: answerOf(() => readByEvents(text)) };
}

const TAKEN: Readonly<Record<string, string>> = {
  "a map": "a: 1\nb: two\nc: 1.5\nd: yes\n",
  "no line break at the end": "a: b",
  "nothing at all": "",
  "comments alone": "# a\n  # b\n\n",
  "an absent value before another key": "a:\nb: 1\n",
  "an absent value behind a key in quotes": "'a':\n\"b\": # c\n",
  "an absent value behind an empty key": "'':",
  "an absent value at the end": "a:\n  b:\n  c: # nothing\n",
  "a list as deep as its key": "a:\n- b\n- c\nd: e\n",
  "a list deeper than its key": "a:\n    - b\n    - c\n",
  "maps in a list": "- a: 1\n  b: 2\n-   c: 3\n    d: 4\n",
  "an item on the next line": "-\n  a: 1\n- b\n",
  "lists in a list": "- - a\n  - b\n- - - c\n",
  "quotes of both kinds": '\'a b\': "c: d # e"\n"f": \'g "h" i\'  # j\n',
  "an empty text": "a: ''\nb: \"\"\n",
  "signs inside of words": "a: b:c\nd: e#f\ng: h, [i] {j}\nk: -1\nl: +2\nm: ~\nn: a - b\n",
  "a comment behind a value": "a: b # c\nd: e   \n",
  labels: "app.kubernetes.io/name: x\nchaos-mesh.org/a_b: 'true'\n",
  "a key that is no text": "1: a\ntrue: b\n",
  "a key twice": "a: 1\nb: 2\na: 3\n",
  "two documents": "---\na: 1\n---\n- b\n---\n# nothing\n",
  "a document that is indented": "  a: 1\n  b: 2\n",
};

const LEFT: Readonly<Record<string, string>> = {
  "a flow list": "a: [b]\n",
  "a flow map": "{a: b}\n",
  "a block scalar": "a: |\n  b\n",
  "an anchor": "a: &b c\n",
  "an alias": "a: *b\n",
  "a tag": "a: !!str 1\n",
  "a text over two lines": "a: b\n  c\n",
  "a text over two lines of a list": "- b\n  c\n",
  "an escape": 'a: "b\\n"\n',
  "a quote in quotes": "a: 'b''c'\n",
  "an open quote": "a: 'b\n",
  "words behind a quote": 'a: "b" c\n',
  "a map in a value": "a: b: c\n",
  "a tab": "a:\tb\n",
  "a carriage return": "a: b\r\n",
  "letters beyond ASCII": "a: ü\n",
  "a key that JSON cannot have": "null: a\n",
  "such a key above something that is broken": "- null:\n-- -\n",
  "a merge key": "<<: 1\n",
  "an explicit key": "? a\n: b\n",
  "an end of document": "a: 1\n...\n",
  "words behind a separator": "--- a\n",
  "a scalar alone": "abc\n",
  "a line out of line": "a:\n  b: 1\n c: 2\n",
  "an item among keys": "a: 1\n- b\n",
};

describe("plain blocks", () => {
  it.each(Object.entries(TAKEN))("are %s, read as js-yaml reads it", (_, text) => {
    expect(isTaken(text)).toBe(true);
    expect(both(text)?.quick).toEqual(both(text)?.slow);
  });

  it.each(Object.entries(LEFT))("are not %s, which is left to js-yaml", (_, text) => {
    expect(isTaken(text)).toBe(false);
  });

  it("end where js-yaml's own limits do", () => {
    const wide = Array.from({ length: MAX_NODES / 2 + 1 }, (_, at) => `k${at}: 1`).join("\n");
    expect(both(wide.slice(0, 60_000))?.quick).toEqual(both(wide.slice(0, 60_000))?.slow);
    expect(isTaken(wide)).toBe(false);
    const deep = Array.from({ length: 60 }, (_, at) => `${" ".repeat(at)}a:`).join("\n");
    expect(isTaken(deep)).toBe(false);
  });
});

const INDENTS = fc.integer({ min: 0, max: 5 }).map((spaces) => " ".repeat(spaces));
const WORDS = [
  "a",
  "b: 1",
  "a:",
  "- a",
  "- a: 1",
  "-",
  "- - b",
  "'a': 'b'",
  '"c": d',
  "# e",
  "",
  "---",
  "a: b # c",
  "b:c",
];
const SCRAPS = [
  "on",
  "0x1f",
  "1e400",
  ".5",
  "~",
  "a: ''",
  "a: -",
  "'a':",
  '"":',
  "null: a",
  "- -1",
  "a:  b  ",
  "<<: a",
  "a: [b]",
  "? a",
  "...",
  "b: |",
];
const line = fc.tuple(INDENTS, fc.constantFrom(...WORDS, ...SCRAPS)).map((parts) => parts.join(""));
const texts = fc.array(line, { maxLength: 9 }).map((lines) => lines.join("\n"));

describe("any text of lines that look like YAML", () => {
  it("is read by both alike, or left to js-yaml", () => {
    let taken = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const answers = both(text);
        if (answers === undefined) return;
        taken += 1;
        expect(answers.quick).toEqual(answers.slow);
      }),
      { numRuns: 4_000, seed: 20_261_126 },
    );
    // Else nothing would have been compared.
    expect(taken).toBeGreaterThan(400);
  });

  it("would be noticed if one reader stood one character off", () => {
    const shifted = answerOf(() => readByEvents(` ${TAKEN["comments alone"]}${TAKEN["maps in a list"]}`));
    expect(both(`${TAKEN["comments alone"]}${TAKEN["maps in a list"]}`)?.quick).not.toEqual(shifted);
  });
});

const CORPUS = resolve("../shared/corpus/manifests");

describe.skipIf(!existsSync(CORPUS))("the corpus (skipped where it is not beside the repository)", () => {
  it("is read by both alike, and most of it by the quick one", () => {
    const read = readdirSync(CORPUS).map((name) => readFileSync(join(CORPUS, name), "utf8"));
    const answers = read.map(both).filter((answer) => answer !== undefined);
    for (const { quick, slow } of answers) expect(quick).toEqual(slow);
    expect(answers.length / read.length).toBeGreaterThan(0.7);
  });
});
