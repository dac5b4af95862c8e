import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { parseManifestBytes } from "../../src/manifest/parse-bytes.ts";

// What is sent to make a reader fail: the answer is a sentence at a line, soon, and nothing of this process has changed.

const SOUND = `apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata: { name: kill-one, namespace: shop }
spec: { action: pod-kill, mode: one, selector: { namespaces: [shop] } }
`;

/** Nine levels of ten: a billion values from a few lines. */
const LAUGHS = Array.from({ length: 9 }, (_, level) => {
  const before = level === 0 ? '"chaos"' : `*a${level - 1}`;
  return `a${level}: &a${level} [${Array.from({ length: 10 }, () => before).join(", ")}]`;
}).join("\n");

/** What a second run of the same work may take; the bound is far above any honest time. */
const SOON_MS = 3000;

const encoder = new TextEncoder();

function answersTo(text: string | Uint8Array) {
  const began = performance.now();
  const file = parseManifestBytes("hostile.yaml", typeof text === "string" ? encoder.encode(text) : text);
  expect(performance.now() - began).toBeLessThan(SOON_MS);
  return file;
}

describe("a text that is sent to make a reader fail", () => {
  it.each([
    { what: "a billion laughs", text: `${SOUND}${LAUGHS}\n`, code: "yaml-too-many-values" },
    { what: "a scalar of 10 MB", text: `${SOUND}x: ${"y".repeat(10 << 20)}\n`, code: "file-too-large" },
    { what: "10,000 levels of lists", text: `${SOUND}x: ${"[".repeat(10_000)}\n`, code: "yaml-too-deep" },
    { what: "10,000 levels of maps", text: `${SOUND}x: ${"{a: ".repeat(10_000)}\n`, code: "yaml-too-deep" },
    { what: "an alias to itself", text: `${SOUND}x: &x [*x]\n`, code: "yaml-alias-unknown" },
    { what: "a NUL", text: SOUND.replace("kill-one", "kill\u0000one"), code: "yaml-broken" },
    { what: "a tab as indentation", text: SOUND.replace("spec: {", "spec:\n\taction: {"), code: "yaml-broken" },
    {
      what: "bytes that are not UTF-8",
      text: new Uint8Array([...encoder.encode(SOUND), 0xc3, 0x28]),
      code: "yaml-broken",
    },
    { what: "UTF-16", text: new Uint8Array(Buffer.from(`\ufeff${SOUND}`, "utf16le")), code: "yaml-broken" },
    {
      what: "half a surrogate pair",
      text: new Uint8Array([...encoder.encode(SOUND), 0xed, 0xa0, 0x80]),
      code: "yaml-broken",
    },
  ])("is refused soon, at its line: $what", ({ text, code }) => {
    const { problems, documents } = answersTo(text);
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([{ code, place: { line: expect.any(Number) }, fix: expect.stringMatching(/\.$/) }]);
  });

  it("is judged as ever where it only looks strange", () => {
    for (const text of [`\ufeff${SOUND}`, SOUND.replaceAll("\n", "\r\n"), `---\n${SOUND}...\n`])
      expect(answersTo(text).documents).toMatchObject([{ answer: "accept", name: "kill-one" }]);
  });

  it("is 5,000 documents, and each is judged", () => {
    const { documents } = answersTo(Array.from({ length: 5000 }, () => SOUND.replaceAll("  ", "")).join("---\n"));
    expect(documents).toHaveLength(5000);
    expect(documents.every(({ answer }) => answer === "accept")).toBe(true);
  });

  it.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])(
    "has keys named %s, which are unknown fields and nothing more",
    (key) => {
      const text = SOUND.replace("mode: one", `mode: one, ${key}: { polluted: true }`);
      expect(answersTo(text).documents).toMatchObject([
        { answer: "reject", problems: [{ code: "field-unknown", path: `spec.${key}` }] },
      ]);
      const labels = SOUND.replace("name: kill-one", `name: kill-one, labels: { ${key}: "1" }`);
      const isName = /^[a-z]/.test(key);
      expect(answersTo(labels).documents[0]?.answer).toBe(isName ? "accept" : "reject");
      expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    },
  );
});

/** Pieces that mean something to YAML or to the kinds, and noise between them. */
const PIECES = fc.oneof(
  fc.constantFrom(
    ...SOUND.split(/(?<=[\s{}:,[\]])/),
    "&a ",
    "*a",
    "!!binary ",
    "<<: ",
    "---\n",
    "? ",
    "| \n",
    ">-\n",
    "- ",
    "\t",
    "'",
    '"',
    "#",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("__proto__: ", "1e999", "0x", "2001-01-01", "~", ".inf", "\u0000", "\u2028", "\ufeff", "\r"),
);

describe("any text", () => {
  it("is answered, and twice alike", () => {
    const texts = fc.array(PIECES, { maxLength: 60 }).map((pieces) => pieces.join(""));
    const answered = (text: string) => {
      const file = parseManifestFile("any.yaml", text);
      expect(parseManifestFile("any.yaml", text)).toEqual(file);
      for (const { answer, problems } of file.documents) expect(answer === "reject").toBe(problems.length > 0);
    };
    fc.assert(fc.property(texts, answered), { numRuns: 3000, seed: 41 });
  });

  it("that was sound before one change is answered", () => {
    const change = fc.record({ at: fc.nat(SOUND.length), cut: fc.nat(6), put: PIECES });
    const answered = ({ at, cut, put }: { at: number; cut: number; put: string }) => {
      const text = SOUND.slice(0, at) + put + SOUND.slice(at + cut);
      const { problems, documents, otherDocuments } = parseManifestFile("any.yaml", text);
      expect(problems.length + documents.length + otherDocuments).toBeGreaterThanOrEqual(0);
      for (const { place } of [...problems, ...documents.flatMap((document) => document.problems)])
        expect(place.line).toBeLessThanOrEqual(text.split("\n").length);
    };
    fc.assert(fc.property(change, answered), { numRuns: 5000, seed: 42 });
  });

  it("of bytes is answered", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(parseManifestBytes("any.yaml", bytes)).toHaveProperty("documents");
      }),
      { numRuns: 2000, seed: 43 },
    );
  });
});
