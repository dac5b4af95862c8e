import { describe, expect, it } from "vitest";
import { placesIn } from "../../src/manifest/place-of.ts";
import { networkChaos, schedule } from "./manifests.ts";

describe("the place of a path", () => {
  const placeOf = placesIn(`${networkChaos("target: { mode: all }")}---\n${schedule()}`);

  it.each([
    { name: "a value", path: "spec.mode", place: { line: 8, column: 9 } },
    { name: "a value inside braces", path: "spec.target.mode", place: { line: 11, column: 19 } },
    { name: "a map, at its key", path: "spec.selector", place: { line: 12, column: 3 } },
    { name: "an item of a list", path: "spec.selector.namespaces[0]", place: { line: 13, column: 18 } },
    {
      name: "something absent, at what is around it",
      path: "spec.target.selector.pods",
      place: { line: 11, column: 3 },
    },
    { name: "the metadata", path: "metadata.namespace", place: { line: 5, column: 14 } },
  ])("is that of $name", ({ path, place }) => {
    expect(placeOf(0, path)).toMatchObject(place);
  });

  it("is inside the experiment's block of a Schedule", () => {
    const { line, column } = placeOf(1, "spec.action");
    expect([line, column > 10]).toEqual([24, true]);
  });

  it("is the beginning of the file for a document that is not there", () => {
    expect(placeOf(7, "spec")).toMatchObject({ line: 1, column: 1 });
  });
});
