import { readFileSync } from "node:fs";
import type { ApiServer } from "./api-server.ts";

// What a process and an API server have spent, by the kernel's books and by the server's own: neither asks the one who spent it.

export type Requests = ReadonlyMap<string, number>;

/** Requests that the server has answered, as `PATCH chaosruns/status`; watches count where they ended. */
export async function requestsServed(server: ApiServer): Promise<Requests> {
  const { body } = await server.call("GET", "/metrics");
  const served = new Map<string, number>();
  for (const line of body.split("\n")) {
    const [, labels = "", value] = /^apiserver_request_total\{([^}]*)\} ([0-9.e+]+)$/.exec(line) ?? [];
    if (value === undefined) continue;
    const told = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, text]) => [name, text]));
    const what = `${told.verb} ${told.resource}${told.subresource ? `/${told.subresource}` : ""}`;
    served.set(what, (served.get(what) ?? 0) + Number(value));
  }
  return served;
}

/** What was asked between two readings, of what a run needs. */
export function askedBetween(before: Requests, after: Requests): Readonly<Record<string, number>> {
  const grown = [...after].map(([what, count]) => [what, count - (before.get(what) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([what, count]) => count > 0 && OURS.test(what)).toSorted());
}

const OURS = / (chaosruns|chaospolicies|pods|nodes|events|namespaces|selfsubjectaccessreviews|leases)(\/|$)/;

export type Spent = { readonly cpuSeconds: number; readonly mb: number; readonly mostMb: number };

/** Processor time and resident memory of a process (proc(5)), and the most that it ever had. */
export function spentBy(pid: number): Spent {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mb = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
  // utime and stime, in hundredths of a second.
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, mb: mb("VmRSS"), mostMb: mb("VmHWM") };
}
