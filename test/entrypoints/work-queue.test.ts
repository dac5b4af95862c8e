import { expect, it } from "vitest";
import { createWorkQueue } from "../../src/entrypoints/bot/work-queue.ts";
import type { PullRequestDelivery } from "../../src/github/delivery.ts";

function deliveryOf(id: string, number: number): PullRequestDelivery {
  const repository = { owner: "acme", name: "shop", installationId: 1 };
  return { kind: "pull-request", id, repository, action: "opened", number, sender: "ada", headSha: "abc" };
}

/** Work that lasts until it is let go, and writes down when each delivery began. */
function gatedWork() {
  const began: string[] = [];
  const gates = new Map<string, () => void>();
  const work = async ({ id }: { id: string }) => {
    began.push(id);
    await new Promise<void>((resolve) => gates.set(id, resolve));
    if (id.startsWith("broken")) throw new Error("broken");
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const finish = async (id: string) => {
    gates.get(id)?.();
    await settle();
  };
  return { began, work, settle, finish };
}

it("works on one delivery of a pull request at a time, in order, and on others beside it", async () => {
  const { began, work, settle, finish } = gatedWork();
  const queue = createWorkQueue(work);
  for (const delivery of [deliveryOf("first", 1), deliveryOf("second", 1), deliveryOf("other", 2)])
    queue.take(delivery);
  await settle();
  expect(began).toEqual(["first", "other"]);
  await finish("first");
  expect(began).toEqual(["first", "other", "second"]);
});

it("goes on after a delivery that failed, and is drained when all are done", async () => {
  const { began, work, settle, finish } = gatedWork();
  const queue = createWorkQueue(work);
  queue.take(deliveryOf("broken", 1));
  queue.take(deliveryOf("next", 1));
  let drained = false;
  const drain = queue.drain().then(() => {
    drained = true;
  });
  await settle();
  await finish("broken");
  expect(began).toEqual(["broken", "next"]);
  expect(drained).toBe(false);
  await finish("next");
  await drain;
  expect(drained).toBe(true);
});
