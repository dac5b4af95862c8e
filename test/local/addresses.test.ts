import { isIPv4, isIPv6 } from "node:net";
import { describe, expect, it } from "vitest";
import { BRIDGE, placeOf } from "../../src/local/addresses.ts";

describe("the place of a pod", () => {
  it("is its own: 1,000 pods share neither address nor name, with each other or the bridge", () => {
    const places = Array.from({ length: 1_000 }, (_, serial) => placeOf(serial));
    for (const part of ["netns", "device", "ipv4", "ipv6"] as const) {
      expect(new Set(places.map((place) => place[part])).size).toBe(1_000);
    }
    expect(places.map(({ ipv4 }) => ipv4)).not.toContain(BRIDGE.ipv4);
    expect(places.map(({ ipv6 }) => ipv6)).not.toContain(BRIDGE.ipv6);
  });

  it.each([0, 1, 239, 240, 65_518])("has addresses and a device name that the kernel takes, for pod %d", (serial) => {
    const { ipv4, ipv6, device } = placeOf(serial);
    expect(isIPv4(ipv4)).toBe(true);
    expect(isIPv6(ipv6)).toBe(true);
    expect(device.length).toBeLessThan(16); // IFNAMSIZ
  });

  it.each([-1, 65_519, 1.5])("does not exist for pod %d", (serial) => {
    expect(() => placeOf(serial)).toThrow(/no address/);
  });
});
