import { describe, expect, it } from "vitest";
import { type Answerer, answered } from "../../src/manifest/fix/answered.ts";
import { type Fix, fixManifest } from "../../src/manifest/fix.ts";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { everyRow, HAS_CORPUS, type Row } from "./corpus.ts";

// What chaosgate fix makes of every manifest that a real API server refused.

const repair = (text: string) => fixManifest(text, { namespacePolicy: "keep" });
const first: Answerer = ({ choices }) => choices[0];

describe.skipIf(!HAS_CORPUS)("fixing the corpus (skipped where it is not beside the repository)", () => {
  const refused = HAS_CORPUS ? everyRow().filter(({ verdict }) => verdict === "reject") : [];
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

  it("keeps every comment, and every line of what is accepted already", () => {
    expect(repaired.filter(({ row, fix }) => !keepsComments(row.text, fix.fixed)).map(({ row }) => row.id)).toEqual([]);
    const accepted = everyRow().filter(({ verdict }) => verdict === "accept");
    expect(accepted.filter(({ text }) => repair(text).fixed !== text).map(({ id }) => id)).toEqual([]);
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
