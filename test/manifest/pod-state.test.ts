import { describe, expect, it } from "vitest";
import { plain, problemCodes } from "./manifests.ts";

describe("an object that Chaos Mesh's controllers write", () => {
  it.each([
    { kind: "PodNetworkChaos", lines: ["tcs: [{ type: netem, source: a/b, delay: { latency: 10ms } }]"] },
    { kind: "PodNetworkChaos", lines: ["tcs: [{ type: netem, source: a/b, loss: { loss: any } }]"] },
    { kind: "PodIOChaos", lines: ["volumeMountPath: /data", "actions: [{ type: latency, path: /a, percent: 500 }]"] },
    { kind: "PodHttpChaos", lines: ["rules: [{ target: Request, port: 80, selector: {}, actions: { delay: soon } }]"] },
    {
      kind: "WorkflowNode",
      lines: ["templateName: a", "workflowName: b", "type: Any", "startTime: 2026-01-31T12:00:00Z"],
    },
  ])("is accepted as a $kind with $lines, since no webhook looks at it", ({ kind, lines }) => {
    expect(problemCodes(plain(kind, ...lines))).toEqual([]);
  });

  it.each([
    {
      kind: "PodNetworkChaos",
      lines: ["tcs: [{ type: netem, source: a/b, delay: { latency: 1m30s } }]"],
      code: "latency-malformed",
    },
    { kind: "PodNetworkChaos", lines: ["ipsets: [{ name: a, source: b }]"], code: "field-missing" },
    { kind: "PodNetworkChaos", lines: ["iptables: [null]"], code: "wrong-type" },
    { kind: "PodIOChaos", lines: ["container: app"], code: "field-missing" },
    { kind: "PodIOChaos", lines: ["volumeMountPath: /data", "mode: one"], code: "field-unknown" },
    { kind: "PodHttpChaos", lines: ["tls: { secretName: a }"], code: "field-missing" },
    { kind: "WorkflowNode", lines: ["templateName: a", "workflowName: b", "type: Any"], code: "field-missing" },
  ])("is refused as a $kind with $lines", ({ kind, lines, code }) => {
    expect(problemCodes(plain(kind, ...lines))).toContain(code);
  });
});
