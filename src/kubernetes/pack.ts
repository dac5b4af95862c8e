import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import type { JournalEntry } from "../run/ports.ts";

/** Below this base64 eats what packing gains. */
const WORTH_PACKING = 400;
/** Nothing of ours is larger; a bomb in a status is. */
const MOST_UNPACKED_BYTES = 32 << 20;

/** Uids and container ids can only be packed where they are repeated, which gzip sees over 32 KiB and this over 4 MiB. */
const PACKING = {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 5,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  },
};

/** An entry as a text for a status: its JSON, or its packed JSON where that is shorter. */
export function pack({ at, kind, data }: JournalEntry): string {
  const json = JSON.stringify({ at, kind, data });
  return json.length < WORTH_PACKING ? json : `br:${brotliCompressSync(json, PACKING).toString("base64")}`;
}

/** The entry of a text that was packed. Throws where it is none. */
export function unpack(runId: string, text: string): JournalEntry {
  const { at, kind, data } = JSON.parse(unpacked(text)) as Omit<JournalEntry, "runId">;
  return { at, runId, kind, data };
}

function unpacked(text: string): string {
  if (!text.startsWith("br:")) return text;
  const options = { maxOutputLength: MOST_UNPACKED_BYTES };
  return brotliDecompressSync(Buffer.from(text.slice(3), "base64"), options).toString("utf8");
}
