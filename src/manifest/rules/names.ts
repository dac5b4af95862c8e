// The forms of names that Kubernetes has (apimachinery: util/validation).

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const KEY_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** A name of an object: a DNS subdomain of up to 253 characters. */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && DNS_SUBDOMAIN.test(text);
}

/** A key of labels and the like: [subdomain/]name. */
export function isQualifiedName(text: string): boolean {
  const [first = "", second, ...more] = text.split("/");
  return more.length === 0 && (second === undefined || isSubdomain(first)) && KEY_NAME.test(second ?? first);
}
