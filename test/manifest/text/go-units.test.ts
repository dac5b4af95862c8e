import { describe, expect, it } from "vitest";
import { complaintAboutSize } from "../../../src/manifest/text/go-size.ts";
import { isRequestUri } from "../../../src/manifest/text/go-url.ts";

describe("a size", () => {
  it.each(["256MB", "256mb", "1GiB", "1.5 G", "200", "7b", "0%", "100%", ".5k", "1.", "1e3"])("can be %s", (text) => {
    expect(complaintAboutSize(text)).toBeUndefined();
  });

  it.each(["200Mi", "1e3x", "MB", "-1MB", "101%", "-1%", "1.5%", "%", "5 MB extra", "1..5MB", "3XB", "2bb"])(
    "cannot be %s",
    (text) => {
      expect(complaintAboutSize(text)).toBeTypeOf("string");
    },
  );
});

describe("an address that is requested", () => {
  it.each([
    "http://shop",
    "http://shop:8080/health?x=%zz",
    "http://user:secret@[::1]:80/",
    "/path",
    "localhost:8080",
    "mailto:a@b",
    "*",
  ])("can be %s", (text) => {
    expect(isRequestUri(text)).toBe(true);
  });

  it.each([
    "",
    "shop/health",
    "10.0.0.7:80",
    "http://shop:80x/",
    "http://sh op/",
    "http://a/%zz",
    "http//a",
    "/a\nb",
    ":a",
  ])("cannot be %j", (text) => {
    expect(isRequestUri(text)).toBe(false);
  });
});
