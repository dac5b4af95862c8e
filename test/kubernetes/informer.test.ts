import { describe, expect, it } from "vitest";
import { AppError } from "../../src/errors.ts";
import type { Api } from "../../src/kubernetes/api.ts";
import { createInformer, type Informer } from "../../src/kubernetes/informer.ts";
import { createFakeClock, type FakeClock } from "../fakes/clock.ts";

type Line = { readonly type: string; readonly object: object };

const podNamed = (name: string, version: number) => ({
  metadata: { uid: name, name, resourceVersion: String(version) },
});

/** What the server does from a moment on: ends each watch when its time is over, says nothing at all, or cannot be reached. */
type Mood = "well" | "half-open" | "away";

/** A collection of pods on the test's clock; whoever watches is told of what is added, while the server is well. */
function aServer(clock: FakeClock) {
  const lines: Line[] = [];
  let mood: Mood = "well";
  let saidAt = clock.now();
  const ask = async () => ({
    status: 200,
    body: { metadata: { resourceVersion: "0" }, items: [podNamed("first", 0)] },
  });

  async function* watched(from: number, until: number, signal: AbortSignal): AsyncGenerator<string> {
    const isDead = mood === "half-open";
    for (let next = from; clock.now() < until && !signal.aborted; ) {
      const line = isDead ? undefined : lines[next];
      if (line === undefined) await clock.sleep(isDead ? 1e9 : 100, signal);
      else {
        next += 1;
        saidAt = clock.now();
        yield JSON.stringify(line);
      }
    }
  }
  const follow: Api["follow"] = async ({ query = {} }, signal) => {
    if (mood === "away") throw new AppError("CLUSTER_REFUSED", "no route", { facts: { reason: "unreachable" } });
    saidAt = clock.now();
    const lasts = mood === "half-open" ? 1e9 : Number(query.timeoutSeconds) * 1_000;
    return watched(Number(query.resourceVersion), clock.now() + lasts, signal);
  };
  const api: Api = { server: "https://api.test", namespace: "default", ask, follow };
  return {
    api,
    becomes: (next: Mood) => {
      mood = next;
    },
    add: (name: string) => void lines.push({ type: "ADDED", object: podNamed(name, lines.length + 1) }),
    /** When it last said anything. */
    saidAt: () => saidAt,
  };
}

async function followed() {
  const clock = createFakeClock();
  const server = aServer(clock);
  const over = new AbortController();
  const read = (item: object) => String(Object(item).metadata.name);
  const informer = createInformer({ api: server.api, path: "/api/v1/pods", clock, read });
  await informer.start(over.signal);
  return { clock, server, informer, over };
}

/** When nothing may be selected from what is known any more; undefined within two minutes. */
async function blindAt(clock: FakeClock, informer: Informer<string>): Promise<number | undefined> {
  for (let seconds = 0; seconds <= 120; seconds += 1) {
    try {
      informer.values();
    } catch {
      return clock.now();
    }
    await clock.sleep(1_000);
  }
  return undefined;
}

describe("a collection that is followed", () => {
  it("is known for as long as its watches begin anew, also where nothing happens in it", async () => {
    const { clock, server, informer, over } = await followed();
    expect(await blindAt(clock, informer)).toBeUndefined();
    server.add("late");
    await clock.sleep(1_000);
    expect(informer.values()).toEqual(["first", "late"]);
    over.abort();
  });

  it.each([
    { name: "a watch that ends", mood: "away" },
    { name: "a watch that dies without a word", mood: "half-open" },
  ] as const)("is used for 30 s after its server's last word, and no longer: $name", async ({ mood }) => {
    const { clock, server, informer, over } = await followed();
    await clock.sleep(5_000);
    server.add("late");
    await clock.sleep(500);
    server.becomes(mood);
    // The next watch is answered, and dead; nobody can be asked for another.
    clock.at(clock.now() + 11_000, () => server.becomes("away"));
    const blind = (await blindAt(clock, informer)) ?? Number.POSITIVE_INFINITY;
    expect(blind - server.saidAt()).toBeGreaterThanOrEqual(30_000);
    expect(blind - server.saidAt()).toBeLessThanOrEqual(31_000);
    over.abort();
  });

  it("is watched anew where a watch died without a word", async () => {
    const { clock, server, informer, over } = await followed();
    server.becomes("half-open");
    await clock.sleep(12_000);
    server.becomes("well");
    server.add("late");
    await clock.sleep(16_000);
    expect(informer.values()).toEqual(["first", "late"]);
    over.abort();
  });
});
