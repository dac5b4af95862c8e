import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixManifest } from "../../src/manifest/fix.ts";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { networkChaos, podChaos, schedule } from "./manifests.ts";

const LINES = [
  "mode: fixed",
  "mode: Fixed-Percent",
  "value: 30%",
  "value: 30",
  "duration: 300",
  "duration: 5 min",
  "scheduler: { cron: '@hourly' }",
  "scheduler:\n    cron: '*/5 * * * *' # often",
  "target:\n    selector: {}",
  "selector: { namespaces: [staging] }",
  "direction: Both",
  "loss: { loss: 25% }",
  "acton: loss",
  "duratoin: 5m",
  "gracePeriod: '5'",
  "# a comment",
  "<<: { mode: all }",
  "delay: &d { latency: 1 s }",
  "rate: *d",
];
const manifest = fc
  .tuple(fc.constantFrom(networkChaos, podChaos, schedule), fc.subarray(LINES), fc.boolean())
  .map(([make, lines, windows]) => (windows ? make(...lines).replaceAll("\n", "\r\n") : make(...lines)));
const mangled = fc
  .tuple(
    manifest,
    fc.nat(),
    fc.nat(20),
    fc.string({ maxLength: 20, unit: fc.constantFrom(..."{}[]:,&*!|>'\"%#-\n\t <?a1") }),
  )
  .map(
    ([text, at, length, insert]) => text.slice(0, at % text.length) + insert + text.slice((at % text.length) + length),
  );

describe("any text", () => {
  it("is read without an exception", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 4096, unit: "binary" }), mangled),
        (text) => void parseManifestFile("x", text),
      ),
      {
        numRuns: 2000,
      },
    );
  });

  it("has every problem and finding inside it", () => {
    fc.assert(
      fc.property(mangled, (text) => {
        const { problems, documents } = parseManifestFile("x", text);
        const lines = text.split("\n");
        for (const { place } of [...problems, ...documents.flatMap((each) => [...each.problems, ...each.findings])]) {
          expect(place.line).toBeGreaterThanOrEqual(1);
          expect(place.line).toBeLessThanOrEqual(lines.length);
          expect(place.column).toBeLessThanOrEqual((lines[place.line - 1]?.length ?? 0) + 1);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a hostile text of a megabyte", () => {
  const head = networkChaos();
  const filled = (line: (index: number) => string) => {
    let text = head;
    for (let index = 0; text.length < 1_000_000; index += 1) text += line(index);
    return text;
  };

  it.each([
    { name: "unknown fields", text: filled((index) => `  duratio${index}: 1\n`) },
    { name: "one field repeated", text: filled(() => "  device: x\n") },
    { name: "labels that are numbers", text: `${head}${filled((index) => `      l${index}: 1\n`).slice(head.length)}` },
    { name: "documents", text: filled(() => `---\n${head}`) },
    {
      name: "digits",
      text: networkChaos(`loss: { loss: '${"1".repeat(900_000)}x' }`, `duration: '${"1".repeat(90_000)}'`),
    },
    {
      name: "spaces",
      text: networkChaos(`duration: '5${" ".repeat(900_000)}x'`, `rate: { rate: '${" ".repeat(90_000)}1' }`),
    },
    {
      name: "a long word",
      text: networkChaos(`${"a".repeat(900_000)}: 1`, `externalTargets: ['${"a".repeat(90_000)}!']`),
    },
    { name: "brackets", text: "[".repeat(1_000_000) },
    { name: "anchors", text: filled((index) => `  a${index}: &a${index} [1]\n  b${index}: *a${index}\n`) },
  ])("of $name is judged within seconds", ({ text }) => {
    const started = performance.now();
    parseManifestFile("x", text);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("fixing any text", () => {
  it("is done after one time", () => {
    fc.assert(
      fc.property(fc.oneof(manifest, mangled), (text) => {
        const { fixed } = fixManifest(text);
        expect(fixManifest(fixed)).toMatchObject({ fixed, changes: [] });
      }),
      { numRuns: 400 },
    );
  });

  it("leaves nothing that the cluster refuses where it says that nothing is left", () => {
    fc.assert(
      fc.property(fc.oneof(manifest, mangled), (text) => {
        const { fixed, unresolved } = fixManifest(text);
        const { problems, documents } = parseManifestFile("x", fixed);
        fc.pre(unresolved.length === 0);
        expect([...problems, ...documents.filter(({ answer }) => answer === "reject")]).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
