// One connection of a client's pool: it carries one call at a time, is opened before it is needed, and is opened anew after a call
// that was given up.

import { Agent, request } from "node:http";

export type Outcome = "answered" | "timeout" | "failed";

export class Connection {
  readonly address: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(address: string) {
    this.address = address;
  }

  /** One call; never rejects. A call over its time is given up and its connection closed. */
  call(timeoutMs: number): Promise<Outcome> {
    const [host = "", port] = this.address.split(":");
    return new Promise((resolve) => {
      const call = request({ host, port, agent: this.#agent, method: "POST", path: "/payments" }, (response) => {
        response.resume();
        response.on("end", () => settle(response.statusCode === 200 ? "answered" : "failed"));
      });
      const overdue = setTimeout(() => {
        settle("timeout");
        call.destroy();
      }, timeoutMs);
      call.on("error", () => settle("failed")); // also after a timeout, when it is settled already
      call.end();
      function settle(outcome: Outcome): void {
        clearTimeout(overdue);
        resolve(outcome);
      }
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
