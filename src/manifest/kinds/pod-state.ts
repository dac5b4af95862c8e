import { listOf, record } from "../shape/records.ts";
import { type IntegerShape, type ObjectShape, type Shape, TEXT_MAP, TEXTS } from "../shape/shape.ts";
import { undecoded } from "../shape/undecoded.ts";
import { INT, INT32, ONE_OR_MORE } from "./go-integers.ts";
import { PATCH, REPLACE, TLS } from "./http-chaos.ts";
import { trafficControl } from "./network-chaos.ts";

// What Chaos Mesh's controllers want of one pod: they write these objects for themselves, and no webhook looks at them.

const CIDR_AND_PORT = record("cidr", { port: ONE_OR_MORE }, { required: ["cidr", "port"] });

const IP_SET = record(
  "ipsetType name source",
  { cidrAndPorts: listOf(CIDR_AND_PORT), cidrs: TEXTS, setNames: TEXTS },
  { required: ["ipsetType", "name", "source"] },
);

const CHAIN = record("device direction name source", { ipsets: TEXTS }, { required: ["direction", "name", "source"] });

const TRAFFIC_CONTROL = record("device ipset source type", trafficControl(), { required: ["source", "type"] });

/** The spec of a PodNetworkChaos. */
export const POD_NETWORK_CHAOS: ObjectShape = undecoded(
  record("", { ipsets: listOf(IP_SET), iptables: listOf(CHAIN), tcs: listOf(TRAFFIC_CONTROL) }),
);

const TIMESPEC = record("", { sec: INT, nsec: INT }, { required: ["sec", "nsec"] });

const FILE_ACTION = record(
  "kind latency path source type",
  {
    methods: TEXTS,
    percent: INT,
    faults: listOf(record("", { errno: INT32, weight: INT32 }, { required: ["errno", "weight"] })),
    mistake: record("", {
      filling: { type: "string", oneOf: ["zero", "random"] },
      maxLength: ONE_OR_MORE,
      maxOccurrences: ONE_OR_MORE,
    }),
    atime: TIMESPEC,
    mtime: TIMESPEC,
    ctime: TIMESPEC,
    ...numbers("blocks ino perm size", INT),
    ...numbers("gid nlink rdev uid", INT32),
  },
  { required: ["path", "percent", "type"] },
);

/** The spec of a PodIOChaos. */
export const POD_IO_CHAOS: ObjectShape = undecoded(
  record("container volumeMountPath", { actions: listOf(FILE_ACTION) }, { required: ["volumeMountPath"] }),
);

const RULE = record(
  "source target",
  {
    port: INT32,
    selector: record("method path", {
      code: INT32,
      port: INT32,
      request_headers: TEXT_MAP,
      response_headers: TEXT_MAP,
    }),
    actions: record("delay", { abort: { type: "boolean" }, patch: PATCH, replace: REPLACE }),
  },
  { required: ["actions", "port", "selector", "target"] },
);

/** The spec of a PodHttpChaos. */
export const POD_HTTP_CHAOS: ObjectShape = undecoded(record("", { rules: listOf(RULE), tls: TLS }));

function numbers(names: string, shape: IntegerShape): Readonly<Record<string, Shape>> {
  return Object.fromEntries(names.split(" ").map((name) => [name, shape]));
}
