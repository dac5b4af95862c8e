// What an IOChaos asks of the daemon: an order, or why this engine cannot do it.

import {
  type ExperimentOf,
  FILE_METHODS,
  type FileAct,
  type FileFaultSpec,
  type FileMethod,
} from "../manifest/experiment.ts";
import { altersData } from "../policy/file-io.ts";
import type { Ordered } from "./order.ts";
import type { FileIoFaultOrder } from "./ports.ts";

/** The kernel checks permissions and holds locks itself here, and waits for no answer when it forgets: nothing of it can be disturbed. */
const NEVER_ASKED: readonly FileMethod[] = ["access", "forget", "getlk", "setlk", "bmap"];
const KINDS = ["namedPipe", "charDevice", "blockDevice", "directory", "regularFile", "symlink", "socket"];
/** The last number in Linux' table (EHWPOISON). */
const LAST_ERRNO = 133;

/** The order of an IOChaos. */
export function fileOrder({ io }: ExperimentOf<"IOChaos">): Ordered {
  const unknown = io.methods.filter((written) => !isMethod(written));
  if (unknown.length > 0) return unavailable(`methods ${unknown.join(", ")} are no operations on files`);
  const methods = io.methods.filter(isMethod);
  if (methods.length > 0 && methods.every((method) => NEVER_ASKED.includes(method)))
    return unavailable(
      `methods ${methods.join(", ")} are done by the kernel alone on this engine, so nothing would be felt`,
    );
  if (!io.volumePath.startsWith("/") || io.volumePath === "/")
    return unavailable("volumePath is not an absolute path of a directory below the root");
  const act = actOf(io);
  if (typeof act === "string") return unavailable(act);
  const { volumePath, path, percent } = io;
  return { kind: "order", order: { kind: "file-io", volumePath, path, methods, percent, act }, effects: ["file-io"] };
}

function actOf(io: FileFaultSpec): FileIoFaultOrder["act"] | string {
  const { act } = io;
  switch (act.kind) {
    case "latency":
      return act.delayMs > 0 ? act : "delay is missing or zero, so nothing would be late";
    case "fault":
      if (act.errno >= 1 && act.errno <= LAST_ERRNO) return { kind: "error", errno: act.errno };
      return `errno ${act.errno} is not an error of Linux`;
    case "attrOverride":
      return attributesOf(act);
    case "mistake":
      return mistakeOf(act, altersData(io));
  }
}

function attributesOf({ attributes }: Extract<FileAct, { kind: "attrOverride" }>): FileIoFaultOrder["act"] | string {
  const { numbers, times, kind } = attributes;
  if (kind !== undefined && !KINDS.includes(kind)) return `attr.kind ${kind} is no kind of file`;
  const inexact = Object.entries(numbers).filter(([, value]) => !Number.isSafeInteger(value) || value < 0);
  if (inexact.length > 0)
    return `attr.${inexact.map(([name]) => name).join(", attr.")} cannot be said exactly on this engine`;
  if (kind === undefined && Object.keys(numbers).length === 0 && Object.keys(times).length === 0)
    return "attr is missing or empty, so nothing would be told wrong";
  return { kind: "attributes", attributes };
}

function mistakeOf(
  { filling, maxOccurrences, maxLength }: Extract<FileAct, { kind: "mistake" }>,
  alters: boolean,
): FileIoFaultOrder["act"] | string {
  if (filling !== "zero" && filling !== "random") return "mistake.filling is neither zero nor random";
  if (maxOccurrences < 1 || maxLength < 1) return "mistake needs maxOccurrences and maxLength of 1 or more";
  return { kind: "mistake", filling, maxOccurrences, maxLength, altersData: alters };
}

function isMethod(written: string): written is FileMethod {
  return FILE_METHODS.some((method) => method === written);
}

function unavailable(why: string): Ordered {
  return { kind: "unavailable", why };
}
