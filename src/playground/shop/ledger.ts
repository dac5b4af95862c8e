// Where payment writes down what it was paid: a file of records of one length, written round and round, so that it never grows. A number and a time enter, a record at its place
// leaves.

import { open } from "node:fs/promises";
import { join } from "node:path";

export const RECORD_BYTES = 64;
const RECORDS = 16_384;

/** One record in the ledger's fixed length. */
export function recordOf(serial: number, now: Date): string {
  return `${serial} paid ${now.toISOString()}`.padEnd(RECORD_BYTES - 1).concat("\n");
}

/** Where a record goes, in bytes from the beginning. */
export function positionOf(serial: number): number {
  return (serial % RECORDS) * RECORD_BYTES;
}

/** Opens the ledger of a folder, anew; the answer writes one record. */
export async function openLedger(folder: string): Promise<() => Promise<void>> {
  const file = await open(join(folder, "charges"), "w+");
  let serial = 0;
  return async () => {
    const [record, position] = [recordOf(serial, new Date()), positionOf(serial)];
    serial += 1;
    await file.write(record, position);
  };
}
