import { AppError, type RefusalCode } from "../../src/errors.ts";

/** Makes calls of a fake fail: the n-th of a name (from 1), or every one while it is `down`. */
export class Trouble {
  readonly #code: RefusalCode;
  readonly #nth = new Map<string, Set<number>>();
  readonly #counts = new Map<string, number>();
  readonly calls: string[] = [];
  down: string | undefined;

  constructor(code: RefusalCode) {
    this.#code = code;
  }

  fail(call: string, ...nth: readonly number[]): void {
    this.#nth.set(call, new Set([...(this.#nth.get(call) ?? []), ...nth]));
  }

  /** To be called first by every method of a fake. */
  meet(call: string): void {
    const count = (this.#counts.get(call) ?? 0) + 1;
    this.#counts.set(call, count);
    this.calls.push(call);
    if (this.down !== undefined) throw new AppError(this.#code, this.down);
    if (this.#nth.get(call)?.has(count)) throw new AppError(this.#code, `${call} ${count} was told to fail`);
  }
}
