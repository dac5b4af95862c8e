import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

// The import table of docs/house.md, held by a test. When the table is wrong, change table and code together and say why.

const SRC = resolve(import.meta.dirname, "../src");

/** Each pure room may import the rooms to its left. */
const PURE_ORDER = ["manifest", "selector", "policy", "impact", "slo", "ticket", "run", "review"];

/** Libraries a pure room may use: data in, data out, no I/O. */
const PURE_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  manifest: ["js-yaml", "ajv", "croner"],
  settings: ["js-yaml", "ajv"],
  review: ["diff"],
};

/** Rooms that touch the world, and the client libraries that are theirs alone. */
const EDGE_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  github: ["probot", "@octokit/", "js-yaml"],
  channel: ["jose"],
  kubernetes: ["@kubernetes/client-node"],
  certificates: ["@peculiar/x509", "reflect-metadata"],
  local: ["js-yaml"],
  prometheus: [],
  alertmanager: [],
  daemon: ["@connectrpc/", "@bufbuild/protobuf"],
  "chaos-mesh": ["@kubernetes/client-node"],
  admission: ["@kubernetes/client-node"],
  playground: ["@octokit/openapi", "ajv", "ajv-formats", "diff", "marked", "mermaid", "prom-client", "js-yaml", "jose"],
};

/** Files at the top of src that everybody may import. */
const SHARED_FILES = ["errors", "clock", "metrics"];

/** settings.ts is pure and sits above the rooms whose shapes it fills; edges read it, pure rooms except review do not. */
const SETTINGS = "settings";

type Import = { readonly from: string; readonly room: string; readonly specifier: string; readonly typeOnly: boolean };

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "generated" ? [] : sourceFiles(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

function roomOf(path: string): string {
  const [first = ""] = relative(SRC, path).split("/");
  return first.replace(/\.ts$/, "");
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, "utf8");
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;
  return [...text.matchAll(pattern)].map((match) => ({
    from: path,
    room: roomOf(path),
    specifier: match[2] ?? match[3] ?? "",
    typeOnly: match[1] !== undefined,
  }));
}

function complaint(found: Import): string | undefined {
  const { room, specifier, from } = found;
  if (room === "entrypoints") return undefined;
  return specifier.startsWith(".")
    ? complaintOfRoom(found, roomOf(resolve(dirname(from), specifier)))
    : complaintOfLibrary(room, specifier);
}

function complaintOfRoom(found: Import, target: string): string | undefined {
  const { room } = found;
  if (room === target) return undefined;
  if (target === "entrypoints") return "entrypoints are imported by nobody";
  if (target === "clock")
    return found.typeOnly || !isPure(room) ? undefined : "a pure room imports the clock's type only";
  if (SHARED_FILES.includes(target))
    return target === "metrics" && isPure(room) ? "a pure room counts nothing" : undefined;
  if (target === SETTINGS || target === "config") return settingsComplaint(room, target);
  if (!PURE_ORDER.includes(target)) return `${target} is an edge; only entrypoints may import it`;
  if (!isPure(room) || room === SETTINGS) return undefined;
  return PURE_ORDER.indexOf(target) < PURE_ORDER.indexOf(room) ? undefined : `${target} is not to the left of ${room}`;
}

function settingsComplaint(room: string, target: string): string | undefined {
  if (target === SETTINGS)
    return !isPure(room) || room === "review" || room === "config" ? undefined : "settings sit above this room";
  return isPure(room) ? "a pure room gets configuration as arguments" : undefined;
}

function complaintOfLibrary(room: string, specifier: string): string | undefined {
  if (isPure(room)) {
    const allowed = PURE_LIBRARIES[room] ?? [];
    return allowed.includes(specifier) ? undefined : "a pure room imports no library of the world";
  }
  if (specifier.startsWith("node:")) return undefined;
  if (["config", "metrics", "errors", "clock"].includes(room))
    return ["prom-client", "pino"].includes(specifier) ? undefined : "not its library";
  const allowed = EDGE_LIBRARIES[room];
  if (allowed === undefined) return `${room} is not a room of the table`;
  return allowed.some((library) => specifier === library || specifier.startsWith(library))
    ? undefined
    : "another room's client library";
}

function isPure(room: string): boolean {
  return PURE_ORDER.includes(room) || room === SETTINGS;
}

const everyImport = sourceFiles(SRC).flatMap(importsOf);

describe("the house", () => {
  it("has no import against the table", () => {
    const complaints = everyImport.flatMap((found) => {
      const why = complaint(found);
      return why === undefined ? [] : [`${relative(SRC, found.from)} imports ${found.specifier}: ${why}`];
    });
    expect(complaints).toEqual([]);
  });

  it("would notice a pure room that reaches for an edge, a timer's module or a room to its right", () => {
    const at = (room: string, specifier: string): Import => ({
      from: join(SRC, room, "x.ts"),
      room,
      specifier,
      typeOnly: false,
    });
    expect(complaint(at("policy", "../github/handle.ts"))).toContain("edge");
    expect(complaint(at("policy", "node:fs"))).toContain("no library");
    expect(complaint(at("policy", "../review/plan.ts"))).toContain("left");
    expect(complaint(at("github", "../channel/server.ts"))).toContain("only entrypoints");
    expect(complaint(at("policy", "../clock.ts"))).toContain("type only");
  });

  it("reads no clock, timer or randomness in a pure room", () => {
    const forbidden = /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|crypto\.|process\.|fetch\()/;
    const offenders = sourceFiles(SRC)
      .filter((path) => isPure(roomOf(path)))
      .filter((path) => forbidden.test(withoutComments(readFileSync(path, "utf8"))))
      .map((path) => relative(SRC, path));
    expect(offenders).toEqual([]);
  });

  it("keeps files short enough to hold in one's head", () => {
    const tooLong = sourceFiles(SRC)
      .map((path) => ({ path: relative(SRC, path), lines: readFileSync(path, "utf8").split("\n").length }))
      .filter(({ lines }) => lines > 300);
    expect(tooLong).toEqual([]);
  });

  it("has no barrels and no default exports", () => {
    const barrels = sourceFiles(SRC).filter((path) => path.endsWith("/index.ts"));
    expect(barrels).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
