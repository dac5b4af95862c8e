import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiServer } from "./api-server.ts";
import type { KubernetesObject } from "./chart.ts";

// What parts may, by two who share nothing: the tables that people read, and the API server's own answer.

const DOCS = join(import.meta.dirname, "../../../docs");

export type Right = { readonly account: string; readonly where: string; readonly may: string };

/** The rows of docs/security.md. */
export function rightsListed(): readonly Right[] {
  return rowsOf("security.md", "| service account | where | may |")
    .map(([account = "", where = "", may = ""]) => ({ account, where, may: may.replaceAll("`", "") }))
    .toSorted(byText);
}

/** Where each row's answer is asked for, from the widest. */
const PLACES = [
  { where: "everywhere", namespace: "other" },
  { where: "a namespace that consents", namespace: "staging" },
  { where: "chaosgate", namespace: "chaosgate" },
];

/** What SelfSubjectRulesReview, which is `kubectl auth can-i --list`, tells each account beyond what it tells everybody. */
export async function rightsHad(server: ApiServer, accounts: readonly string[]): Promise<readonly Right[]> {
  const had = await Promise.all(accounts.map((account) => rightsOfAccount(server, account)));
  return had.flat().toSorted(byText);
}

async function rightsOfAccount(server: ApiServer, account: string): Promise<readonly Right[]> {
  const known = new Set(await told(server, "other:nobody", "other"));
  const rights: Right[] = [];
  for (const { where, namespace } of PLACES)
    for (const may of await told(server, `chaosgate:${account}`, namespace)) {
      if (known.has(may)) continue;
      known.add(may);
      rights.push({ account, where, may });
    }
  return rights;
}

/** One sentence for each rule: verbs, then `resource.group`, then the only names. */
async function told(server: ApiServer, account: string, namespace: string): Promise<readonly string[]> {
  const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
  const { status, body } = await server.callAs(account, "POST", path, { spec: { namespace } });
  if (status !== 201) throw new Error(`${path}: ${status} ${body}`);
  const { incomplete, resourceRules, nonResourceRules } = JSON.parse(body).status;
  if (incomplete) throw new Error("the server does not know every rule");
  return [
    ...resourceRules.map(sentence),
    ...nonResourceRules.map(({ verbs, nonResourceURLs }: KubernetesObject) => `${verbs} ${nonResourceURLs}`),
  ];
}

function sentence({ verbs, apiGroups, resources, resourceNames = [] }: KubernetesObject): string {
  const things = resources.flatMap((resource: string) =>
    apiGroups.map((group: string) => (group === "" ? resource : `${resource}.${group}`)),
  );
  const only = resourceNames.length === 0 ? "" : ` ${resourceNames.join(" ")}`;
  return `${verbs.toSorted().join(" ")}: ${things.toSorted().join(" ")}${only}`;
}

/** The effects of docs/daemon.md behind each word of the chart. */
export const EFFECTS_OF: Readonly<Record<string, readonly string[]>> = {
  network: ["network effects", "packet queue"],
  process: ["process-kill", "process-freeze"],
};

/** What docs/daemon.md says that these effects need. Whoever enters a victim's namespaces at all needs SYS_ADMIN. */
export function capabilitiesOf(effects: readonly string[]): readonly string[] {
  const wanted = ["all", ...effects.flatMap((effect) => EFFECTS_OF[effect] ?? [])];
  const rows = rowsOf("daemon.md", "| effect | needs | because |").filter(([effect = ""]) => wanted.includes(effect));
  if (rows.length !== wanted.length) throw new Error(`docs/daemon.md does not tell of each of ${wanted}`);
  return [...new Set(rows.flatMap(([, needs = ""]) => needs.match(/[A-Z_]{4,}/g) ?? []))].toSorted();
}

function rowsOf(page: string, head: string): readonly (readonly string[])[] {
  const [, table = ""] = readFileSync(join(DOCS, page), "utf8").split(head);
  const [rows = ""] = table.trimStart().split("\n\n");
  return rows
    .split("\n")
    .slice(1)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function byText(one: Right, other: Right): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
