import { decodeExperiment } from "./decode/experiment.ts";
import { reachOf } from "./decode/reach.ts";
import type { ManifestDocument } from "./document.ts";
import { reportFindings } from "./findings/findings.ts";
import { API_VERSION, isChaosByName, KINDS, specOf } from "./kinds/kinds.ts";
import { type Mistake, Report } from "./report.ts";
import { checkAcrossFields } from "./rules/across-fields.ts";
import { checkMetadata } from "./rules/metadata.ts";
import { checkRepeatedKeys } from "./rules/repeated-keys.ts";
import { checkShape } from "./shape/check-shape.ts";
import { meantInstead, nearest, sameLetters } from "./text/nearest.ts";
import { shown } from "./text/quote.ts";
import type { ChaosMeshVersion } from "./version-names.ts";
import { shapeIn } from "./versions.ts";
import { at, itemsOf, type Located, textAt, type YamlNode } from "./yaml/node.ts";
import type { Source } from "./yaml/source.ts";

type Circumstances = {
  readonly index: number;
  readonly source: Source;
  readonly defaultNamespace: string;
  readonly decode: boolean;
  readonly version: ChaosMeshVersion;
};

/** The group of Chaos Mesh, also before 1.0 (`pingcap.com`) and by the name of the kind where the group is mistyped. */
export function belongsToChaosMesh(node: YamlNode): boolean {
  const document = { node, path: "", key: node.span };
  const [group = "", version] = (textAt(document, "apiVersion") ?? "").split("/");
  const kind = textAt(document, "kind") ?? "";
  if (/^(chaos-mesh\.org|pingcap\.com)$/i.test(group) || isChaosByName(kind)) return true;
  // Without a group it can be nobody else's, and a kind like a fault's is a fault's, mistyped.
  if (version === undefined && /chaos$/i.test(kind)) return true;
  return kind === "List" && itemsOf(at(document, "items")).some((item) => belongsToChaosMesh(item.node));
}

/** Everything that is said about one document, and the experiment that it is where the API server would accept it. */
export function judgeDocument(document: Located, circumstances: Circumstances): ManifestDocument {
  const { index, source, defaultNamespace, decode, version } = circumstances;
  const report = new Report(source, version);
  const kind = textAt(document, "kind") ?? "";
  checkDocument(document, kind, report);
  const { problems } = report;
  const namespace = textAt(document, "metadata", "namespace") || defaultNamespace;
  const name = textAt(document, "metadata", "name") ?? "";
  const place = source.placeOf(at(document, "kind")?.key ?? document.key);
  const about = { index, kind, name, namespace, place, ...(decode && { reaches: reachOf(document, source) }) };
  if (problems.length > 0) return { ...about, answer: "reject", problems, findings: [] };
  reportFindings(kind, document, report);
  const { findings } = report;
  const meant = decode && { experiment: decodeExperiment(kind, document, namespace) };
  return { ...about, answer: "accept", problems, findings, ...meant };
}

function checkDocument(document: Located, kind: string, report: Report): void {
  if (kind.endsWith("List")) {
    report.problem({ path: "kind", span: at(document, "kind")?.node.span ?? document.key }, LIST);
    return;
  }
  checkRepeatedKeys(document, report);
  checkSchema(document, kind, report);
  checkRules(document, kind, report);
}

/** kubectl would unpack it and apply every item; a run is bound to a document, so nothing may hide in one. */
const LIST: Mistake = {
  code: "list-of-experiments",
  message: "This is a list, and experiments inside a list cannot be reviewed and run one by one.",
  fix: "Write each item as a document of its own, separated by ---.",
};

/** What the schema of the kind says about each value by itself. */
export function checkSchema(document: Located, kind: string, report: Report): void {
  checkApiVersion(document, report);
  if (specOf(kind) === undefined) checkKind(document, report);
  checkShape(document, shapeIn(report.version, kind), report);
}

/** What the API server and the webhooks ask for beyond the schema. */
export function checkRules(document: Located, kind: string, report: Report): void {
  checkMetadata(document, report);
  const written = at(document, "spec");
  if (written?.node.kind === "map") checkAcrossFields(kind, written, report);
}

function checkApiVersion(document: Located, report: Report): void {
  const found = at(document, "apiVersion");
  const written = textAt(document, "apiVersion");
  if (written === API_VERSION) return;
  report.problem(
    { path: "apiVersion", span: found?.node.span ?? document.key },
    {
      code: "api-version-unknown",
      message: `apiVersion is ${written === undefined ? "missing" : shown(written)}; every kind of Chaos Mesh 2 has ${API_VERSION}.`,
      fix: `Write apiVersion: ${API_VERSION}.`,
      ...(found === undefined ? {} : { replacement: API_VERSION }),
    },
  );
}

/** The kind that is part of what is written, such as Workflow of WorkflowOfChaos, or two that are written most. */
function likeKind(written: string): string {
  return KINDS.find((kind) => written.includes(kind)) ?? "NetworkChaos or PodChaos";
}

function checkKind(document: Located, report: Report): void {
  const found = at(document, "kind");
  const written = textAt(document, "kind") ?? "";
  const meant = nearest(written, KINDS);
  const certain = sameLetters(written, KINDS);
  report.problem(
    { path: "kind", span: found?.node.span ?? document.key },
    {
      code: "kind-unknown",
      message: `kind is ${written === "" ? "missing" : shown(written)}, and ${API_VERSION} has no such kind.`,
      fix: meant === undefined ? `Write a kind of Chaos Mesh, such as ${likeKind(written)}.` : `Write kind: ${meant}.`,
      ...meantInstead(certain, meant),
    },
  );
}
