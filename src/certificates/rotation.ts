// What is held and the time enter; what must be made anew leaves. Nothing is read or written here.
//
// Daemons, runners and API servers read what they believe at different times, so nobody may ever show a certificate whose authority
// somebody else has not read yet. A new authority is therefore published beside the old one first, signs only when everybody has had time
// to read it, and the old one is dropped only when nobody has had to show a certificate of it for as long.

/** Unix ms. */
export type Period = { readonly from: number; readonly until: number };

export type Authority = Period & {
  readonly id: string;
  /** Since when every reader's file holds it; absent: not known to be so. */
  readonly publishedAt?: number;
};

export type Leaf = Period & { readonly issuer: string };

/** By whom it is shown: the admission's is what runners show the API server that asks them. */
export type Name = "daemon" | "runner" | "admission";

/** What can be read of what is held; a leaf that cannot be read, or whose key is another's, is absent. */
export type Held = {
  /** Whose certificates are kept up. */
  readonly names: readonly Name[];
  readonly authorities: readonly Authority[];
  readonly leaves: Readonly<Partial<Record<Name, Leaf>>>;
};

export type Terms = {
  readonly authorityMs: number;
  readonly leafMs: number;
  /** Within which a changed file is read by everybody who has it: a kubelet's period, and a broad margin. */
  readonly spreadMs: number;
};

const DAY_MS = 86_400_000;

/** A kubelet brings a changed secret within about two minutes; a day lets the job of one day see what that of the day before did. */
export const TERMS: Terms = { authorityMs: 730 * DAY_MS, leafMs: 30 * DAY_MS, spreadMs: DAY_MS };

export type Plan = {
  /** An authority is to be made, and published beside the others. */
  readonly makesAuthority: boolean;
  /** Who signs what is to be renewed; absent: the authority that is made now. */
  readonly signer: string | undefined;
  readonly renewed: readonly Name[];
  readonly dropped: readonly string[];
};

/** What must be made at `now`. The same answer twice when nothing was made, and nothing to do again after all of it was. */
export function planRotation({ names, authorities, leaves }: Held, now: number, terms: Terms): Plan {
  const living = authorities.filter(({ until }) => until > now).toSorted((a, b) => a.from - b.from);
  const signer = living.findLast((one) => isReadByAll(one, now, terms)) ?? living[0];
  const renewed = names.filter((name) => isDue(leaves[name], signer, now));
  return {
    makesAuthority: signer === undefined || (signer === living.at(-1) && hasAged(signer, now)),
    signer: signer?.id,
    renewed,
    dropped: authorities
      .filter((one) => isOutlived(one, { names, signer, leaves, renewed, now, terms }))
      .map(({ id }) => id),
  };
}

function isReadByAll({ publishedAt }: Authority, now: number, { spreadMs }: Terms): boolean {
  return publishedAt !== undefined && publishedAt + spreadMs <= now;
}

/** Two thirds of its life are over: as many tries remain as the last third has days. */
function hasAged({ from, until }: Period, now: number): boolean {
  return now - from >= ((until - from) * 2) / 3;
}

function isDue(leaf: Leaf | undefined, signer: Authority | undefined, now: number): boolean {
  return leaf === undefined || leaf.issuer !== signer?.id || hasAged(leaf, now);
}

type Outliving = Pick<Held, "names" | "leaves"> & {
  readonly signer: Authority | undefined;
  readonly renewed: readonly Name[];
  readonly now: number;
  readonly terms: Terms;
};

function isOutlived(one: Authority, { names, signer, leaves, renewed, now, terms }: Outliving): boolean {
  if (one.until <= now) return true;
  if (signer === undefined || one.from >= signer.from || renewed.length > 0) return false;
  return names.every((name) => (leaves[name]?.from ?? now) + terms.spreadMs <= now);
}
