const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Signs of a template that somebody fills in later: its name is not ours to choose. */
const PLACEHOLDER = /[${}<>%]/;

/** `IO_Latency 1` -> `io-latency-1`: the DNS subdomain that a name was probably meant to be. */
export function dnsName(written: string): string | undefined {
  if (PLACEHOLDER.test(written)) return undefined;
  const name = written
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, "-")
    .replaceAll(/^[-.]+|[-.]+$/g, "");
  return name.length <= 253 && DNS_SUBDOMAIN.test(name) ? name : undefined;
}
