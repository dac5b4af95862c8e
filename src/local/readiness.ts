import { get } from "node:http";
import { connect } from "node:net";
import type { Readiness } from "./declaration.ts";

/** Asks once whether something at `host` is ready: HTTP 200 to 399, or a TCP connection. Never rejects. */
export function isReady(host: string, readiness: Readiness, timeoutMs: number): Promise<boolean> {
  return readiness.kind === "http"
    ? answers(host, readiness.port, readiness.path, timeoutMs)
    : accepts(host, readiness.port, timeoutMs);
}

function answers(host: string, port: number, path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, timeout: timeoutMs, agent: false }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400);
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", () => resolve(false)); // refused, reset or too slow: all mean not ready
  });
}

function accepts(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const settle = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.on("connect", () => settle(true));
    socket.on("timeout", () => settle(false));
    socket.on("error", () => settle(false)); // refused or unreachable: not ready
  });
}
