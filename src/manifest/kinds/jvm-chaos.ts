import { TEXT } from "../shape/shape.ts";
import { containerChaos } from "./container-chaos.ts";
import { INT, INT32 } from "./go-integers.ts";

/** The actions of a JVMChaos. */
export const JVM_ACTIONS = ["latency", "return", "exception", "stress", "gc", "ruleData", "mysql"] as const;

/** The spec of a JVMChaos. */
export const JVM_CHAOS = containerChaos(
  {
    action: { type: "string", oneOf: JVM_ACTIONS },
    name: TEXT,
    class: TEXT,
    method: TEXT,
    returnValue: TEXT,
    exception: TEXT,
    latency: INT,
    cpuCount: INT,
    memType: TEXT,
    ruleData: TEXT,
    mysqlConnectorVersion: TEXT,
    database: TEXT,
    table: TEXT,
    sqlType: TEXT,
    port: INT32,
    pid: INT,
  },
  ["action"],
);
