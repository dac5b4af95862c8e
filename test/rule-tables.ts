import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

export type Rule = { readonly room: string; readonly code: string; readonly sentence: string };

/** One order wherever they are listed, so that two branches that add rules seldom meet on a line. */
const byRoomAndCode = (a: Rule, b: Rule) => a.room.localeCompare(b.room) || (a.code < b.code ? -1 : 1);

const SRC = resolve(import.meta.dirname, "../src");

/** Every rule of every `codes.ts`, found by looking, so that a new room's table needs to be named nowhere. */
export async function everyRule(): Promise<readonly Rule[]> {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => /(^|\/)codes\.ts$/.test(name));
  const rules = files.sort().map(async (file) => {
    const tables = Object.values((await import(join(SRC, file))) as Record<string, Record<string, string>>);
    const room = file.split("/")[0] ?? "";
    return tables.flatMap((table) => Object.entries(table)).map(([code, sentence]) => ({ room, code, sentence }));
  });
  return (await Promise.all(rules)).flat().sort(byRoomAndCode);
}
