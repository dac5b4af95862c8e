import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { makeAuthority, makeLeaf, subjectsIn } from "../../src/certificates/x509.ts";
import { createDaemonFaults } from "../../src/daemon/faults.ts";
import type { AppError } from "../../src/errors.ts";

const DAY = 86_400_000;

describe("a call that nobody answers", () => {
  it.each([
    { name: "a refused connection is heard", listens: false, heard: true },
    { name: "a connection that stays silent until the call's time is over is not", listens: true, heard: false },
  ])("is told apart: $name", async ({ listens, heard }) => {
    const open = new Set<Socket>();
    const server = createServer((socket) => void open.add(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    if (!listens) await new Promise((resolve) => server.close(resolve));
    const authority = await makeAuthority(Date.now(), DAY);
    const { certificate, key } = await makeLeaf(subjectsIn("chaosgate").runner, authority, Date.now(), DAY);
    const tls = { certificate, key, authority: authority.certificate };
    const faults = createDaemonFaults({ addresses: { "node-1": `127.0.0.1:${port}` }, tls, timeoutMs: 300 });
    const refused: AppError = await faults.renew("node-1", "t1-0", 1).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    faults.close();
    for (const socket of open) socket.destroy();
    if (listens) server.close();
    expect(refused).toMatchObject({ code: "DAEMON_UNREACHABLE", facts: { node: "node-1", heard } });
  });
});
