import { durationMistake } from "../rules/strings.ts";
import { type IntegerShape, type ObjectShape, type Shape, TEXT, TEXT_MAP, TEXTS } from "../shape/shape.ts";
import { INT, INT32, UINT8, UINT16, UINT32, UINT64 } from "./go-integers.ts";
import { EXPRESSIONS, MODES } from "./selector-shape.ts";

const BOOLEAN: Shape = { type: "boolean" };
const PORTS: Shape = { type: "list", items: UINT64 };
const LIMIT: IntegerShape = { ...UINT32, min: 1 };

/** The parameters of each action, in the block that has its name. */
const BLOCKS: Readonly<Record<string, ObjectShape>> = {
  clock: block(["clock-ids-slice", "time-offset"], { pid: INT }),
  "disk-fill": block(["path", "size"], { "fill-by-fallocate": BOOLEAN }),
  "disk-read-payload": block(["path", "size"], { "payload-process-num": UINT8 }),
  "disk-write-payload": block(["path", "size"], { "payload-process-num": UINT8 }),
  "file-append": block(["data", "file-name"], { count: INT }),
  "file-create": block(["dir-name", "file-name"]),
  "file-delete": block(["dir-name", "file-name"]),
  "file-modify": block(["file-name"], { privilege: UINT32 }),
  "file-rename": block(["dest-file", "source-file"]),
  "file-replace": block(["dest-string", "file-name", "origin-string"], { line: INT }),
  "http-abort": requiring(
    ["proxy_ports"],
    block(["code", "method", "path", "target"], { port: INT32, proxy_ports: PORTS }),
  ),
  "http-config": block(["file_path"]),
  "http-delay": requiring(
    ["proxy_ports"],
    block(["code", "delay", "method", "path", "target"], { port: INT32, proxy_ports: PORTS }),
  ),
  "http-request": block(["url"], { count: INT, "enable-conn-pool": BOOLEAN }),
  "jvm-exception": block(["class", "exception", "method"], { pid: INT, port: INT32 }),
  "jvm-gc": block([], { pid: INT, port: INT32 }),
  "jvm-latency": block(["class", "method"], { latency: INT, pid: INT, port: INT32 }),
  "jvm-mysql": block(["database", "exception", "mysqlConnectorVersion", "sqlType", "table"], {
    latency: INT,
    pid: INT,
    port: INT32,
  }),
  "jvm-return": block(["class", "method", "value"], { pid: INT, port: INT32 }),
  "jvm-rule-data": block(["rule-data"], { pid: INT, port: INT32 }),
  "jvm-stress": block(["mem-type"], { "cpu-count": INT, pid: INT, port: INT32 }),
  "kafka-fill": block(["host", "password", "reloadCommand", "topic", "username"], {
    maxBytes: UINT64,
    messageSize: UINT64,
    port: UINT16,
  }),
  "kafka-flood": block(["host", "password", "topic", "username"], {
    messageSize: UINT64,
    port: UINT16,
    threads: UINT64,
  }),
  "kafka-io": block(["configFile", "topic"], { nonReadable: BOOLEAN, nonWritable: BOOLEAN }),
  "network-bandwidth": requiring(
    ["limit", "buffer"],
    block(["device", "hostname", "ip-address", "rate"], {
      buffer: LIMIT,
      limit: LIMIT,
      minburst: UINT32,
      peakrate: UINT64,
    }),
  ),
  "network-corrupt": block([
    "correlation",
    "device",
    "egress-port",
    "hostname",
    "ip-address",
    "ip-protocol",
    "percent",
    "source-port",
  ]),
  "network-delay": block([
    "accept-tcp-flags",
    "correlation",
    "device",
    "egress-port",
    "hostname",
    "ip-address",
    "ip-protocol",
    "jitter",
    "latency",
    "source-port",
  ]),
  "network-dns": block(["dns-domain-name", "dns-ip", "dns-server"]),
  "network-down": block(["device", "duration"]),
  "network-duplicate": block([
    "correlation",
    "device",
    "egress-port",
    "hostname",
    "ip-address",
    "ip-protocol",
    "percent",
    "source-port",
  ]),
  "network-flood": block(["duration", "ip-address", "port", "rate"], { parallel: INT32 }),
  "network-loss": block([
    "correlation",
    "device",
    "egress-port",
    "hostname",
    "ip-address",
    "ip-protocol",
    "percent",
    "source-port",
  ]),
  "network-partition": block(["accept-tcp-flags", "device", "direction", "hostname", "ip-address", "ip-protocol"]),
  process: block(["process", "recoverCmd"], { signal: INT }),
  "redis-cacheLimit": block(["addr", "cacheSize", "password", "percent"]),
  "redis-expiration": block(["addr", "expiration", "key", "option", "password"]),
  "redis-penetration": block(["addr", "password"], { requestNum: INT }),
  "redis-restart": block(["addr", "conf", "password"], { flushConfig: BOOLEAN, redisPath: BOOLEAN }),
  "redis-stop": block(["addr", "conf", "password"], { flushConfig: BOOLEAN, redisPath: BOOLEAN }),
  "stress-cpu": block([], { load: INT, options: TEXTS, workers: INT }),
  "stress-mem": block(["size"], { options: TEXTS }),
  user_defined: block(["attackCmd", "recoverCmd"]),
  vm: block(["vm-name"]),
};

/** The blocks of actions that chaosd has and the custom resource does not offer. */
const NO_ACTIONS = ["http-abort", "http-config", "http-delay", "http-request"];

/** The actions of a PhysicalMachineChaos. */
export const MACHINE_ACTIONS: readonly string[] = Object.keys(BLOCKS).filter((name) => !NO_ACTIONS.includes(name));

const SELECTOR: ObjectShape = {
  type: "object",
  fields: {
    namespaces: TEXTS,
    labelSelectors: TEXT_MAP,
    expressionSelectors: EXPRESSIONS,
    annotationSelectors: TEXT_MAP,
    fieldSelectors: TEXT_MAP,
    physicalMachines: { type: "map", values: TEXTS },
  },
};

/** The spec of a PhysicalMachineChaos. */
export const PHYSICAL_MACHINE_CHAOS: ObjectShape = {
  type: "object",
  fields: {
    action: { type: "string", oneOf: MACHINE_ACTIONS },
    address: TEXTS,
    selector: SELECTOR,
    mode: { type: "string", oneOf: MODES },
    value: TEXT,
    uid: TEXT,
    duration: { type: "string", check: durationMistake },
    remoteCluster: TEXT,
    ...BLOCKS,
  },
  required: ["action", "mode"],
};

function block(texts: readonly string[], others: Readonly<Record<string, Shape>> = {}): ObjectShape {
  return { type: "object", fields: { ...Object.fromEntries(texts.map((name) => [name, TEXT])), ...others } };
}

/** Fields that the CRD requires and whose zero, which a webhook writes where they are absent, it refuses. */
function requiring(required: readonly string[], shape: ObjectShape): ObjectShape {
  return { ...shape, required };
}
