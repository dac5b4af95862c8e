import { addressMistake } from "../rules/http-strings.ts";
import { type ObjectShape, TEXT } from "../shape/shape.ts";
import { undecoded } from "../shape/undecoded.ts";

/** The spec of a PhysicalMachine. */
export const PHYSICAL_MACHINE: ObjectShape = {
  type: "object",
  fields: { address: { type: "string", check: addressMistake } },
  required: ["address"],
};

const SECRET: ObjectShape = {
  type: "object",
  fields: { namespace: TEXT, name: TEXT, key: TEXT },
  required: ["namespace", "name", "key"],
};

/** The spec of a RemoteCluster, which no webhook fills in or checks. */
export const REMOTE_CLUSTER: ObjectShape = undecoded({
  type: "object",
  fields: {
    namespace: TEXT,
    version: TEXT,
    kubeConfig: { type: "object", fields: { secretRef: SECRET }, required: ["secretRef"] },
    configOverride: { type: "object", fields: {}, open: true },
  },
  required: ["namespace", "version", "kubeConfig"],
});
