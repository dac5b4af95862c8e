import { durationMistake } from "../rules/strings.ts";
import { type ObjectShape, type Shape, TEXT, TEXTS } from "../shape/shape.ts";
import { INT } from "./go-integers.ts";
import { RETIRED_IN_VERSION_2 } from "./retired.ts";

// The kinds that hit machines of a cloud. Their CRDs require the texts that name the machine, and the defaulting
// webhook writes empty ones where they are absent, so that only the action is asked for.

/** The spec of an AWSChaos. */
export const AWS_CHAOS = cloudChaos(["ec2-stop", "ec2-restart", "detach-volume"], {
  endpoint: TEXT,
  awsRegion: TEXT,
  ec2Instance: TEXT,
  volumeID: TEXT,
  deviceName: TEXT,
});

/** The spec of an AzureChaos. */
export const AZURE_CHAOS = cloudChaos(["vm-stop", "vm-restart", "disk-detach"], {
  subscriptionID: TEXT,
  resourceGroupName: TEXT,
  vmName: TEXT,
  diskName: TEXT,
  lun: INT,
});

/** The spec of a GCPChaos. */
export const GCP_CHAOS = cloudChaos(["node-stop", "node-reset", "disk-loss"], {
  project: TEXT,
  zone: TEXT,
  instance: TEXT,
  deviceNames: TEXTS,
});

function cloudChaos(actions: readonly string[], own: Readonly<Record<string, Shape>>): ObjectShape {
  const duration: Shape = { type: "string", check: durationMistake };
  return {
    type: "object",
    fields: { action: { type: "string", oneOf: actions }, duration, secretName: TEXT, remoteCluster: TEXT, ...own },
    required: ["action"],
    retired: RETIRED_IN_VERSION_2,
  };
}
