import type { TicketClaims } from "./claims.ts";

/** Where and when a ticket is presented, and with which bytes. */
export type Presentation = {
  readonly clusterId: string;
  /** Unix seconds. */
  readonly nowSeconds: number;
  readonly environments: readonly string[];
  readonly repository: { readonly owner: string; readonly name: string };
  /** Path -> sha256 (hex) of the bytes that came with the ticket. */
  readonly digests: Readonly<Record<string, string>>;
  /** What it is presented for: a run that somebody asked for, or one that a cron asks for. */
  readonly kind: TicketClaims["kind"];
};

/** Why a ticket is not valid here; `message` says what to do next. */
export type TicketRefusal = {
  readonly code:
    | "other-cluster"
    | "expired"
    | "not-yet-valid"
    | "lives-too-long"
    | "other-environment"
    | "other-repository"
    | "bytes-missing"
    | "bytes-changed"
    | "no-objective"
    | "other-kind";
  readonly message: string;
};

/** Clocks of bot and runner may differ by this much. */
const CLOCK_SKEW_SECONDS = 60;

/** A ticket that could wait longer than this would permit what nobody remembers. */
const LONGEST_LIFE_SECONDS = 3600;

/** A Schedule that nobody has looked at for a quarter of a year is looked at again. */
export const LONGEST_STANDING_SECONDS = 90 * 86_400;

/** Every reason against executing a ticket here and now; its signature was verified before. Expiry is judged once, at acceptance. */
export function checkTicket(claims: TicketClaims, presented: Presentation): readonly TicketRefusal[] {
  return [
    ...addressRefusals(claims, presented),
    ...kindRefusals(claims, presented.kind),
    ...timeRefusals(claims, presented.nowSeconds),
    ...bytesRefusals(claims, presented.digests),
    ...(claims.objectives.length === 0
      ? [refusal("no-objective", "the ticket names no objective: add one to the environment in the settings")]
      : []),
  ];
}

function addressRefusals(claims: TicketClaims, presented: Presentation): readonly TicketRefusal[] {
  const { owner, name } = presented.repository;
  const own = fullName(claims.repository) === fullName(presented.repository);
  const served = presented.environments.length === 0 || presented.environments.includes(claims.environment);
  return [
    ...(claims.aud === presented.clusterId
      ? []
      : [refusal("other-cluster", `the ticket is for cluster ${claims.aud} and this is ${presented.clusterId}`)]),
    ...(own
      ? []
      : [refusal("other-repository", `the ticket is of another repository than ${owner}/${name}, which sent it`)]),
    ...(served
      ? []
      : [refusal("other-environment", `this runner does not serve the environment ${claims.environment}`)]),
  ];
}

function kindRefusals({ kind, documents }: TicketClaims, wanted: TicketClaims["kind"]): readonly TicketRefusal[] {
  if (kind !== wanted)
    return [refusal("other-kind", `a ticket of kind ${kind} was presented as one of kind ${wanted}`)];
  if (kind === "once" || documents.length === 1) return [];
  return [refusal("other-kind", `a standing ticket is for one document and this one names ${documents.length}`)];
}

function timeRefusals({ kind, iat, exp }: TicketClaims, now: number): readonly TicketRefusal[] {
  const longest = kind === "standing" ? LONGEST_STANDING_SECONDS : LONGEST_LIFE_SECONDS;
  return [
    ...(now < exp
      ? []
      : [
          refusal(
            "expired",
            `the ticket expired ${now - exp} s ago: ${kind === "once" ? "give the command again" : "merge its schedule again"}`,
          ),
        ]),
    ...(iat <= now + CLOCK_SKEW_SECONDS
      ? []
      : [refusal("not-yet-valid", `the ticket was issued ${iat - now} s in the future: compare the clocks`)]),
    ...(exp - iat <= longest
      ? []
      : [refusal("lives-too-long", `the ticket lives ${exp - iat} s and at most ${longest} s are taken`)]),
  ];
}

function bytesRefusals(claims: TicketClaims, digests: Presentation["digests"]): readonly TicketRefusal[] {
  const paths = new Set([...Object.keys(claims.manifests), ...claims.documents.map(({ path }) => path)]);
  return [...paths].flatMap((path) => {
    const signed = Object.hasOwn(claims.manifests, path) ? claims.manifests[path] : undefined;
    const came = Object.hasOwn(digests, path) ? digests[path] : undefined;
    if (signed === undefined) return [refusal("bytes-missing", `the ticket names no digest for ${path}`)];
    if (came === undefined) return [refusal("bytes-missing", `${path} did not come with its ticket`)];
    return came === signed
      ? []
      : [refusal("bytes-changed", `${path} is not the file that was reviewed: its digest differs`)];
  });
}

/** GitHub's names do not tell upper from lower case. */
function fullName({ owner, name }: { readonly owner: string; readonly name: string }): string {
  return `${owner}/${name}`.toLowerCase();
}

function refusal(code: TicketRefusal["code"], message: string): TicketRefusal {
  return { code, message };
}
