import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Authority, type Held, type Leaf, type Name, planRotation } from "../../src/certificates/rotation.ts";

const NAMES = ["daemon", "runner"] as const;
const DAY = 86_400_000;
const TERMS = { authorityMs: 90 * DAY, leafMs: 30 * DAY, spreadMs: DAY };

describe("what is due", () => {
  const authority: Authority = { id: "a", from: 0, until: 90 * DAY, publishedAt: 0 };
  const leaf: Leaf = { from: 0, until: 30 * DAY, issuer: "a" };
  const held = (change: Partial<Held> = {}): Held => ({
    names: NAMES,
    authorities: [authority],
    leaves: { daemon: leaf, runner: leaf },
    ...change,
  });
  const young: Authority = { id: "b", from: 60 * DAY, until: 150 * DAY };

  it.each([
    {
      name: "everything, where there is nothing",
      held: { names: NAMES, authorities: [], leaves: {} },
      day: 0,
      makes: true,
      renewed: NAMES,
    },
    { name: "nothing on the next day", held: held(), day: 1, makes: false, signer: "a", renewed: [] },
    {
      name: "a leaf that was taken away",
      held: held({ leaves: { runner: leaf } }),
      day: 1,
      makes: false,
      signer: "a",
      renewed: ["daemon"],
    },
    { name: "leaves after two thirds of their life", held: held(), day: 20, makes: false, signer: "a", renewed: NAMES },
    {
      name: "an authority after two thirds of its life",
      held: held(),
      day: 60,
      makes: true,
      signer: "a",
      renewed: NAMES,
    },
    {
      name: "no second one while the new one is not read by all",
      held: held({ authorities: [authority, { ...young, publishedAt: 60 * DAY }] }),
      day: 60.5,
      makes: false,
      signer: "a",
      renewed: NAMES,
    },
    {
      name: "leaves of the new authority as soon as everybody has read it",
      held: held({ authorities: [authority, { ...young, publishedAt: 60 * DAY }] }),
      day: 61,
      makes: false,
      signer: "b",
      renewed: NAMES,
    },
    {
      name: "nothing of a new authority that nobody is known to have read",
      held: held({ authorities: [authority, young] }),
      day: 70,
      makes: false,
      signer: "a",
      renewed: NAMES,
    },
    {
      name: "everything, where the authority has ended",
      held: held(),
      day: 90,
      makes: true,
      signer: undefined,
      renewed: NAMES,
      dropped: ["a"],
    },
    {
      name: "what runners show API servers, where a webhook has begun to be asked",
      held: held({ names: ["daemon", "runner", "admission"] }),
      day: 1,
      makes: false,
      signer: "a",
      renewed: ["admission"],
    },
  ])("is $name", ({ held, day, makes, signer, renewed, dropped = [] }) => {
    expect(planRotation(held, day * DAY, TERMS)).toEqual({ makesAuthority: makes, signer, renewed, dropped });
  });

  it("is the old authority's end only when nobody has shown a certificate of it for as long as reading takes", () => {
    const authorities = [authority, { ...young, publishedAt: 60 * DAY }];
    const since = (from: number): Leaf => ({ from, until: from + 30 * DAY, issuer: "b" });
    const dropped = (from: number, at: number) =>
      planRotation({ names: NAMES, authorities, leaves: { daemon: since(61 * DAY), runner: since(from) } }, at, TERMS)
        .dropped;
    expect(dropped(61 * DAY, 62 * DAY - 1)).toEqual([]);
    expect(dropped(61.5 * DAY, 62 * DAY)).toEqual([]);
    expect(dropped(61 * DAY, 62 * DAY)).toEqual(["a"]);
  });
});

type Files = { readonly leaf: Leaf; readonly believed: readonly string[] };
type Written = { readonly at: number; readonly files: Readonly<Record<(typeof NAMES)[number], Files>> };

/** Rounds at these times, each interrupted before this many of its three writes: what the secrets held after each. */
function told(rounds: readonly { at: number; writes: number }[], spreadMs = TERMS.spreadMs): readonly Written[] {
  let held: Held = { names: NAMES, authorities: [], leaves: {} };
  let files: Partial<Record<Name, Files>> = {};
  const history: Written[] = [];
  for (const { at, writes } of rounds) {
    const plan = planRotation(held, at, { ...TERMS, spreadMs });
    const made: readonly Authority[] = plan.makesAuthority
      ? [{ id: `a${at}`, from: at, until: at + TERMS.authorityMs }]
      : [];
    const all = [...held.authorities, ...made];
    const signer = all.find(({ id }) => id === (plan.signer ?? made[0]?.id));
    if (signer === undefined) throw new Error("nobody signs");
    const believed = all.map(({ id }) => id).filter((id) => !plan.dropped.includes(id));
    for (const name of NAMES.slice(0, writes)) {
      const fresh = { from: at, until: Math.min(at + TERMS.leafMs, signer.until), issuer: signer.id };
      const leaf = plan.renewed.includes(name) ? fresh : held.leaves[name];
      if (leaf === undefined) throw new Error("a leaf that is not there is not due");
      held = { ...held, leaves: { ...held.leaves, [name]: leaf } };
      files = { ...files, [name]: { leaf, believed } };
    }
    const settled = all
      .filter(({ id }) => believed.includes(id))
      .map((one) => ({ ...one, publishedAt: one.publishedAt ?? at }));
    held = { ...held, authorities: writes > NAMES.length ? settled : all };
    if (files.daemon !== undefined && files.runner !== undefined)
      history.push({ at, files: { daemon: files.daemon, runner: files.runner } });
  }
  return history;
}

/** Daily rounds; some are left out, some interrupted, but never for longer than the last third of a leaf's life. */
const rounds = fc
  .array(fc.record({ hours: fc.integer({ min: 12, max: 60 }), writes: fc.integer({ min: 0, max: 4 }) }), {
    minLength: 150,
    maxLength: 300,
  })
  .map((all) => {
    let at = 0;
    return all.map(({ hours, writes }, index) => {
      at += hours * 3_600_000;
      return { at, writes: index % 3 === 0 ? 4 : writes };
    });
  });

/** Each reads its own files as late as they may; who does not believe the other then, or shows what has ended. */
function disagreements(history: readonly Written[], lagsMs: readonly number[]): readonly string[] {
  const seen = (at: number, name: "daemon" | "runner") => history.findLast((one) => one.at <= at)?.files[name];
  return history.flatMap(({ at }, index) => {
    if (index === 0) return [];
    return lagsMs.flatMap((daemonLag) =>
      lagsMs.flatMap((runnerLag) => {
        const [daemon, runner] = [seen(at - daemonLag, "daemon"), seen(at - runnerLag, "runner")];
        if (daemon === undefined || runner === undefined) return [];
        const believe = daemon.believed.includes(runner.leaf.issuer) && runner.believed.includes(daemon.leaf.issuer);
        const live = at < daemon.leaf.until && at < runner.leaf.until;
        return believe && live ? [] : [`${at}: ${daemonLag} ${runnerLag}`];
      }),
    );
  });
}

describe("a rotation", () => {
  const lags = [0, 0.3 * DAY, 0.7 * DAY, DAY - 1];

  it("never parts daemons and runners, whenever each reads its files and wherever a round is interrupted", () => {
    const agree = fc.property(rounds, (all) => {
      expect(disagreements(told(all), lags)).toEqual([]);
    });
    fc.assert(agree, { numRuns: 200 });
  });

  it("would part them if it waited for nobody (control)", () => {
    const often = Array.from({ length: 400 }, (_, half) => ({ at: (half * DAY) / 2, writes: 4 }));
    expect(disagreements(told(often), lags)).toEqual([]);
    expect(disagreements(told(often, 0), lags).length).toBeGreaterThan(0);
  });

  it("leaves one authority behind, and a new one each time two thirds of its life are over", () => {
    const daily = Array.from({ length: 400 }, (_, day) => ({ at: day * DAY, writes: 4 }));
    const history = told(daily);
    expect(new Set(history.map(({ files }) => files.daemon.leaf.issuer)).size).toBe(7);
    expect(history.filter(({ files }) => files.runner.believed.length > 2)).toEqual([]);
    expect(history.at(-1)?.files.runner.believed).toHaveLength(1);
  });
});
