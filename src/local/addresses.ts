// Where the n-th pod of a local cluster lives: numbers enter, names of devices and addresses leave.

/** The bridge that all pods share; the supervisor, Prometheus and the probes of readiness speak from its address. */
export const BRIDGE = {
  device: "cg0",
  ipv4: "10.77.0.1",
  ipv6: "fd77::1",
  ipv4Prefix: 16,
  ipv6Prefix: 64,
} as const;

export type PodPlace = {
  /** Name under /run/netns. */
  readonly netns: string;
  /** The host's end of the veth pair; the pod's own end is eth0. */
  readonly device: string;
  readonly ipv4: string;
  readonly ipv6: string;
};

/** Room for the bridge and for addresses that a test may want to take by hand. */
const FIRST_HOST = 16;
const LAST_HOST = 0xfffe;

/** The place of pod number `serial` (0, 1, ...). Serials are never used twice, so an old address never means a new pod. */
export function placeOf(serial: number): PodPlace {
  const host = FIRST_HOST + serial;
  if (!Number.isInteger(serial) || serial < 0 || host > LAST_HOST)
    throw new Error(`pod number ${serial} has no address in 10.77.0.0/16`);
  return {
    netns: `cg-${serial}`,
    device: `cgv${serial}`,
    ipv4: `10.77.${host >> 8}.${host & 0xff}`,
    ipv6: `fd77::${host.toString(16)}`,
  };
}
