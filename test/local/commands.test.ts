import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, describe, expect, it } from "vitest";
import { keepOutput } from "../../src/local/bounded-log.ts";
import { runCommand } from "../../src/local/run-command.ts";

const node = (script: string): readonly string[] => [process.execPath, "-e", script];

describe("running a command", () => {
  it("returns what it printed, and gives it its input", async () => {
    expect(await runCommand(node("process.stdin.pipe(process.stdout)"), { input: "hello" })).toBe("hello");
  });

  it("hands words over as they are, whatever a shell would make of them", async () => {
    const word = "$(touch /tmp/x); `id` 'a' > b";
    expect(await runCommand([...node("process.stdout.write(process.argv[1])"), word])).toBe(word);
  });

  it.each([
    {
      name: "fails, with its own words",
      argv: node("console.error('no such device'); process.exit(2)"),
      says: /no such device/,
    },
    { name: "is not installed", argv: ["chaosgate-no-such-program"], says: /it is not installed/ },
  ])("is refused when the program $name", async ({ argv, says }) => {
    const refusal = { code: "CLUSTER_REFUSED", message: expect.stringMatching(says) };
    await expect(runCommand(argv)).rejects.toMatchObject(refusal);
  });

  it("ends a program that takes too long", async () => {
    await expect(runCommand(node("setInterval(() => {}, 1000)"), { timeoutMs: 50 })).rejects.toMatchObject({
      code: "CLUSTER_REFUSED",
    });
  });
});

describe("the log of a pod", () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-log-"));

  afterAll(() => rmSync(folder, { recursive: true }));

  async function logOf(chunks: readonly string[], maxBytes: number): Promise<string> {
    const file = join(folder, `${maxBytes}.log`);
    await keepOutput([Readable.from(chunks.map((text) => Buffer.from(text)))], file, maxBytes);
    return readFileSync(file, "utf8");
  }

  it("holds everything that was said", async () => {
    expect(await logOf(["one\n", "two\n"], 100)).toBe("one\ntwo\n");
  });

  it("is an error of the caller's to take when the file cannot be written", async () => {
    const nowhere = join(tmpdir(), "chaosgate-no-such-folder", "pod.log");
    await expect(keepOutput([Readable.from([Buffer.from("x")])], nowhere, 100)).rejects.toThrow(/ENOENT/);
  });

  it("stops at its limit and says so, however much comes", async () => {
    const log = await logOf(["12345", "67890", "more", "and more"], 8);
    expect(log).toBe("12345678\nmore output was left out: the file's limit is 8 bytes\n");
  });
});
