import { readFileSync } from "node:fs";
import type { ApiServer } from "./api-server.ts";

// What a process and an API server have spent, by the kernel's books and by the server's own: neither asks the one who spent it.

export type Requests = ReadonlyMap<string, number>;

/** Requests of the runner's that the server has answered, as `patch chaosruns/status`, by its audit log. */
export function requestsServed({ auditLog }: ApiServer): Requests {
  const served = new Map<string, number>();
  for (const line of readFileSync(auditLog, "utf8").split("\n")) {
    const { verb, objectRef } = line === "" ? ({} as AuditEvent) : (JSON.parse(line) as AuditEvent);
    if (verb === undefined || objectRef === undefined) continue;
    const what = `${verb} ${objectRef.resource}${objectRef.subresource ? `/${objectRef.subresource}` : ""}`;
    served.set(what, (served.get(what) ?? 0) + 1);
  }
  return served;
}

type AuditEvent = {
  readonly verb?: string;
  readonly objectRef?: { readonly resource: string; readonly subresource?: string };
};

/** What was asked between two readings. */
export function askedBetween(before: Requests, after: Requests): Readonly<Record<string, number>> {
  const grown = [...after].map(([what, count]) => [what, count - (before.get(what) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0).toSorted());
}

export type Spent = { readonly cpuSeconds: number; readonly mb: number; readonly mostMb: number };

/** Processor time and resident memory of a process (proc(5)), and the most that it ever had. */
export function spentBy(pid: number): Spent {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mb = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
  // utime and stime, in hundredths of a second.
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, mb: mb("VmRSS"), mostMb: mb("VmHWM") };
}
