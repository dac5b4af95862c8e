// Sizes as chaosd's ParseUnit reads them (alecthomas/units with Chaos Mesh's three tables of units).

const NUMBER = "(?:[0-9]{1,18}(?:\\.[0-9]{0,18})?|\\.[0-9]{1,18})";
/** One table has to fit the whole text, so 1K2M is a size and 1K2MiB is none. */
const SIZES = ["c|[KMGTPE]", "c|[KMGTPE]iB", "c|[kKMGTPE]B"].map(
  (units) => new RegExp(`^[+-]?(?:${NUMBER}(?:${units}))+$`),
);

/** True for a size such as 10MB, 10MiB or 10M. A bare number is none: the unit that is put behind it is in no table. */
export function isUnitSize(text: string): boolean {
  return text.length <= 200 && SIZES.some((size) => size.test(text));
}
