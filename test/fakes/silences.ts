import type { Clock } from "../../src/clock.ts";
import { AppError } from "../../src/errors.ts";
import type { SilenceRequest, Silences } from "../../src/run/ports.ts";
import { Trouble } from "./trouble.ts";

export type FakeSilences = Silences & {
  readonly trouble: Trouble;
  /** Silences in force now, newest last. */
  active(): readonly SilenceRequest[];
};

/** An Alertmanager's silences, which end by the test's clock. */
export function createFakeSilences(clock: Clock): FakeSilences {
  const trouble = new Trouble("ALERTMANAGER_REFUSED");
  const held = new Map<string, SilenceRequest>();
  const inForce = (id: string) => (held.get(id)?.endsAt ?? 0) > clock.now();

  function make(request: SilenceRequest): string {
    if (request.endsAt <= clock.now()) throw new AppError("ALERTMANAGER_REFUSED", "it ends in the past");
    const id = `silence-${held.size + 1}`;
    held.set(id, request);
    return id;
  }

  return {
    trouble,
    async create(request) {
      trouble.meet("create");
      return make(request);
    },
    async extend(id, request) {
      trouble.meet("extend");
      if (!inForce(id)) return make(request);
      held.set(id, request);
      return id;
    },
    async expire(id) {
      trouble.meet("expire");
      const request = held.get(id);
      if (request !== undefined) held.set(id, { ...request, endsAt: Math.min(request.endsAt, clock.now()) });
    },
    active: () => [...held].flatMap(([id, request]) => (inForce(id) ? [request] : [])),
  };
}
