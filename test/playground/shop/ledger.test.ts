import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLedger, positionOf, RECORD_BYTES, recordOf } from "../../../src/playground/shop/ledger.ts";

describe("payment's ledger", () => {
  it("has records of one length, and begins anew before it grows large", () => {
    const now = new Date(0);
    expect([recordOf(0, now), recordOf(123_456_789, now)].map(({ length }) => length)).toEqual([
      RECORD_BYTES,
      RECORD_BYTES,
    ]);
    expect(positionOf(16_384)).toBe(0);
    expect(positionOf(16_383)).toBeLessThan(2 ** 20);
  });

  it("keeps what was written, in order", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ledger-"));
    const writeDown = await openLedger(folder);
    await Promise.all([writeDown(), writeDown()]);
    const lines = readFileSync(join(folder, "charges"), "utf8").split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["0", "1", ""]);
    rmSync(folder, { recursive: true });
  });
});
