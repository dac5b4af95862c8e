import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { specOf } from "../../src/manifest/kinds/kinds.ts";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import type { Shape } from "../../src/manifest/shape/shape.ts";

// Chaos Mesh's own CRDs, kept outside the repository, beside our shapes: no field, choice or bound may be missing or invented.

const CRDS = resolve(import.meta.dirname, "../../../shared/crds");

type Schema = {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
};

/** Where we differ on purpose. */
const EXPLAINED = [
  // A webhook decodes the object into Go and writes a zero for what is absent, before the schema is asked.
  /selector: not required by us$/,
  /expressionSelectors\[\]\.(key|operator): not required by us$/,
  /reorder\.gap: not required by us$/,
  /\.(atime|ctime|mtime)\.n?sec: not required by us$/,
  /\.(volumePath|volumeName|workers|failKernRequest|failtype): not required by us$/,
  /\.(awsRegion|ec2Instance|resourceGroupName|subscriptionID|vmName|instance|project|zone): not required by us$/,
  /\.(secretName|secretNamespace|certName|keyName|patch\.body\.type|patch\.body\.value): not required by us$/,
  /\.conditionalBranches\[\]\.target: not required by us$/,
  /\.(network-bandwidth|network-flood|http-abort|http-delay)\.(rate|duration|target|delay): not required by us$/,
  // The same, and no webhook refuses the zero.
  /^spec\.(workflow|templates\[\]\.schedule|templates\[\]\.statusCheck)(\..*)?: not required by us$/,
  // A WorkflowNode is written by a controller, from what a webhook has filled in.
  /^spec\.(schedule\.workflow|statusCheck)\..*: not required by us$/,
  // The schema fills in its own default before it asks.
  /^spec\.type: not required by us$/,
  // A webhook refuses what the schema takes.
  /(^spec\.type|\.templateType): choices /,
  /\.(file-modify\.privilege|kafka-\w+\.(port|maxBytes|messageSize|threads)|disk-\w+-payload\.payload-process-num|network-bandwidth\.(peakrate|minburst)): at least 0 and /,
  /\.proxy_ports\[\]: at least 0 and undefined$/,
  /\.(errno|attr\.\w+): at least 0 and (undefined|-2147483648)$/,
];

describe.skipIf(!existsSync(CRDS))("our shapes (skipped where the CRDs are not beside the repository)", () => {
  it.each([
    { kind: "NetworkChaos", file: "networkchaos" },
    { kind: "PodChaos", file: "podchaos" },
    { kind: "IOChaos", file: "iochaos" },
    { kind: "TimeChaos", file: "timechaos" },
    { kind: "StressChaos", file: "stresschaos" },
    { kind: "HTTPChaos", file: "httpchaos" },
    { kind: "DNSChaos", file: "dnschaos" },
    { kind: "JVMChaos", file: "jvmchaos" },
    { kind: "KernelChaos", file: "kernelchaos" },
    { kind: "BlockChaos", file: "blockchaos" },
    { kind: "AWSChaos", file: "awschaos" },
    { kind: "AzureChaos", file: "azurechaos" },
    { kind: "GCPChaos", file: "gcpchaos" },
    { kind: "StatusCheck", file: "statuschecks" },
    { kind: "PhysicalMachineChaos", file: "physicalmachinechaos" },
    { kind: "PhysicalMachine", file: "physicalmachines" },
    { kind: "RemoteCluster", file: "remoteclusters" },
    { kind: "Schedule", file: "schedules" },
    { kind: "Workflow", file: "workflows" },
    { kind: "WorkflowNode", file: "workflownodes" },
    { kind: "PodNetworkChaos", file: "podnetworkchaos" },
    { kind: "PodIOChaos", file: "podiochaos" },
    { kind: "PodHttpChaos", file: "podhttpchaos" },
  ])("of a $kind are those of its CRD", ({ kind, file }) => {
    const shape = specOf(kind);
    const complaints = shape === undefined ? ["no shape"] : differences(shape, specSchema(file), "spec");
    expect(complaints.filter((each) => !EXPLAINED.some((known) => known.test(each)))).toEqual([]);
  });

  it("are not looked for in the CRDs themselves, which are read as documents of others", () => {
    for (const file of ["networkchaos", "schedules", "workflows"]) {
      const { problems, documents, otherDocuments } = parseManifestFile(file, crdText(file));
      expect([problems, documents, otherDocuments]).toEqual([[], [], 1]);
    }
  });

  it("would be told from others", () => {
    const shape = specOf("PodChaos");
    expect(shape && differences(shape, specSchema("networkchaos"), "spec")).toContain("spec.direction: unknown to us");
  });
});

function crdText(file: string): string {
  return readFileSync(resolve(CRDS, `chaos-mesh.org_${file}.yaml`), "utf8");
}

function specSchema(file: string): Schema {
  const crd = load(crdText(file)) as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: Schema } } } }[] };
  };
  const [version] = crd.spec.versions;
  if (version === undefined) throw new Error(`${file} has no version`);
  return version.schema.openAPIV3Schema.properties.spec;
}

function differences(shape: Shape, schema: Schema, path: string): string[] {
  switch (shape.type) {
    case "object":
      return fieldDifferences(shape, schema, path);
    case "list":
      return schema.type === "array" && schema.items !== undefined
        ? differences(shape.items, schema.items, `${path}[]`)
        : [`${path}: no list`];
    case "map":
      return schema.additionalProperties === undefined
        ? [`${path}: no map`]
        : differences(shape.values, schema.additionalProperties, `${path}{}`);
    case "string":
      return schema.type !== "string"
        ? [`${path}: no text`]
        : choiceDifferences(shape.oneOf ?? [], schema.enum ?? [], path);
    case "integer":
      return boundDifferences(shape.min, schema, path);
    default:
      return [];
  }
}

function fieldDifferences(shape: Extract<Shape, { type: "object" }>, schema: Schema, path: string): string[] {
  if (shape.open) return [];
  const theirs = schema.properties ?? {};
  const invented = Object.keys(shape.fields).filter((name) => !(name in theirs));
  const missing = Object.keys(theirs).filter((name) => !(name in shape.fields));
  const { required = [], filled = [] } = shape;
  const notRequired = (schema.required ?? []).filter((name) => ![...required, ...filled].includes(name));
  return [
    ...invented.map((name) => `${path}.${name}: invented by us`),
    ...missing.map((name) => `${path}.${name}: unknown to us`),
    ...notRequired.map((name) => `${path}.${name}: not required by us`),
    ...Object.entries(shape.fields).flatMap(([name, field]) => {
      const schemaOfField = theirs[name];
      return schemaOfField === undefined ? [] : differences(field, schemaOfField, `${path}.${name}`);
    }),
  ];
}

function choiceDifferences(ours: readonly string[], theirs: readonly string[], path: string): string[] {
  return [...ours].sort().join() === [...theirs].sort().join()
    ? []
    : [`${path}: choices ${ours.join()} and ${theirs.join()}`];
}

function boundDifferences(min: number | undefined, schema: Schema, path: string): string[] {
  if (schema.type !== "integer") return [`${path}: no whole number`];
  const theirs =
    schema.minimum === undefined ? leastOf(schema.format) : schema.minimum + (schema.exclusiveMinimum ? 1 : 0);
  return min === theirs ? [] : [`${path}: at least ${min} and ${theirs}`];
}

function leastOf(format: string | undefined): number | undefined {
  return format === "int32" ? -(2 ** 31) : undefined;
}
