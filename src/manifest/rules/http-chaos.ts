import type { Report } from "../report.ts";
import { oneOf, shown } from "../text/quote.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"];

/** The webhook of an HTTPChaos: it needs a port, and rules on requests compare with the methods of HTTP. */
export function checkHttpChaos(spec: Located, report: Report): void {
  checkPort(spec, report);
  const method = at(spec, "method");
  const written = textAt(spec, "method");
  if (method === undefined || written === undefined || textAt(spec, "target") !== "Request") return;
  if (METHODS.includes(written)) return;
  const upper = METHODS.find((known) => known === written.toUpperCase());
  report.problem(
    { path: method.path, span: method.node.span },
    {
      code: "method-unknown",
      message: `${method.path} is ${shown(written)}; on requests it can be ${oneOf(METHODS)}.`,
      fix: upper === undefined ? "Choose one of them, or remove it to match every method." : `Write ${upper}.`,
      ...(upper === undefined ? {} : { replacement: upper }),
    },
  );
}

function checkPort(spec: Located, report: Report): void {
  const port = at(spec, "port");
  if (port !== undefined && (port.node.kind !== "number" || port.node.value > 0)) return;
  const path = `${spec.path}.port`;
  report.problem(
    { path, span: port?.node.span ?? spec.key },
    {
      code: port === undefined ? "field-missing" : "number-out-of-range",
      message: `${path} is ${port === undefined ? "missing" : "not above zero"}; the cluster refuses an HTTPChaos without the port that the pods listen on.`,
      fix: "Add the port of the container, such as port: 8080.",
    },
  );
}
