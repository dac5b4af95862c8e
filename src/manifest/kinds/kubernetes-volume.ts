import { listOf, record } from "../shape/records.ts";
import { type ObjectShape, type Shape, TEXT_MAP, TEXTS } from "../shape/shape.ts";
import { INT, INT32 } from "./go-integers.ts";
import { AMOUNTS, BOOLEAN, FIELD, LABEL_SELECTOR, NAMED, QUANTITY, RESOURCE_FIELD } from "./kubernetes-fields.ts";

const READ_ONLY = { readOnly: BOOLEAN };
const MODE = { defaultMode: INT32 };

const KEYS: Shape = listOf(record("key path", { mode: INT32 }, { filled: ["key", "path"] }));
const DOWNWARD: Shape = listOf(
  record("path", { fieldRef: FIELD, mode: INT32, resourceFieldRef: RESOURCE_FIELD }, { filled: ["path"] }),
);
const KEYS_OF = record("name", { items: KEYS, optional: BOOLEAN });

// apiGroup of a source and the sources of a projection are pointers and lists that Go writes as null, which the schema refuses.
const CLAIM = record("storageClassName volumeAttributesClassName volumeMode volumeName", {
  accessModes: TEXTS,
  dataSource: record("apiGroup kind name", {}, { required: ["apiGroup"], filled: ["kind", "name"] }),
  dataSourceRef: record("apiGroup kind name namespace", {}, { required: ["apiGroup"], filled: ["kind", "name"] }),
  resources: record("", AMOUNTS),
  selector: LABEL_SELECTOR,
});

const SOURCE = record("", {
  clusterTrustBundle: record(
    "name path signerName",
    { labelSelector: LABEL_SELECTOR, optional: BOOLEAN },
    { filled: ["path"] },
  ),
  configMap: KEYS_OF,
  secret: KEYS_OF,
  downwardAPI: record("", { items: DOWNWARD }),
  podCertificate: record(
    "certificateChainPath credentialBundlePath keyPath keyType signerName",
    { maxExpirationSeconds: INT32, userAnnotations: TEXT_MAP },
    { required: ["keyType", "signerName"], filled: [] },
  ),
  serviceAccountToken: record("audience path", { expirationSeconds: INT }, { filled: ["path"] }),
});

/** The sources of volumes that clouds and storage systems gave their names to. */
const STORAGE: Readonly<Record<string, Shape>> = {
  awsElasticBlockStore: record("fsType volumeID", { ...READ_ONLY, partition: INT32 }, { filled: ["volumeID"] }),
  azureDisk: record("cachingMode diskName diskURI fsType kind", READ_ONLY, { filled: ["diskName", "diskURI"] }),
  azureFile: record("secretName shareName", READ_ONLY, { filled: ["secretName", "shareName"] }),
  cephfs: record(
    "path secretFile user",
    { ...READ_ONLY, monitors: TEXTS, secretRef: NAMED },
    { required: ["monitors"], filled: [] },
  ),
  cinder: record("fsType volumeID", { ...READ_ONLY, secretRef: NAMED }, { filled: ["volumeID"] }),
  fc: record("fsType", { ...READ_ONLY, lun: INT32, targetWWNs: TEXTS, wwids: TEXTS }),
  flexVolume: record("driver fsType", { ...READ_ONLY, options: TEXT_MAP, secretRef: NAMED }, { filled: ["driver"] }),
  flocker: record("datasetName datasetUUID"),
  gcePersistentDisk: record("fsType pdName", { ...READ_ONLY, partition: INT32 }, { filled: ["pdName"] }),
  glusterfs: record("endpoints path", READ_ONLY, { filled: ["endpoints", "path"] }),
  iscsi: record(
    "fsType initiatorName iqn iscsiInterface targetPortal",
    {
      ...READ_ONLY,
      chapAuthDiscovery: BOOLEAN,
      chapAuthSession: BOOLEAN,
      lun: INT32,
      portals: TEXTS,
      secretRef: NAMED,
    },
    { filled: ["iqn", "lun", "targetPortal"] },
  ),
  nfs: record("path server", READ_ONLY, { filled: ["path", "server"] }),
  photonPersistentDisk: record("fsType pdID", {}, { filled: ["pdID"] }),
  portworxVolume: record("fsType volumeID", READ_ONLY, { filled: ["volumeID"] }),
  quobyte: record("group registry tenant user volume", READ_ONLY, { filled: ["registry", "volume"] }),
  rbd: record(
    "fsType image keyring pool user",
    { ...READ_ONLY, monitors: TEXTS, secretRef: NAMED },
    { required: ["monitors"], filled: ["image"] },
  ),
  scaleIO: record(
    "fsType gateway protectionDomain storageMode storagePool system volumeName",
    { ...READ_ONLY, secretRef: NAMED, sslEnabled: BOOLEAN },
    { required: ["secretRef"], filled: ["gateway", "system"] },
  ),
  storageos: record("fsType volumeName volumeNamespace", { ...READ_ONLY, secretRef: NAMED }),
  vsphereVolume: record("fsType storagePolicyID storagePolicyName volumePath", {}, { filled: ["volumePath"] }),
};

/** A volume, as far as its schema goes. */
export const VOLUME: ObjectShape = record(
  "name",
  {
    ...STORAGE,
    configMap: record("name", { ...MODE, items: KEYS, optional: BOOLEAN }),
    csi: record(
      "driver fsType",
      { ...READ_ONLY, nodePublishSecretRef: NAMED, volumeAttributes: TEXT_MAP },
      { filled: ["driver"] },
    ),
    downwardAPI: record("", { ...MODE, items: DOWNWARD }),
    emptyDir: record("medium", { sizeLimit: QUANTITY }),
    ephemeral: record("", {
      volumeClaimTemplate: record("", { metadata: record(""), spec: CLAIM }, { filled: ["spec"] }),
    }),
    gitRepo: record("directory repository revision", {}, { filled: ["repository"] }),
    hostPath: record("path type", {}, { filled: ["path"] }),
    image: record("pullPolicy reference"),
    persistentVolumeClaim: record("claimName", READ_ONLY, { filled: ["claimName"] }),
    projected: record("", { ...MODE, sources: listOf(SOURCE) }, { required: ["sources"], filled: [] }),
    secret: record("secretName", { ...MODE, items: KEYS, optional: BOOLEAN }),
  },
  { filled: ["name"] },
);
