import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";

/** A program that answers each line with a line, in any order. */
export type Line = {
  ask(question: object): Promise<unknown>;
  end(): void;
};

/** A line that answers the one with its `id`; without `why` it could be done. */
export type Answer = { readonly id: number; readonly answer?: unknown; readonly why?: string };

type Waiter = { readonly resolve: (answer: unknown) => void; readonly reject: (why: Error) => void };

const ANSWERS_WITHIN_MS = 120_000;

/** Starts the program when it is first asked, and anew after it broke off; whoever waited then is told what it complained of. */
export function openLine(start: () => ChildProcessWithoutNullStreams): Line {
  const waiting = new Map<number, Waiter>();
  let running: ChildProcessWithoutNullStreams | undefined;
  let asked = 0;

  function begin(): ChildProcessWithoutNullStreams {
    const child = start();
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint = `${complaint}${chunk}`.slice(-2_000);
    });
    const over = (why: string) => {
      if (running === child) running = undefined;
      for (const { reject } of waiting.values()) reject(new Error(`it broke off: ${why}`));
      waiting.clear();
    };
    createInterface({ input: child.stdout }).on("line", (text) => hear(waiting, JSON.parse(text) as Answer));
    // Told by its end.
    child.stdin.on("error", () => {});
    child.on("error", ({ message }) => over(message)).on("close", () => over(complaint.trim()));
    return child;
  }

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        running ??= begin();
        const [child, id] = [running, ++asked];
        const timer = setTimeout(() => child.kill(), ANSWERS_WITHIN_MS);
        const once = <T>(then: (value: T) => void) => {
          return (value: T) => {
            clearTimeout(timer);
            then(value);
          };
        };
        waiting.set(id, { resolve: once(resolve), reject: once(reject) });
        child.stdin.write(`${JSON.stringify({ ...question, id })}\n`);
      }),
    end: () => void running?.kill(),
  };
}

function hear(waiting: Map<number, Waiter>, { id, answer, why }: Answer): void {
  const waiter = waiting.get(id);
  waiting.delete(id);
  if (why === undefined) waiter?.resolve(answer);
  else waiter?.reject(new Error(why));
}
