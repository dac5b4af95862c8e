import { openApi } from "../../kubernetes/api.ts";
import { type ClusterAnswer, openDryRun } from "../../kubernetes/dry-run.ts";
import { textAt } from "../../manifest/yaml/node.ts";
import { readYaml } from "../../manifest/yaml/read-yaml.ts";
import { readText } from "./files.ts";
import type { LintedDocument, LintedFile } from "./linted.ts";
import type { Remark } from "./remarks.ts";
import { clusterOf } from "./snapshot.ts";
import type { Options } from "./words.ts";

/** The judged files with the cluster's own answer to each document; where the two differ, a remark says so. */
export async function askedToo(files: readonly LintedFile[], options: Options): Promise<readonly LintedFile[]> {
  const askCluster = await openDryRun(openApi(clusterOf(options)));
  const asked: LintedFile[] = [];
  for (const file of files) {
    const texts =
      file.documents.length === 0 ? [] : documentsOf(readText(file.path === "stdin" ? "-" : file.path).text);
    const documents: LintedDocument[] = [];
    for (const document of file.documents) {
      const { namespace = "", bytes } = texts[document.index] ?? { bytes: new Uint8Array() };
      documents.push(withAnswer(document, await askCluster({ kind: document.kind, namespace, bytes })));
    }
    asked.push({ ...file, documents });
  }
  return asked;
}

/** Each document as the file has it, byte for byte: the server reads it as YAML itself. */
function documentsOf(text: string) {
  return readYaml(text).documents.map((node) => {
    const { start, end } = node.span;
    const lineStart = text.lastIndexOf("\n", start - 1) + 1;
    const namespace = textAt({ node, path: "", key: node.span }, "metadata", "namespace");
    return { bytes: new TextEncoder().encode(`${text.slice(lineStart, end)}\n`), ...(namespace && { namespace }) };
  });
}

function withAnswer(document: LintedDocument, { answer, message }: ClusterAnswer): LintedDocument {
  if (answer === "unasked") {
    const fix = "Create what is missing there, or lint without --cluster.";
    return said(document, "warning", `the cluster could not judge this: ${message}`, fix);
  }
  if (answer === document.answer) return document;
  const judged = { ...document, answer };
  if (answer === "accept") {
    const fix =
      "Its Chaos Mesh may be of another version, or without its webhooks: compare with `kubectl get validatingwebhookconfigurations`.";
    return said(judged, "warning", "the cluster accepts this, chaosgate does not", fix);
  }
  const fix = "Mend what the cluster names; a policy of its own, or another version of Chaos Mesh, may be the reason.";
  return said(judged, "error", `the cluster refuses this, chaosgate does not: ${message}`, fix);
}

/** At the document's first line: the server's sentence has no line. */
function said(document: LintedDocument, severity: Remark["severity"], message: string, fix: string): LintedDocument {
  const { line, column } = document.place;
  const isRefusal = severity === "error";
  const remark = { code: "cluster-answer", severity, path: "", line, column, message, fix, isRefusal };
  return { ...document, remarks: [...document.remarks, remark] };
}
