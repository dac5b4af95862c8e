/** Reads fields of untrusted data one by one and keeps every complaint, so that a file is mended in one round. */
export class FieldReader {
  readonly #problems: string[] = [];

  get problems(): readonly string[] {
    return this.#problems;
  }

  complain(path: string, why: string): void {
    this.#problems.push(`${path === "" ? "the file" : path} ${why}`);
  }

  /** A mapping with no other keys than `known`. */
  record(path: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
    const fields = this.#mapping(path, value);
    for (const key of Object.keys(fields)) {
      if (!known.includes(key)) this.complain(path, `has an unknown field ${key}; there are ${known.join(", ")}`);
    }
    return fields;
  }

  list(path: string, value: unknown, most: number): readonly unknown[] {
    if (Array.isArray(value) && value.length <= most) return value;
    this.complain(path, `must be a list of at most ${most}`);
    return [];
  }

  text(path: string, value: unknown, otherwise: string): string {
    if (value === undefined) return otherwise;
    if (typeof value === "string" && value.length <= 1024) return value;
    this.complain(path, "must be a string of at most 1024 characters");
    return otherwise;
  }

  /** RFC 1123, as Kubernetes names services and namespaces. */
  dnsLabel(path: string, value: unknown): string {
    if (typeof value === "string" && /^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/.test(value)) return value;
    this.complain(path, "must be lower-case letters, digits and dashes, at most 50");
    return "";
  }

  flag(path: string, value: unknown, otherwise: boolean): boolean {
    if (value === undefined || typeof value === "boolean") return value ?? otherwise;
    this.complain(path, "must be true or false");
    return otherwise;
  }

  count(path: string, value: unknown, most: number): number {
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) return value;
    this.complain(path, `must be a whole number from 0 to ${most}`);
    return 0;
  }

  port(path: string, value: unknown): number {
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536) return value;
    this.complain(path, "must be a port from 1 to 65535");
    return 0;
  }

  /** Strings by name; absent is empty. Numbers and booleans are written in quotes, as in Kubernetes. */
  strings(path: string, value: unknown): Readonly<Record<string, string>> {
    const entries = Object.entries(this.#mapping(path, value ?? {}));
    return Object.fromEntries(entries.map(([key, text]) => [key, this.text(`${path}.${key}`, text ?? null, "")]));
  }

  ports(path: string, value: unknown): Readonly<Record<string, number>> {
    const entries = Object.entries(this.#mapping(path, value ?? {}));
    return Object.fromEntries(entries.map(([name, port]) => [name, this.port(`${path}.${name}`, port)]));
  }

  /** An argv: one word or more. */
  words(path: string, value: unknown): readonly string[] {
    const words = this.list(path, value, 64).map((word, index) => this.text(`${path}[${index}]`, word, ""));
    if (words.length === 0) this.complain(path, "must be a program and its arguments");
    return words;
  }

  #mapping(path: string, value: unknown): Readonly<Record<string, unknown>> {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
    this.complain(path, "must be a mapping");
    return {};
  }
}
