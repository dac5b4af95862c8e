import { describe, expect, it } from "vitest";
import { experimentOf, plain, problemCodes } from "./manifests.ts";

const OWNER = "apiVersion: apps/v1, kind: Deployment, name: cart, uid: 1b2c";

/** The text of an experiment whose metadata has one line more, or whose name that line replaces. */
function withMetadata(line: string, text = experimentOf("PodChaos", "action: pod-kill", "-duration")): string {
  return line.startsWith("generateName")
    ? text.replace(/^ {2}name: .*$/m, `  ${line}`)
    : text.replace(/^metadata:$/m, `metadata:\n  ${line}`);
}

describe("metadata", () => {
  it.each([
    "generateName: kill-",
    "creationTimestamp: null",
    "creationTimestamp: 2026-01-31T12:00:00Z",
    "creationTimestamp: 2026-01-31T12:00:00.25+01:00",
    `ownerReferences: [{ ${OWNER}, controller: true }]`,
    "finalizers: [chaos-mesh/records]",
    "managedFields: [{ manager: kubectl, operation: Anything, fieldsV1: { f:spec: {} } }]",
    "resourceVersion: '12345'",
    "annotations: { Example.COM/owner: shop }",
  ])("is accepted with %s", (line) => {
    expect(problemCodes(withMetadata(line))).toEqual([]);
  });

  it.each([
    { line: "generateName: Kill-", code: "generated-name-malformed" },
    { line: "generateName: -x", code: "generated-name-malformed" },
    { line: "creationTimestamp: 2026-01-31", code: "timestamp-malformed" },
    { line: "creationTimestamp: 2026-02-30T12:00:00Z", code: "timestamp-malformed" },
    { line: `ownerReferences: [{ ${OWNER}, since: 2026 }]`, code: "field-unknown" },
    { line: "ownerReferences: [{ apiVersion: apps/v1, kind: Deployment, name: cart }]", code: "owner-malformed" },
    { line: "ownerReferences: [{ kind: Deployment, name: cart, uid: 1b2c }]", code: "owner-malformed" },
    { line: "finalizers: [not a name]", code: "finalizer-malformed" },
    { line: "managedFields: [{ manager: 7 }]", code: "text-not-quoted" },
    { line: "labels: { Example.COM/owner: shop }", code: "key-malformed" },
  ])("is refused with $line", ({ line, code }) => {
    expect(problemCodes(withMetadata(line))).toEqual([code]);
  });

  it("has a namespace that nobody reads on an object that belongs to the whole cluster", () => {
    const spec = [
      "namespace: chaos-mesh",
      "version: 2.8.3",
      "kubeConfig: { secretRef: { namespace: a, name: b, key: c } }",
    ];
    expect(
      problemCodes(
        withMetadata("namespace: Not_One", plain("RemoteCluster", ...spec).replace(/^ {2}namespace: .*\n/m, "")),
      ),
    ).toEqual([]);
  });
});

describe("a status that was copied out of a cluster", () => {
  const recorded = "id: shop/cart-1, selectorKey: ., phase: Injected, injectedCount: 1, recoveredCount: 0";

  it.each([
    "{}",
    "{ experiment: { desiredPhase: Run } }",
    `{ experiment: { containerRecords: [{ ${recorded} }] } }`,
    "{ conditions: [{ type: Selected, status: 'True' }] }",
  ])("is accepted as %s", (status) => {
    expect(problemCodes(`${experimentOf("PodChaos", "action: pod-kill")}status: ${status}\n`)).toEqual([]);
  });

  it.each([
    { status: "{ phase: Running }", code: "field-unknown" },
    { status: "{ experiment: { desiredPhase: Going } }", code: "value-not-listed" },
    { status: "{ conditions: [{ type: Selected, status: true }] }", code: "text-not-quoted" },
    { status: "{ experiment: { containerRecords: [null] } }", code: "wrong-type" },
    { status: "{ experiment: { containerRecords: [{ events: [{ type: Failed }] }] } }", code: "field-missing" },
  ])("is refused as $status", ({ status, code }) => {
    expect(problemCodes(`${experimentOf("PodChaos", "action: pod-kill")}status: ${status}\n`)).toEqual([code]);
  });

  it("is not read where the kind has a status of its own and no webhook", () => {
    expect(
      problemCodes(`${plain("PodIOChaos", "volumeMountPath: /data", "container: app")}status: { pid: none }\n`),
    ).toEqual([]);
  });
});
