import { listOf, record } from "../shape/records.ts";
import { type ObjectShape, type Shape, TEXTS } from "../shape/shape.ts";
import { INT, INT32 } from "./go-integers.ts";
import { AMOUNTS, BOOLEAN, FIELD, NAMED_OPTIONAL, PORT, RESOURCE_FIELD } from "./kubernetes-fields.ts";

const KEY_OF = record("key name", { optional: BOOLEAN }, { filled: ["key"] });

const VALUE_FROM = record("", {
  configMapKeyRef: KEY_OF,
  secretKeyRef: KEY_OF,
  fieldRef: FIELD,
  resourceFieldRef: RESOURCE_FIELD,
  fileKeyRef: record("key path volumeName", { optional: BOOLEAN }, { filled: ["key", "path", "volumeName"] }),
});

const EXEC = record("", { command: TEXTS });
const HTTP_GET = record(
  "host path scheme",
  { port: PORT, httpHeaders: listOf(record("name value", {}, { filled: ["name", "value"] })) },
  { filled: ["port"] },
);
const TCP_SOCKET = record("host", { port: PORT }, { filled: ["port"] });

const HANDLER = record("", {
  exec: EXEC,
  httpGet: HTTP_GET,
  tcpSocket: TCP_SOCKET,
  sleep: record("", { seconds: INT }, { filled: ["seconds"] }),
});

const PROBE = record("", {
  exec: EXEC,
  httpGet: HTTP_GET,
  tcpSocket: TCP_SOCKET,
  grpc: record("service", { port: INT32 }, { filled: ["port"] }),
  failureThreshold: INT32,
  initialDelaySeconds: INT32,
  periodSeconds: INT32,
  successThreshold: INT32,
  terminationGracePeriodSeconds: INT,
  timeoutSeconds: INT32,
});

const PROFILE = record("localhostProfile type", {}, { filled: ["type"] });

const SECURITY = record("procMount", {
  allowPrivilegeEscalation: BOOLEAN,
  appArmorProfile: PROFILE,
  capabilities: record("", { add: TEXTS, drop: TEXTS }),
  privileged: BOOLEAN,
  readOnlyRootFilesystem: BOOLEAN,
  runAsGroup: INT,
  runAsNonRoot: BOOLEAN,
  runAsUser: INT,
  seLinuxOptions: record("level role type user"),
  seccompProfile: PROFILE,
  windowsOptions: record("gmsaCredentialSpec gmsaCredentialSpecName runAsUserName", { hostProcess: BOOLEAN }),
});

const RESTART_RULE = record(
  "action",
  { exitCodes: record("operator", { values: listOf(INT32) }, { required: ["operator"], filled: [] }) },
  { required: ["action"], filled: [] },
);

const PORTS: Shape = {
  ...listOf(record("hostIP name protocol", { containerPort: INT32, hostPort: INT32 }, { filled: ["containerPort"] })),
  uniqueBy: { containerPort: "", protocol: "TCP" },
};

const MOUNT = record(
  "mountPath mountPropagation name recursiveReadOnly subPath subPathExpr",
  { readOnly: BOOLEAN },
  { filled: ["mountPath", "name"] },
);

/** A container, as far as its schema goes: nothing checks it as a container before its pod is made. */
export const CONTAINER: ObjectShape = record(
  "image imagePullPolicy name restartPolicy terminationMessagePath terminationMessagePolicy workingDir",
  {
    args: TEXTS,
    command: TEXTS,
    env: { ...listOf(record("name value", { valueFrom: VALUE_FROM }, { filled: ["name"] })), uniqueBy: { name: "" } },
    envFrom: listOf(record("prefix", { configMapRef: NAMED_OPTIONAL, secretRef: NAMED_OPTIONAL })),
    lifecycle: record("stopSignal", { postStart: HANDLER, preStop: HANDLER }),
    livenessProbe: PROBE,
    readinessProbe: PROBE,
    startupProbe: PROBE,
    ports: PORTS,
    resizePolicy: listOf(record("resourceName restartPolicy", {}, { filled: ["resourceName", "restartPolicy"] })),
    resources: record("", {
      ...AMOUNTS,
      claims: { ...listOf(record("name request", {}, { filled: ["name"] })), uniqueBy: { name: "" } },
    }),
    restartPolicyRules: listOf(RESTART_RULE),
    securityContext: SECURITY,
    stdin: BOOLEAN,
    stdinOnce: BOOLEAN,
    tty: BOOLEAN,
    volumeDevices: {
      ...listOf(record("devicePath name", {}, { filled: ["devicePath", "name"] })),
      uniqueBy: { devicePath: "" },
    },
    volumeMounts: { ...listOf(MOUNT), uniqueBy: { mountPath: "" } },
  },
  { filled: ["name"] },
);
