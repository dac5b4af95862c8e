import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Breaker } from "../../../src/playground/shop/breaker.ts";
import { placeOrder } from "../../../src/playground/shop/order.ts";
import { Pool } from "../../../src/playground/shop/pool.ts";

// A payment that answers only when the test says so, so that nothing here depends on time.

type Payment = {
  readonly address: string;
  readonly server: Server;
  readonly sockets: Set<Socket>;
  readonly held: ServerResponse[];
  holds: boolean;
};

const payments: Payment[] = [];

async function startPayment(): Promise<Payment> {
  const held: ServerResponse[] = [];
  const server = createServer((_, response) => (payment.holds ? held.push(response) : response.end("{}")));
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const payment: Payment = { address: `127.0.0.1:${port}`, server, held, sockets: new Set(), holds: false };
  server.on("connection", (socket) => payment.sockets.add(socket));
  payments.push(payment);
  return payment;
}

afterEach(() => {
  for (const { server } of payments.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const arrived = async (payment: Payment, count: number): Promise<void> => {
  while (payment.held.length < count) await new Promise((resolve) => setImmediate(resolve));
};

const answerAll = ({ held }: Payment): void => {
  for (const response of held.splice(0)) response.end("{}");
};

describe("a pool of connections", () => {
  it("opens all of them before the first call, and no more for the calls", async () => {
    const payment = await startPayment();
    const pool = new Pool(4);
    await pool.connectTo([payment.address]);
    expect(payment.sockets.size).toBe(4);
    await Promise.all([1, 2, 3, 4].map(() => pool.call(10_000)));
    expect(payment.sockets.size).toBe(4);
  });

  it("refuses at once when every connection is held, and serves again when one is free", async () => {
    const payment = await startPayment();
    const pool = new Pool(2);
    await pool.connectTo([payment.address]);
    payment.holds = true;
    const open = [pool.call(10_000), pool.call(10_000)];
    await arrived(payment, 2);
    expect(pool.inUse).toBe(2);
    expect(await pool.call(10_000)).toBe("no-free-connection");
    answerAll(payment);
    expect(await Promise.all(open)).toEqual(["answered", "answered"]);
    payment.holds = false;
    expect(await pool.call(10_000)).toBe("answered");
  });

  it("gives a connection back after a call that took too long", async () => {
    const payment = await startPayment();
    const pool = new Pool(1);
    await pool.connectTo([payment.address]);
    payment.holds = true;
    expect(await pool.call(1)).toBe("timeout");
    payment.holds = false;
    expect(await pool.call(10_000)).toBe("answered");
  });

  it("follows its peers: what goes to one that stays is kept, and a call in flight is not cut", async () => {
    const [first, second] = [await startPayment(), await startPayment()];
    const pool = new Pool(2);
    await pool.connectTo([first.address]);
    first.holds = true;
    const open = [pool.call(10_000), pool.call(10_000)];
    await arrived(first, 2);
    await pool.connectTo([first.address, second.address]);
    expect([first.sockets.size, second.sockets.size]).toEqual([2, 1]);
    answerAll(first);
    expect(await Promise.all(open)).toEqual(["answered", "answered"]);
  });

  it("has no connection while there are no peers", async () => {
    const pool = new Pool(2);
    await pool.connectTo([]);
    expect(await pool.call(1_000)).toBe("no-free-connection");
  });
});

describe("an order", () => {
  async function outcomeOf(mode: "fragile" | "resilient", trouble: "none" | "full" | "slow" | "gone"): Promise<number> {
    const payment = await startPayment();
    const pool = new Pool(1);
    await pool.connectTo([payment.address]);
    payment.holds = trouble === "full" || trouble === "slow";
    if (trouble === "full") {
      void pool.call(10_000);
      await arrived(payment, 1);
    }
    if (trouble === "gone") {
      payment.server.closeAllConnections();
      await new Promise((resolve) => payment.server.close(resolve));
    }
    const breaker = new Breaker(() => 0);
    return (await placeOrder(mode, pool, breaker, trouble === "slow" ? 1 : 10_000)).code;
  }

  it.each([
    { trouble: "none", fragile: 200, resilient: 200 },
    { trouble: "full", fragile: 503, resilient: 202 },
    { trouble: "slow", fragile: 504, resilient: 202 },
    { trouble: "gone", fragile: 502, resilient: 202 },
  ] as const)(
    "with payment's trouble '$trouble' ends $fragile when fragile and $resilient when resilient",
    async (row) => {
      expect(await outcomeOf("fragile", row.trouble)).toBe(row.fragile);
      expect(await outcomeOf("resilient", row.trouble)).toBe(row.resilient);
    },
  );

  it("does not call payment at all while the breaker is open", async () => {
    const payment = await startPayment();
    const pool = new Pool(1);
    await pool.connectTo([payment.address]);
    const breaker = new Breaker(() => 0);
    for (let failure = 0; failure < 3; failure++) breaker.note(false);
    payment.holds = true;
    expect((await placeOrder("resilient", pool, breaker, 10_000)).code).toBe(202);
    expect(payment.held).toHaveLength(0);
  });
});
