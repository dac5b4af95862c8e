import { createWriteStream, type WriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";

/**
 * Keeps what the streams say in a file of at most `maxBytes`; what comes later is read and dropped, and the file says so. Resolves
 * when the streams have ended and the file is whole; rejects when the file cannot be written.
 */
export async function keepOutput(streams: readonly Readable[], file: string, maxBytes: number): Promise<void> {
  const log = createWriteStream(file, { flags: "a" });
  let left = maxBytes;
  for (const stream of streams) stream.on("data", keep);
  await Promise.all([finished(log), endAfter(streams, log)]);

  function keep(chunk: Buffer): void {
    if (left <= 0) return;
    log.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) log.write(`\nmore output was left out: the file's limit is ${maxBytes} bytes\n`);
  }
}

async function endAfter(streams: readonly Readable[], log: WriteStream): Promise<void> {
  await Promise.allSettled(streams.map((stream) => finished(stream)));
  log.end();
}
