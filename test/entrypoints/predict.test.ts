import { execFile } from "node:child_process";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCount, parseLink, parseSeconds, parseShare } from "../../src/entrypoints/cli/predict-quantities.ts";

const CLI = resolve(import.meta.dirname, "../../src/entrypoints/cli.ts");

type Result = { readonly code: number; readonly out: string; readonly err: string };

/** Runs `chaosgate predict` as a process of its own with the words of one line. */
function predict(line: string): Promise<Result> {
  return new Promise((done) => {
    execFile(process.execPath, [CLI, "predict", ...line.split(" ")], { timeout: 15_000 }, (error, out, err) =>
      done({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err }),
    );
  });
}

describe("chaosgate predict", () => {
  it.each([
    { line: "window --window 64KiB --rtt 2ms --delay 500ms", value: 130_549.8, unit: "B/s", binding: "window" },
    { line: "loss --model mathis --mss 1460 --rtt 100ms --loss 1%", value: 178_812.75, unit: "B/s", binding: "loss" },
    { line: "pool --rate 1000/s --service-time 0ms --delay 500ms --size 200", value: 0.2, unit: "s", binding: "pool" },
    {
      line: "erlang --rate 8/s --service-time 1s --servers 10 --queue",
      value: 0.40918,
      unit: "ratio",
      binding: "servers",
    },
    { line: "retries --failure 0.3 --retries 2 --layers 3", value: 2.685619, unit: "calls", binding: "retries" },
    { line: "transfer --bytes 1MB --rtt 2ms --delay 100ms --tls 1.3", value: 0.918, unit: "s", binding: "round-trips" },
  ])("$line answers $value $unit as JSON", async ({ line, value, unit, binding }) => {
    const { code, out, err } = await predict(`${line} --format json`);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const answer = JSON.parse(out) as Record<string, unknown>;
    expect(Object.keys(answer)).toEqual(["inputs", "value", "unit", "interval", "binding", "source", "warnings"]);
    expect(answer).toMatchObject({ unit, binding });
    expect(Math.abs(Number(answer.value) / value - 1)).toBeLessThan(1e-5);
  });

  it.each([
    { name: "window", line: "window --window 64KiB --rtt 2ms --delay 500ms" },
    { name: "loss-mathis", line: "loss --model mathis --mss 1460 --rtt 100ms --loss 1%" },
    { name: "loss-pftk", line: "loss --model pftk --mss 1460 --rtt 100ms --loss 1%" },
    { name: "loss-cubic", line: "loss --model cubic --mss 1460 --rtt 100ms --loss 1%" },
    { name: "pool", line: "pool --rate 1000/s --service-time 0ms --delay 500ms --size 200" },
    { name: "erlang", line: "erlang --rate 8/s --service-time 1s --servers 10" },
    { name: "erlang-queue", line: "erlang --rate 8/s --service-time 1s --servers 10 --queue" },
    { name: "retries", line: "retries --failure 0.3 --retries 2 --layers 3" },
    { name: "transfer", line: "transfer --bytes 1MB --rtt 2ms --delay 100ms --tls 1.3" },
  ])("keeps the JSON of $name as scripts read it", async ({ name, line }) => {
    const { code, out } = await predict(`${line} --format json`);
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(`../golden/predict/${name}.json`);
  });

  it("traces every input with --explain", async () => {
    const { out } = await predict("window --window 64KiB --rtt 2ms --explain");
    expect(out).toContain("  input    window = 65536 (given as --window 64KiB)\n");
    expect(out).toContain("  input    delay = 0 (default of the command)\n");
    expect((await predict("window --window 64KiB --rtt 2ms")).out).not.toContain("input    window");
  });

  it("says the figure, what it means, where it is from and what it took for granted", async () => {
    const { out } = await predict("window --window 64KiB --rtt 2ms");
    expect(out).toBe(`32.77 MB/s (binding: window)
  source   RFC 6349 section 3.3, RFC 9293: a stream carries at most one window per round trip
  inputs   --window 64KiB, --rtt 2ms, --delay 0s (default)
`);
  });

  it("exits with 1 and gives no number where no model holds", async () => {
    const words = "loss --model mathis --rtt 1ms --loss 5%";
    expect(await predict(words)).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/^not predictable: /) });
    expect(JSON.parse((await predict(`${words} --format json`)).out)).toMatchObject({ value: null, interval: null });
  });

  it.each([
    { line: "weather", says: 'knows no "weather", only window' },
    { line: "constructor", says: 'knows no "constructor"' },
    { line: "window --rtt 2ms", says: "give --window BYTES" },
    { line: "window --window 64KiB --rtt 2", says: '--rtt "2" is not like 500ms' },
    { line: "window --window 64KiB --rtt 2ms --loss 1%", says: "--loss" },
    { line: "loss --model vegas --rtt 2ms --loss 1%", says: "cubic or mathis or pftk or bbr" },
    { line: "window --window 64KiB --rtt 2ms --format xml", says: "text, json" },
  ])("$line exits with 2 and says why", async ({ line, says }) => {
    const { code, out, err } = await predict(line);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(says);
  });

  it("lists every question with its flags", async () => {
    const { code, out } = await predict("help");
    expect(code).toBe(0);
    for (const name of ["window", "loss", "pool", "erlang", "retries", "transfer"])
      expect(out).toContain(`\n${name}: `);
  });
});

describe("a quantity", () => {
  it.each([
    { text: "500ms", parse: parseSeconds, value: 0.5 },
    { text: "1.5s", parse: parseSeconds, value: 1.5 },
    { text: "2", parse: parseSeconds, value: undefined },
    { text: "-2s", parse: parseSeconds, value: undefined },
    { text: "1%", parse: parseShare, value: 0.01 },
    { text: "1e-5", parse: parseShare, value: 1e-5 },
    { text: "101%", parse: parseShare, value: undefined },
    { text: "1Gbit/s", parse: parseLink, value: 125_000_000 },
    { text: "125MB/s", parse: parseLink, value: 125_000_000 },
    { text: "200", parse: parseCount, value: 200 },
    { text: "2.5", parse: parseCount, value: undefined },
    { text: "0x10", parse: parseCount, value: undefined },
  ])("$text is $value", ({ text, parse, value }) => {
    expect(parse(text)).toBe(value);
  });

  it("is the same in milliseconds and seconds, and in bits and bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000_000 }), (thousandths) => {
        const inSeconds = (thousandths / 1000).toFixed(3);
        return parseSeconds(`${thousandths}ms`) === parseSeconds(`${inSeconds}s`);
      }),
      { seed: 66 },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        (bytes) => parseLink(`${8 * bytes}bit/s`) === parseLink(`${bytes}B/s`),
      ),
      { seed: 67 },
    );
  });
});
