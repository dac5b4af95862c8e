import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";

/** Keeps what the streams say in a file of at most `maxBytes`; what comes later is read and dropped, and the file says so. */
export function keepOutput(streams: readonly Readable[], file: string, maxBytes: number): void {
  const log = createWriteStream(file, { flags: "a" });
  let left = maxBytes;
  let open = streams.length;
  for (const stream of streams) {
    stream.on("data", (chunk: Buffer) => {
      if (left <= 0) return;
      log.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) log.write(`\nmore output was left out: the file's limit is ${maxBytes} bytes\n`);
    });
    stream.on("close", () => {
      open -= 1;
      if (open === 0) log.end();
    });
  }
}
