import { describe, expect, it } from "vitest";
import { Breaker } from "../../../src/playground/shop/breaker.ts";

function breakerAt() {
  const clock = { ms: 0 };
  return { clock, breaker: new Breaker(() => clock.ms) };
}

describe("a circuit breaker", () => {
  it("opens with the third failure in a row", () => {
    const { breaker } = breakerAt();
    for (const succeeded of [false, false, true, false, false]) breaker.note(succeeded);
    expect(breaker.open).toBe(false);
    breaker.note(false);
    expect(breaker.open).toBe(true);
  });

  it("lets one call a second through while it is open", () => {
    const { breaker, clock } = breakerAt();
    for (let failure = 0; failure < 3; failure++) breaker.note(false);
    const allowed = Array.from({ length: 30 }, () => {
      clock.ms += 100;
      return breaker.mayCall();
    });
    expect(allowed.filter(Boolean)).toHaveLength(3);
  });

  it("closes with the first call that succeeds", () => {
    const { breaker, clock } = breakerAt();
    for (let failure = 0; failure < 3; failure++) breaker.note(false);
    clock.ms = 1_000;
    expect(breaker.mayCall()).toBe(true);
    breaker.note(true);
    expect([breaker.mayCall(), breaker.mayCall()]).toEqual([true, true]);
  });
});
