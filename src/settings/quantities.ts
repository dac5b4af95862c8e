const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};

/** `65536`, `64KiB`, `1MB` -> bytes; decimal and binary prefixes mean what they say. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([kMG]|[KMG]i)?B?$/.exec(text);
  const factor = FACTORS[match?.[2] ?? ""];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

/** `1000/s`, `90/m`, `125MB/s` -> per second. */
export function parseRate(text: string): number | undefined {
  const [amount = "", per = "", ...rest] = text.split("/");
  const value = parseBytes(amount.trim());
  const seconds = SECONDS[per.trim()];
  return value === undefined || seconds === undefined || rest.length > 0 ? undefined : value / seconds;
}
