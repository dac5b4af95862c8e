/** A line on standard error while many files are read; only on a terminal, and gone when it is over. */
export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #isShown = process.stderr.isTTY === true;
  #shownAt = 0;

  constructor(what: string, total: number) {
    this.#what = what;
    this.#total = total;
  }

  at(done: number): void {
    if (!this.#isShown || done - this.#shownAt < 50) return;
    this.#shownAt = done;
    process.stderr.write(`\r${this.#what} ${done} of ${this.#total} files`);
  }

  end(): void {
    if (this.#shownAt > 0) process.stderr.write("\r\u001b[2K");
  }
}
