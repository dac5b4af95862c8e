import { durationMistake } from "../rules/strings.ts";
import { type Shape, TEXT, TEXTS } from "../shape/shape.ts";
import { containerChaos } from "./container-chaos.ts";
import { INT, ONE_OR_MORE, UINT16, UINT32, UINT64 } from "./go-integers.ts";

/** The actions of an IOChaos. */
export const IO_ACTIONS = ["latency", "fault", "attrOverride", "mistake"] as const;

// The CRD requires both, and the defaulting webhook writes a 0 where one is absent.
const TIMESPEC: Shape = { type: "object", fields: { sec: INT, nsec: INT } };

const ATTRIBUTES: Shape = {
  type: "object",
  fields: {
    ino: UINT64,
    size: UINT64,
    blocks: UINT64,
    atime: TIMESPEC,
    mtime: TIMESPEC,
    ctime: TIMESPEC,
    kind: TEXT,
    perm: UINT16,
    nlink: UINT32,
    uid: UINT32,
    gid: UINT32,
    rdev: UINT32,
  },
};

const MISTAKE: Shape = {
  type: "object",
  fields: {
    filling: { type: "string", oneOf: ["zero", "random"] },
    maxLength: ONE_OR_MORE,
    maxOccurrences: ONE_OR_MORE,
  },
};

/** The spec of an IOChaos. A missing volumePath passes admission, because the defaulting webhook writes an empty one. */
export const IO_CHAOS = containerChaos(
  {
    action: { type: "string", oneOf: IO_ACTIONS, otherWords: { delay: "latency", error: "fault", errno: "fault" } },
    delay: { type: "string", check: durationMistake },
    errno: UINT32,
    attr: ATTRIBUTES,
    mistake: MISTAKE,
    path: TEXT,
    methods: TEXTS,
    percent: INT,
    volumePath: TEXT,
  },
  ["action"],
);
