// One round of rotation: the secrets are read, what is due is made, and each secret is written before anything relies on it.
// Whatever it is interrupted in, the next round goes on from what is there.

import { AppError } from "../errors.ts";
import { type Authority, type Held, type Name, type Plan, planRotation, type Terms } from "./rotation.ts";
import { fingerprintOf, leafOf, makeAuthority, makeLeaf, type Pair, periodOf, type Subjects } from "./x509.ts";

/** Values of one secret as text, and the version that was read. */
export type Secret = { readonly version: string; readonly values: Readonly<Record<string, string>> };

/** Where secrets are kept; a write of a version that is not the last is refused by throwing. */
export type Secrets = {
  readonly read: (name: string) => Promise<Secret>;
  readonly write: (name: string, version: string, values: Secret["values"]) => Promise<void>;
};

/** What API servers believe of the webhook that they call, as PEM texts behind each other. */
export type Webhook = {
  readonly read: () => Promise<{ readonly version: string; readonly authorities: string }>;
  readonly write: (version: string, authorities: string) => Promise<void>;
};

/** Everything that shows or believes certificates; without a webhook nobody shows the admission's. */
export type Site = { readonly secrets: Secrets; readonly subjects: Subjects; readonly webhook?: Webhook };

type Kept = Pair & { readonly publishedAt?: number };

const AUTHORITY_SECRET = "chaosgate-authority";
const AUTHORITIES = "authorities.json";
const LEAF_SECRETS: Readonly<Record<Name, string>> = {
  daemon: "chaosgate-daemon-tls",
  runner: "chaosgate-runner-tls",
  admission: "chaosgate-admission-tls",
};

/** Does what is due and says it, a sentence each; nothing where nothing is due. */
export async function rotate(site: Site, now: number, terms: Terms): Promise<readonly string[]> {
  const { secrets, subjects, webhook } = site;
  const before = authoritiesIn(await secrets.read(AUTHORITY_SECRET));
  const names = webhook === undefined ? (["daemon", "runner"] as const) : (["daemon", "runner", "admission"] as const);
  const leaves = new Map<Name, Secret>();
  for (const name of names) leaves.set(name, await secrets.read(LEAF_SECRETS[name]));
  const plan = planRotation(heldOf(subjects, before, leaves), now, terms);
  const made = plan.makesAuthority ? await makeAuthority(now, terms.authorityMs) : undefined;
  const all = made === undefined ? before : new Map([...before, [fingerprintOf(made.certificate), made]]);
  // Its key is kept before anybody is told to believe it.
  if (made !== undefined) await keep(secrets, all);
  const said: string[] = made === undefined ? [] : ["made an authority"];
  const round = { plan, all, made, now, terms };
  for (const [name, secret] of leaves) {
    // Before it is shown, and last of all: API servers that cannot be told keep nobody else from theirs.
    if (name === "admission" && webhook !== undefined) said.push(...(await tellApiServers(webhook, round)));
    said.push(...(await publish(site, name, secret, round)));
  }
  const after = settled(round);
  if (JSON.stringify([...after]) !== JSON.stringify([...all])) await keep(secrets, after);
  return [...said, ...plan.dropped.map((id) => `dropped the authority ${id.slice(0, 11)}`)];
}

type Round = {
  readonly plan: Plan;
  readonly all: ReadonlyMap<string, Kept>;
  readonly made: Pair | undefined;
  readonly now: number;
  readonly terms: Terms;
};

/** Writes one leaf's secret, if its certificate is due or it does not hold the authorities of now. */
async function publish(
  { secrets, subjects }: Site,
  name: Name,
  { version, values }: Secret,
  round: Round,
): Promise<readonly string[]> {
  const { plan, all, made, now, terms } = round;
  const authorities = believedIn(round);
  const isRenewed = plan.renewed.includes(name);
  if (!isRenewed && values["ca.crt"] === authorities) return [];
  const signer = plan.signer === undefined ? made : all.get(plan.signer);
  if (signer === undefined) throw new Error(`the plan names an authority ${plan.signer} that is not held`);
  const leaf = isRenewed ? await makeLeaf(subjects[name], signer, now, terms.leafMs) : pairIn(values);
  const next = { "tls.crt": leaf.certificate, "tls.key": leaf.key, "ca.crt": authorities };
  await secrets.write(LEAF_SECRETS[name], version, next);
  return [isRenewed ? `renewed the ${name}'s certificate` : `gave the ${name} the authorities of now`];
}

async function tellApiServers(webhook: Webhook, round: Round): Promise<readonly string[]> {
  const { version, authorities } = await webhook.read();
  const next = believedIn(round);
  if (authorities === next) return [];
  await webhook.write(version, next);
  return ["gave API servers the authorities of now"];
}

function believedIn({ plan, all }: Round): string {
  const believed = [...all].filter(([id]) => !plan.dropped.includes(id));
  return believed.map(([, { certificate }]) => `${certificate.trim()}\n`).join("");
}

/** Those that are not dropped; each is published by now. */
function settled({ plan, all, now }: Round): ReadonlyMap<string, Kept> {
  const kept = [...all].filter(([id]) => !plan.dropped.includes(id));
  return new Map(kept.map(([id, one]) => [id, { ...one, publishedAt: one.publishedAt ?? now }]));
}

function heldOf(subjects: Subjects, authorities: ReadonlyMap<string, Kept>, leaves: ReadonlyMap<Name, Secret>): Held {
  const known = [...authorities].flatMap(([id, one]): readonly Authority[] => {
    const period = periodOf(one);
    const { publishedAt } = one;
    return period === undefined ? [] : [{ id, ...period, ...(publishedAt !== undefined && { publishedAt }) }];
  });
  const read = [...leaves].map(
    ([name, { values }]) => [name, leafOf(subjects[name], pairIn(values), authorities)] as const,
  );
  return {
    names: [...leaves.keys()],
    authorities: known,
    leaves: Object.fromEntries(read.filter(([, leaf]) => leaf !== undefined)),
  };
}

function pairIn(values: Secret["values"]): Pair {
  return { certificate: values["tls.crt"] ?? "", key: values["tls.key"] ?? "" };
}

async function keep(secrets: Secrets, authorities: ReadonlyMap<string, Kept>): Promise<void> {
  const { version } = await secrets.read(AUTHORITY_SECRET);
  await secrets.write(AUTHORITY_SECRET, version, { [AUTHORITIES]: JSON.stringify([...authorities.values()]) });
}

/** By their fingerprints; those that are no authority with its key are not ours to use, and go with the next write. */
function authoritiesIn({ values }: Secret): ReadonlyMap<string, Kept> {
  const usable = listIn(values[AUTHORITIES] || "[]").filter((one) => periodOf(one) !== undefined);
  return new Map(usable.map((one) => [fingerprintOf(one.certificate), one]));
}

/** Never taken for an empty one: everybody would be parted from everybody by a new authority at once. */
function listIn(text: string): readonly Kept[] {
  try {
    const all: unknown = JSON.parse(text);
    if (Array.isArray(all)) return all;
  } catch {
    // Told below, without the text: it holds keys.
  }
  const what = `secret ${AUTHORITY_SECRET} holds no list of authorities under ${AUTHORITIES}`;
  const next =
    "restore it, or take the key away to begin anew, which parts runs from daemons until all have read the new files";
  throw new AppError("CONFIG_INVALID", `could not rotate certificates: ${what}; ${next}`);
}
