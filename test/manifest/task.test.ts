import { describe, expect, it } from "vitest";
import { plain, problemCodes } from "./manifests.ts";

function workflowOf(task: string): string {
  return plain("Workflow", "entry: check", `templates: [{ name: check, templateType: Task, task: ${task} }]`);
}

describe("the task of a Workflow", () => {
  it.each([
    "{}",
    "{ container: { image: curl, command: [sh, -c, 'true'], resources: { limits: { cpu: 100m, memory: 1Gi } } } }",
    "{ container: { name: c, resources: { requests: { cpu: 0.5, memory: 1e3 } } } }",
    "{ container: { ports: [{ containerPort: 53 }, { containerPort: 53, protocol: UDP }] } }",
    "{ container: { livenessProbe: { httpGet: { path: /, port: http } } } }",
    "{ container: { env: [{ name: A, valueFrom: { fieldRef: { fieldPath: metadata.name } } }] } }",
    "{ volumes: [{ emptyDir: {} }, { name: b, configMap: { name: c, items: [{ key: k }] } }] }",
    "{ labels: { app: check } }",
  ])("is accepted as %s", (task) => {
    expect(problemCodes(workflowOf(task))).toEqual([]);
  });

  it.each([
    { task: "{ container: { img: curl } }", code: "field-unknown" },
    { task: "{ container: { command: sh } }", code: "wrong-type" },
    { task: "{ container: { env: [{ name: A, value: 1 }] } }", code: "text-not-quoted" },
    { task: "{ container: { env: [{ name: A }, { name: A }] } }", code: "item-repeated" },
    {
      task: "{ container: { ports: [{ containerPort: 80 }, { containerPort: 80, protocol: TCP }] } }",
      code: "item-repeated",
    },
    { task: "{ container: { ports: [{ containerPort: '80' }] } }", code: "number-quoted" },
    { task: "{ container: { livenessProbe: { tcpSocket: { port: 2147483648 } } } }", code: "number-out-of-range" },
    { task: "{ container: { resources: { limits: { memory: 1 GB } } } }", code: "quantity-malformed" },
    { task: "{ container: { securityContext: { privileged: 'true' } } }", code: "wrong-type" },
    { task: "{ volumes: [{ name: a, cephfs: {} }] }", code: "field-missing" },
    { task: "{ volumes: [{ name: a, projected: { defaultMode: 420 } }] }", code: "field-missing" },
    { task: "{ volumes: [{ name: a, hostpath: { path: / } }] }", code: "field-unknown" },
  ])("is refused as $task", ({ task, code }) => {
    expect(problemCodes(workflowOf(task))).toEqual([code]);
  });
});
