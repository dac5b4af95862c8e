import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { CORPUS_IS_HERE, corpusRows, type Row } from "./support/corpus.ts";

/** The kinds that are modelled, with how many answers there are at least. */
const MODELLED = [
  { kind: "NetworkChaos", answers: 239 },
  { kind: "PodChaos", answers: 108 },
  { kind: "IOChaos", answers: 72 },
  { kind: "TimeChaos", answers: 29 },
  { kind: "StressChaos", answers: 51 },
  { kind: "HTTPChaos", answers: 45 },
  { kind: "DNSChaos", answers: 23 },
  { kind: "JVMChaos", answers: 20 },
  { kind: "KernelChaos", answers: 19 },
  { kind: "StatusCheck", answers: 19 },
  { kind: "Workflow", answers: 24 },
  { kind: "Schedule", answers: 17 },
  { kind: "BlockChaos", answers: 2 },
  { kind: "AWSChaos", answers: 4 },
  { kind: "AzureChaos", answers: 2 },
  { kind: "GCPChaos", answers: 1 },
  { kind: "PhysicalMachineChaos", answers: 7 },
  { kind: "PhysicalMachine", answers: 3 },
  { kind: "RemoteCluster", answers: 2 },
];

describe.skipIf(!CORPUS_IS_HERE)(
  "the API server's answers (skipped where the corpus is not beside the repository)",
  () => {
    it.each(MODELLED)("are ours for each of the $answers manifests of kind $kind", ({ kind, answers }) => {
      const rows = corpusRows().filter((row) => row.kind === kind);
      expect(rows.length).toBeGreaterThanOrEqual(answers);
      expect(rows.filter(disagrees).map(({ id }) => id)).toEqual([]);
    });

    it("would be told from wrong ones", () => {
      const [row] = corpusRows();
      expect(row && disagrees({ ...row, verdict: row.verdict === "accept" ? "reject" : "accept" })).toBe(true);
    });

    it("are never an acceptance where we refuse, whatever the kind", () => {
      const refusedByUsAlone = corpusRows().filter((row) => row.verdict === "accept" && answerTo(row) === "reject");
      expect(refusedByUsAlone.map(({ id }) => id)).toEqual([]);
    });
  },
);

function answerTo({ id, text }: Row): string {
  const { problems, documents } = parseManifestFile(id, text);
  return problems.length > 0 ? "reject" : (documents[0]?.answer ?? "not read");
}

function disagrees(row: Row): boolean {
  return answerTo(row) !== row.verdict;
}
