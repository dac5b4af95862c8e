import { describe, expect, it } from "vitest";
import { drive, type World } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { recollect } from "../../src/run/recollect.ts";
import { begin } from "../../src/run/step.ts";
import { aBigWorld, bigTerms } from "../fakes/big-run.ts";
import { aWorld, type FakeWorld, someTerms } from "../fakes/run.ts";

const PORTS = ["cluster", "faults", "metrics", "silences", "journal"] as const;
const NEVER = new Promise<never>(() => undefined);

/** The world of a runner that dies at its n-th call to a port: before it is made, or after, when nobody hears the answer. */
function mortal(world: FakeWorld, dies: { at: number; when: "before" | "after" }) {
  let calls = 0;
  let died: () => void = () => undefined;
  const death = new Promise<"died">((resolve) => {
    died = () => resolve("died");
  });
  const wrap = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...call: unknown[]) => {
          calls += 1;
          if (calls >= dies.at) died();
          if (calls > dies.at || (calls === dies.at && dies.when === "before")) return NEVER;
          const answer: unknown = await Reflect.apply(method, target, call);
          return calls === dies.at ? NEVER : answer;
        };
      },
    });
  const ports = Object.fromEntries(PORTS.map((port) => [port, wrap(world[port])]));
  return { world: { ...world, ...ports } as World, death };
}

async function liveAndDie(
  world: FakeWorld,
  dies: { at: number; when: "before" | "after" },
  terms = someTerms(),
): Promise<"died" | "lived"> {
  await world.journal.claim(terms.runId, 0);
  await world.journal.append({ at: 0, runId: terms.runId, kind: "terms", data: terms });
  const { world: short, death } = mortal(world, dies);
  return Promise.race([
    death,
    drive({ step: begin(terms), events: 0 }, short, createInbox()).then(() => "lived" as const),
  ]);
}

/** The guard sees a breach when faults have held somebody for so long. */
function breachesAfter(world: FakeWorld, ms: number): void {
  let since: number | undefined;
  world.metrics.answers = (promql, at) => {
    const held = world.faults.holding().length > 0;
    if (held) since ??= at;
    if (promql === "errors" && held) return [at - (since ?? at) >= ms ? 0.08 : 0];
    return [promql === "age" ? 1 : 0];
  };
}

async function resume(world: FakeWorld) {
  const recollection = recollect(await world.journal.read(someTerms().runId));
  if (recollection.kind === "never-began") throw new Error("the terms were on record");
  const inbox = createInbox();
  if (recollection.kind === "unfinished") inbox.put({ kind: "resumed", at: world.clock.now() });
  const { finished } = await drive(recollection.start, world, inbox);
  return { finished, found: recollection.kind };
}

/** The run that dies, and how many calls it makes at least. */
const COURSES = [
  { name: "a few victims on one node", make: aWorld, terms: someTerms(), calls: 60 },
  { name: "waves over several nodes", make: () => aBigWorld(14, 5), terms: bigTerms(14), calls: 100 },
];

const DEATHS = COURSES.flatMap((course) => (["before", "after"] as const).map((when) => ({ ...course, when })));

describe("a run whose runner died", () => {
  it.each(DEATHS)(
    "is given back whatever the call was, dying $when it: $name",
    async ({ make, terms, calls, when }) => {
      let deaths = 0;
      for (let at = 1; ; at += 1) {
        const world = make();
        // Calls that fail, so that it dies between tries, too.
        world.faults.trouble.fail("inject", 3, 9);
        world.faults.trouble.fail("revert", 1);
        breachesAfter(world, 3_000);
        if ((await liveAndDie(world, { at, when }, terms)) === "lived") break;
        deaths += 1;
        const touched = world.faults.injected.length > 0;
        const { finished, found } = await resume(world);
        expect(world.faults.holding(), `died at call ${at}`).toEqual([]);
        if (touched && found === "unfinished") expect(finished.rollback).toBe("verified");
        expect(["violated", "inconclusive"]).toContain(finished.ending.verdict);
        // A silence whose answer was lost has no name to expire it by: it ends by itself.
        await world.clock.sleep(45_000);
        expect(world.silences.active()).toEqual([]);
      }
      expect(deaths).toBeGreaterThan(calls);
    },
  );

  it("has lost a part when it was being watched, and says so", async () => {
    const world = aWorld();
    const watched = 90;
    expect(await liveAndDie(world, { at: watched, when: "after" })).toBe("died");
    expect(world.faults.holding()).toHaveLength(3);
    const { finished } = await resume(world);
    expect(finished.ending).toMatchObject({
      verdict: "inconclusive",
      because: expect.stringContaining("a part was lost"),
    });
    expect(finished.rollback).toBe("verified");
  });

  it("fences out the runner that came before", async () => {
    const world = aWorld();
    await liveAndDie(world, { at: 90, when: "after" });
    await resume(world);
    const intents = (await world.journal.read(someTerms().runId)).filter(({ kind }) => kind === "intent");
    expect(intents.at(-2)?.data).toMatchObject({ do: "revert", epoch: 2 });
  });

  it("is found finished when it had finished, and undelivered until its last report was taken", async () => {
    const world = aWorld();
    expect(await liveAndDie(world, { at: 1e9, when: "after" })).toBe("lived");
    const entries = await world.journal.read(someTerms().runId);
    expect(recollect(entries)).toMatchObject({ kind: "finished", delivered: false });
    const delivered = { at: 0, runId: someTerms().runId, kind: "delivered", data: {} };
    expect(recollect([...entries, delivered])).toMatchObject({ kind: "finished", delivered: true });
  });

  it("never began when nothing but its claim is on record", () => {
    expect(recollect([{ at: 0, runId: "r", kind: "claimed", data: {} }])).toEqual({ kind: "never-began" });
  });
});
