import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Standing, Wish } from "./stand-in-daemons.ts";

export type StandIn = {
  readonly standing: () => Promise<Standing>;
  /** Whether orders are refused from now on. */
  readonly refuse: (refuses: boolean) => Promise<Standing>;
  readonly stop: () => Promise<void>;
};

/** Starts the daemons of many nodes as one process, and waits until all of them listen. */
export async function startStandIn(wish: Wish): Promise<StandIn> {
  const child = fork(join(import.meta.dirname, "stand-in-daemons.ts"), [JSON.stringify(wish)], { execArgv: [] });
  await answerOf(child);
  const say = async (word: string): Promise<Standing> => {
    const answer = answerOf(child);
    child.send(word);
    return answer;
  };
  return {
    standing: () => say("standing"),
    refuse: (refuses) => say(refuses ? "refuse" : "permit"),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<Standing> {
  const over = new AbortController();
  try {
    const [answer] = await Promise.race([
      once(child, "message", { signal: over.signal }),
      once(child, "exit", { signal: over.signal }).then(() => {
        throw new Error("the stand-in's process has ended");
      }),
    ]);
    return answer as Standing;
  } finally {
    over.abort();
  }
}
