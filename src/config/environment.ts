// Environment variables enter, values or every complaint at once leave. Secrets come from files (NAME_FILE) or from the variable
// itself, and are never part of a message.

import { readFileSync } from "node:fs";
import { AppError } from "../errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads variables one by one and keeps every complaint, so that a misconfigured process is mended in one round. */
export class EnvironmentReader<Variable extends string> {
  readonly #environment: Environment;
  readonly #complaints: string[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  word<Word extends string>(name: Variable, words: readonly Word[], otherwise: Word): Word {
    const value = this.#environment[name] ?? otherwise;
    const word = words.find((one) => one === value);
    return word ?? this.#complain(name, `must be one of ${words.join(", ")}`, otherwise);
  }

  number(name: Variable, range: { readonly least: number; readonly most: number }, otherwise: number): number {
    const value = Number(this.#environment[name] ?? otherwise);
    if (value >= range.least && value <= range.most) return value;
    return this.#complain(name, `must be a number from ${range.least} to ${range.most}`, otherwise);
  }

  /** A whole number above zero that has no default. */
  positive(name: Variable): number {
    const value = Number(this.#environment[name]);
    return Number.isSafeInteger(value) && value > 0 ? value : this.#complain(name, "must be a positive number", 0);
  }

  text(name: Variable, otherwise?: string): string {
    return this.#environment[name] ?? otherwise ?? this.#complain(name, "is missing", "");
  }

  /** Comma separated; empty when it is not given. */
  list(name: Variable): readonly string[] {
    return (this.#environment[name] ?? "").split(",").flatMap((one) => one.trim() || []);
  }

  url(name: Variable, otherwise?: string): string {
    const value = this.#environment[name] ?? otherwise;
    if (value === undefined) return this.#complain(name, "is missing", "");
    return URL.canParse(value) ? value.replace(/\/+$/, "") : this.#complain(name, "must be a URL", "");
  }

  optionalUrl(name: Variable): string | undefined {
    return this.#environment[name] ? this.url(name) : undefined;
  }

  /** The content of NAME_FILE, or of the variable itself. */
  content(name: Variable): string {
    const file = this.#environment[`${name}_FILE`];
    const value = file === undefined ? this.#environment[name] : this.#contentOf(name, file);
    return value?.trim() || this.#complain(name, "is missing; give it or its _FILE", "");
  }

  /** Where NAME_FILE says that the content is. */
  file(name: Variable): string | undefined {
    return this.#environment[`${name}_FILE`];
  }

  json(name: Variable): Readonly<Record<string, unknown>> {
    const value = this.content(name);
    try {
      return value === "" ? {} : JSON.parse(value);
    } catch {
      // The parser's message would quote the secret.
      return this.#complain(name, "must be JSON", {});
    }
  }

  /** Complains about a value that was read and is not what it must be. */
  require(name: Variable, holds: boolean, why: string): void {
    if (!holds) this.#complain(name, why, undefined);
  }

  /** Throws one AppError `CONFIG_INVALID` that names every variable to mend. */
  finish(what: string): void {
    if (this.#complaints.length === 0) return;
    throw new AppError("CONFIG_INVALID", `could not start ${what}: ${this.#complaints.join("; ")}`);
  }

  #contentOf(name: Variable, file: string): string | undefined {
    try {
      return readFileSync(file, "utf8");
    } catch {
      // The caller complains that it is missing; this adds which file was meant.
      return this.#complain(name, `cannot be read from ${file}`, undefined);
    }
  }

  #complain<T>(name: Variable, why: string, instead: T): T {
    this.#complaints.push(`${name} ${why}`);
    return instead;
  }
}
