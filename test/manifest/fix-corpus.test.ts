import { describe, expect, it } from "vitest";
import { type Answerer, answered } from "../../src/manifest/fix/answered.ts";
import { type Fix, fixManifest } from "../../src/manifest/fix.ts";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { CORPUS_IS_HERE, corpusRows, type Row } from "./support/corpus.ts";

// What chaosgate fix makes of every manifest that a real API server refused.

const repair = (text: string) => fixManifest(text, { namespacePolicy: "keep" });
const first: Answerer = ({ choices }) => choices[0];

describe.skipIf(!CORPUS_IS_HERE)("fixing the corpus (skipped where it is not beside the repository)", () => {
  const refused = CORPUS_IS_HERE ? corpusRows().filter(({ verdict }) => verdict === "reject") : [];
  const fixes = refused.map((row) => ({ row, fix: repair(row.text) }));
  const repaired = fixes.filter(({ fix }) => fix.unresolved.length === 0);

  it("makes every manifest that it calls repaired one that the cluster accepts", () => {
    const manifests = repaired.filter(({ row }) => row.id.endsWith(".yaml")).length;
    console.log(
      `fix: ${repaired.length} of ${refused.length} refused manifests repaired (${manifests} found in the wild)`,
    );
    expect(repaired.length).toBeGreaterThanOrEqual(147);
    expect(repaired.filter(({ fix }) => answerTo(fix.fixed) !== "accept").map(({ row }) => row.id)).toEqual([]);
  });

  it("repairs nearly all of them where somebody answers its questions", () => {
    const open = fixes.filter(({ fix }) => fix.unresolved.length > 0);
    const decided = open.filter(({ fix }) => isAccepted(answered(fix, repair, first)));
    console.log(`fix --yes: ${decided.length} of the other ${open.length}; left: ${idsOf(open, decided)}`);
    expect(decided.length).toBeGreaterThanOrEqual(154);
  });

  it("changes nothing a second time", () => {
    expect(fixes.filter(({ fix }) => repair(fix.fixed).fixed !== fix.fixed).map(({ row }) => row.id)).toEqual([]);
  });

  it("keeps every comment", () => {
    expect(repaired.filter(({ row, fix }) => !keepsComments(row.text, fix.fixed)).map(({ row }) => row.id)).toEqual([]);
  });

  it("changes of what is accepted only what would not do what it says", () => {
    const accepted = corpusRows().filter(({ verdict }) => verdict === "accept");
    const changed = accepted.map(({ id, text }) => ({ id, text, fixed: repair(text).fixed })).filter(isChanged);
    console.log(`fix: ${changed.length} of ${accepted.length} accepted manifests changed`);
    const worse = changed.filter(
      ({ text, fixed }) => answerTo(fixed) !== "accept" || findingsIn(fixed) >= findingsIn(text),
    );
    expect(worse.map(({ id }) => id)).toEqual([]);
  });

  it("would tell a repair that repairs nothing", () => {
    expect(fixes.filter(({ row }) => answerTo(row.text) === "accept")).toEqual([]);
    expect(keepsComments("a: 1 # why", "a: 1")).toBe(false);
  });
});

function answerTo(text: string): string {
  const { problems, documents } = parseManifestFile("x", text);
  return problems.length > 0 || documents.some(({ answer }) => answer === "reject") ? "reject" : "accept";
}

function isChanged({ text, fixed }: { readonly text: string; readonly fixed: string }): boolean {
  return text !== fixed;
}

function findingsIn(text: string): number {
  return parseManifestFile("x", text).documents.flatMap(({ findings }) => findings).length;
}

function isAccepted({ fixed, unresolved }: Fix): boolean {
  return unresolved.length === 0 && answerTo(fixed) === "accept";
}

function keepsComments(before: string, after: string): boolean {
  return [...before.matchAll(/(?:^|\s)(#.*)$/gm)].every(([, comment = ""]) => after.includes(comment.trimEnd()));
}

type Fixed = { readonly row: Row };

function idsOf(all: readonly Fixed[], without: readonly Fixed[]): string {
  const left = all.filter((one) => !without.includes(one));
  return left.map(({ row }) => row.id).join(" ");
}
