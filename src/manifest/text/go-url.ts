const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const AUTHORITY = /^\/\/([^/?#]*)/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const HOST = /^(\[[0-9A-Fa-f:.%]+\]|(?:[\w.~!$&'()*+,;=<>"-]|[^\0-\x7f]|%(?:25|[89A-Fa-f][0-9A-Fa-f]))*)(:[0-9]*)?$/;
const USER = /^(?:[\w.:~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})*$/;

/** True for what Go's url.ParseRequestURI takes: an absolute URI or an absolute path, without control characters. */
export function isRequestUri(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Go refuses.
  if (text === "" || /[\u0000-\u001f\u007f]/.test(text)) return false;
  if (text === "*") return true;
  const [scheme = ""] = SCHEME.exec(text) ?? [];
  const rest = text.slice(scheme.length);
  if (!rest.startsWith("/")) return scheme !== "";
  const [authority = "", host = ""] = (scheme === "" ? undefined : AUTHORITY.exec(rest)) ?? [];
  const [path = ""] = rest.slice(authority.length).split("?");
  const at = host.lastIndexOf("@");
  return HOST.test(host.slice(at + 1)) && USER.test(host.slice(0, Math.max(at, 0))) && !BAD_ESCAPE.test(path);
}
