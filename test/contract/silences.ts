import { describe, expect, it } from "vitest";
import type { SilenceRequest, Silences } from "../../src/run/ports.ts";

export type SilencesUnderTest = {
  readonly silences: Silences;
  readonly now: () => number;
  /** The matchers' values of what is silenced now, as an outside observer sees it. */
  readonly active: () => Promise<readonly string[]>;
};

/** What every way of silencing alerts must do. */
export function silencesContract(name: string, make: () => Promise<SilencesUnderTest>): void {
  describe(`${name} silences alerts: it`, () => {
    const request = (now: number, namespace: string, ms = 45_000): SilenceRequest => ({
      runId: "t1-0",
      matchers: [{ name: "namespace", value: namespace, isRegex: false }],
      startsAt: now,
      endsAt: now + ms,
      comment: "a contract",
    });

    it("silences from now on", async () => {
      const { silences, now, active } = await make();
      await silences.create(request(now(), "created"));
      expect(await active()).toContain("created");
    });

    it("keeps silencing when it is extended, under the id that it answers", async () => {
      const { silences, now, active } = await make();
      const id = await silences.create(request(now(), "extended", 5_000));
      const next = await silences.extend(id, request(now(), "extended"));
      expect((await active()).filter((value) => value === "extended")).toHaveLength(1);
      await silences.expire(next);
      expect(await active()).not.toContain("extended");
    });

    it("silences anew when what it should extend has ended", async () => {
      const { silences, now, active } = await make();
      const id = await silences.create(request(now(), "anew"));
      await silences.expire(id);
      await silences.extend(id, request(now(), "anew"));
      expect(await active()).toContain("anew");
    });

    it("expires twice as well as once, and what nobody ever made", async () => {
      const { silences, now, active } = await make();
      const id = await silences.create(request(now(), "expired"));
      await silences.expire(id);
      await silences.expire(id);
      await silences.expire("00000000-0000-4000-8000-000000000000");
      expect(await active()).not.toContain("expired");
    });

    it("refuses a silence that would end in the past", async () => {
      const { silences, now } = await make();
      await expect(silences.create(request(now(), "past", -1_000))).rejects.toMatchObject({
        code: "ALERTMANAGER_REFUSED",
      });
    });
  });
}
