// GitHub's lists lag behind its writes, by seconds at worst. Whoever looks for what is there before creating it would create it
// twice, so a client also sees what it wrote itself a moment ago: answers to creations and changes are remembered for some seconds
// and stand in the lists of that time. Where the answer to a creation was lost, a list is asked only when it must show whether it
// was done. What is older is GitHub's to tell, and what others wrote always is.

/** A choice: GitHub states no bound on its lag. The longer it is, the longer another instance's later change stays unseen. */
const REMEMBERED_MS = 10_000;
/** A choice too: after this a list is taken to show what was written, whether its writer was told or not. */
const SETTLED_MS = 3000;
const MOST_REMEMBERED = 2000;

/** A request as it goes out: its path without the API's root cut off, and what it asks to be listed. */
export type Asked = { readonly method: string; readonly path: string; readonly query: URLSearchParams };

type Item = Readonly<Record<string, unknown>> & { readonly id: number };

/** A kind of thing that is created one by one, perhaps changed, and looked for in a list. */
type Kind = {
  readonly create: RegExp;
  readonly change?: RegExp;
  /** Where it is listed; absent: where it is created. */
  readonly listedAt?: (path: string, item: Readonly<Record<string, unknown>>) => string;
  /** Parameters of the list, and the property that each of them chooses by. */
  readonly filters?: Readonly<Record<string, string>>;
  readonly order: "oldest first" | "newest first";
  /** The property of the answer under which the list is, where the answer is not the list itself. */
  readonly under?: string;
};

const KINDS: readonly Kind[] = [
  {
    create: /\/issues\/\d+\/comments$/,
    change: /\/issues\/comments\/\d+$/,
    order: "oldest first",
  },
  {
    create: /\/check-runs$/,
    change: /\/check-runs\/\d+$/,
    listedAt: (path, { head_sha }) => path.replace(/check-runs(\/\d+)?$/, `commits/${head_sha}/check-runs`),
    filters: { check_name: "name" },
    order: "newest first",
    under: "check_runs",
  },
  { create: /\/deployments$/, filters: { task: "task", environment: "environment" }, order: "newest first" },
  { create: /\/deployments\/\d+\/statuses$/, order: "newest first" },
  {
    create: /\/issues$/,
    change: /\/issues\/\d+$/,
    listedAt: (path) => path.replace(/\/\d+$/, ""),
    order: "newest first",
  },
];

type Written = { readonly kind: Kind; readonly list: string; readonly item: Item; readonly at: number };

/** What one client wrote of late. */
export type OwnWrites = {
  /** Notes what was created or changed, as GitHub answered it. */
  readonly note: (asked: Asked, answer: unknown) => void;
  /** Notes a creation of which nobody knows whether it was done, by what was sent. */
  readonly doubt: (asked: Asked, sent: unknown) => void;
  /** For how many milliseconds a list cannot be believed yet. */
  readonly unsure: (asked: Asked) => number;
  /** A list with what the client itself has written since; `isLast` says whether no page follows. */
  readonly seen: (asked: Asked, answer: unknown, isLast: boolean) => unknown;
};

/** An empty memory; `now` is in milliseconds. */
export function createOwnWrites(now: () => number): OwnWrites {
  const written = new Map<string, Written>();
  /** By list, until when. */
  const doubts = new Map<string, number>();
  return {
    note: (asked, answer) => {
      const kind = kindOf(asked);
      if (kind === undefined || !isItem(answer)) return;
      const key = `${KINDS.indexOf(kind)} ${answer.id}`;
      const list = isCreation(kind, asked)
        ? listOf(kind, asked, answer)
        : listOfChange(kind, asked, answer, written.get(key));
      if (list === undefined) return;
      written.delete(key);
      written.set(key, { kind, list, item: answer, at: now() });
      forget(written, now());
    },
    doubt: (asked, sent) => {
      const kind = kindOf(asked);
      if (kind === undefined || !isCreation(kind, asked)) return;
      for (const [list, until] of doubts) if (until <= now()) doubts.delete(list);
      doubts.set(listOf(kind, asked, (sent ?? {}) as Readonly<Record<string, unknown>>), now() + SETTLED_MS);
    },
    unsure: ({ path }) => Math.max(0, (doubts.get(path) ?? 0) - now()),
    seen: (asked, answer, isLast) => {
      forget(written, now());
      const own = [...written.values()].filter((each) => each.list === asked.path && isChosen(each, asked));
      return own.length === 0 ? answer : withOwn(own, asked, answer, isLast);
    },
  };
}

function kindOf({ method, path }: Asked): Kind | undefined {
  if (method === "POST") return KINDS.find(({ create }) => create.test(path));
  return method === "PATCH" ? KINDS.find(({ change }) => change?.test(path)) : undefined;
}

function isCreation({ create }: Kind, { path }: Asked): boolean {
  return create.test(path);
}

function listOf({ listedAt }: Kind, { path }: Asked, item: Readonly<Record<string, unknown>>): string {
  return listedAt === undefined ? path : listedAt(path, item);
}

/** A change says where it is listed only if the thing itself does; otherwise its creation did, if that is remembered. */
function listOfChange(kind: Kind, asked: Asked, item: Item, before: Written | undefined): string | undefined {
  return kind.listedAt === undefined ? before?.list : listOf(kind, asked, item);
}

function isChosen({ kind, item }: Written, { query }: Asked): boolean {
  return Object.entries(kind.filters ?? {}).every(([name, property]) => {
    const wanted = query.get(name);
    return wanted === null || wanted === item[property];
  });
}

function forget(written: Map<string, Written>, nowMs: number): void {
  for (const [key, { at }] of written) {
    // In the order of writing: what follows is younger.
    if (nowMs - at <= REMEMBERED_MS && written.size <= MOST_REMEMBERED) return;
    written.delete(key);
  }
}

function withOwn(own: readonly Written[], asked: Asked, answer: unknown, isLast: boolean): unknown {
  const [{ kind }] = own as readonly [Written];
  const { under, order } = kind;
  const listed: unknown = under === undefined ? answer : (answer as Readonly<Record<string, unknown>> | null)?.[under];
  if (!Array.isArray(listed)) return answer;
  const mine = new Map(own.map(({ item }) => [item.id, item]));
  const known = listed.map((item: Item) => newerOf(item, mine.get(item.id)));
  const isFirst = Number(asked.query.get("page") ?? 1) === 1;
  // New ones stand at the end of a list that grows there, and else at its beginning.
  const missing = (order === "oldest first" ? isLast : isFirst) ? absent(mine, known) : [];
  const all = order === "oldest first" ? [...known, ...missing] : [...missing.reverse(), ...known];
  return under === undefined ? all : { ...(answer as object), [under]: all };
}

function absent(mine: ReadonlyMap<number, Item>, known: readonly Item[]): Item[] {
  const ids = new Set(known.map(({ id }) => id));
  return [...mine.values()].filter(({ id }) => !ids.has(id)).sort((a, b) => a.id - b.id);
}

/** Somebody may have edited a comment of ours since; of equal times, which are whole seconds, ours is the newer. */
function newerOf(listed: Item, own: Item | undefined): Item {
  if (own === undefined) return listed;
  const [theirs, ours] = [listed.updated_at, own.updated_at];
  return typeof theirs === "string" && typeof ours === "string" && theirs > ours ? listed : own;
}

function isItem(data: unknown): data is Item {
  return typeof (data as { id?: unknown } | null)?.id === "number";
}
