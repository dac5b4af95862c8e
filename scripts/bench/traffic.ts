// A pod of the daemon's bench. ROLE=sink counts datagrams on port 9; ROLE=sender sends RATE datagrams a second to the sink.

import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const { ROLE = "sink", RATE = "50", CHAOSGATE_ENDPOINTS = "" } = process.env;
let packets = 0;

createServer((_, response) => response.end(String(packets))).listen(8080);
if (ROLE === "sink") {
  const socket = createSocket("udp4", () => {
    packets += 1;
  });
  socket.bind(9);
} else {
  send(1000 / Number(RATE));
}

function send(everyMs: number): void {
  const socket = createSocket("udp4");
  const payload = Buffer.alloc(100);
  setInterval(() => {
    const endpoints = JSON.parse(readFileSync(CHAOSGATE_ENDPOINTS, "utf8")) as Record<string, readonly string[]>;
    const [host] = endpoints["bench/sink"]?.[0]?.split(":") ?? [];
    if (host !== undefined) socket.send(payload, 9, host, () => {});
    packets += 1;
  }, everyMs);
}
