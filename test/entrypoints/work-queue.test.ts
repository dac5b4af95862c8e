import { expect, it } from "vitest";
import { createWorkQueue } from "../../src/entrypoints/bot/work-queue.ts";
import type { CommentDelivery, PullRequestDelivery } from "../../src/github/delivery.ts";
import type { Haste } from "../../src/github/haste.ts";

function deliveryOf(id: string, number: number): PullRequestDelivery {
  const repository = { owner: "acme", name: "shop", installationId: 1 };
  return { kind: "pull-request", id, repository, action: "opened", number, sender: "ada", headSha: "abc" };
}

function commentOf(id: string, number: number, body: string): CommentDelivery {
  const repository = { owner: "acme", name: "shop", installationId: 1 };
  const comment = { id: 1, nodeId: "IC_1", body, createdAt: 0, author: "ada", authorType: "User" };
  return { kind: "comment", id, repository, number, comment, sender: "ada" };
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

it("reviews a bounded number of pull requests at once, in the order in which they came", async () => {
  const { began, work, settle, finish } = gatedWork();
  const queue = createWorkQueue(work, 2);
  for (const number of [1, 2, 3, 4]) queue.take(deliveryOf(`review ${number}`, number));
  await settle();
  expect(began).toEqual(["review 1", "review 2"]);
  expect(queue.size()).toBe(4);
  await finish("review 2");
  expect(began).toEqual(["review 1", "review 2", "review 3"]);
});

it.each([
  { body: "/chaos abort", haste: "first" },
  { body: "/chaos status", haste: "people" },
] as const)(
  "gives $body a place whatever is under way, and the deliveries before it of its pull request its haste",
  async ({ body, haste }) => {
    const { began, work, settle, finish } = gatedWork();
    const hastes = new Map<string, Haste>();
    const queue = createWorkQueue((delivery, hasteNow) => {
      hastes.set(delivery.id, hasteNow());
      return work(delivery);
    }, 1);
    for (const number of [1, 2, 3]) queue.take(deliveryOf(`review ${number}`, number));
    queue.take(commentOf("command", 3, body));
    await settle();
    expect(began).toEqual(["review 1", "review 3"]);
    await finish("review 3");
    expect(began).toEqual(["review 1", "review 3", "command"]);
    expect([...hastes.values()]).toEqual(["review", haste, haste]);
  },
);

it("makes no haste of a comment that is no command", async () => {
  const { began, work, settle } = gatedWork();
  const queue = createWorkQueue(work, 1);
  queue.take(deliveryOf("review", 1));
  queue.take(commentOf("talk", 2, "what does this do?"));
  await settle();
  expect(began).toEqual(["review"]);
});
