const LONGEST = 64;

/** The word that was certainly meant: the same letters in another case or with other separators. */
export function sameLetters(written: string, words: readonly string[]): string | undefined {
  const letters = lettersOf(written);
  return words.find((word) => lettersOf(word) === letters);
}

/** The one word within two typing mistakes (one for short words), or undefined where none or several are. */
export function nearest(written: string, words: readonly string[]): string | undefined {
  if (written.length > LONGEST) return undefined;
  const certain = sameLetters(written, words);
  if (certain !== undefined) return certain;
  const allowed = written.length <= 4 ? 1 : 2;
  const ranked = words
    .filter((word) => Math.abs(word.length - written.length) <= allowed)
    .map((word) => ({ word, mistakes: typingMistakes(written.toLowerCase(), word.toLowerCase()) }))
    .filter(({ mistakes }) => mistakes <= allowed)
    .sort((a, b) => a.mistakes - b.mistakes);
  const [best, second] = ranked;
  return best !== undefined && best.mistakes !== second?.mistakes ? best.word : undefined;
}

/** How a problem carries the two: what is certain as a replacement, what is only near as likely. */
export function meantInstead(certain: string | undefined, near: string | undefined) {
  if (certain !== undefined) return { replacement: certain };
  return near === undefined ? {} : { likely: near };
}

function lettersOf(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function typingMistakes(a: string, b: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const changed = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const cheapest = Math.min(changed, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      current[column] = swapped ? Math.min(cheapest, (beforeLast[column - 2] ?? 0) + 1) : cheapest;
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
