import { describe, expect, it } from "vitest";
import { createGate } from "../../src/run/gate.ts";

/** Work that goes on until it is let go. */
function works(count: number) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const work = (n: number) => () =>
    new Promise<number>((resolve) => {
      begun.push(n);
      ends[n] = () => resolve(n);
    });
  return { begun, ends, all: Array.from({ length: count }, (_, n) => work(n)) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a gate", () => {
  it("lets so many through at once, and the others in the order in which they came", async () => {
    const gate = createGate(2);
    const { begun, ends, all } = works(5);
    const answers = Promise.all(all.map((work) => gate(work)));
    await turn();
    expect(begun).toEqual([0, 1]);
    ends[1]?.();
    await turn();
    expect(begun).toEqual([0, 1, 2]);
    for (const n of [0, 2, 3, 4]) {
      ends[n]?.();
      await turn();
    }
    expect(await answers).toEqual([0, 1, 2, 3, 4]);
  });

  it("is not narrowed by work that fails", async () => {
    const gate = createGate(1);
    const failing = gate(() => Promise.reject(new Error("no")));
    const next = gate(async () => "yes");
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("yes");
    expect(await gate(async () => "again")).toBe("again");
  });
});
