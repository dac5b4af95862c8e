const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const AUTHORITY = /^\/\/([^/?#]*)/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
const HOST = /^(\[[0-9A-Fa-f:.%]+\]|[^\s[\]<>"\\^`{}|:]*)(:[0-9]*)?$/;

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
  return HOST.test(host.slice(host.lastIndexOf("@") + 1)) && !BAD_ESCAPE.test(path);
}
